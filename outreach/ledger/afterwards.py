"""After a meeting, per gemeente: who came of it, what there is to read, what we still ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from outreach.campaigns.models import Campaign
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Refused
from outreach.events import parts
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingPart,
    MeetingState,
    Place,
    PlaceState,
    Registration,
)
from outreach.ledger import lines
from outreach.ledger.standing import Standing
from outreach.ledger.timeline import History

#: A letter that stands so still asks something.
OPEN = (Standing.VERSTUURD, Standing.ONTVANGEN, Standing.IN_BEHANDELING)
MOST = 5  #: meetings that a griffie still reads about


@dataclass(frozen=True)
class Visitor:
    """Someone who was registered; for the office alone."""

    registration: Registration
    came: tuple[MeetingDay, ...]  #: none for who did not
    parts: tuple[MeetingPart, ...]


@dataclass(frozen=True)
class Afterwards:
    """One meeting as one gemeente was at it."""

    meeting: Meeting
    gemeente: Gemeente
    visitors: tuple[Visitor, ...]  #: who had a seat or was there, who came first

    @property
    def came(self) -> int:
        return sum(bool(one.came) for one in self.visitors)

    @property
    def absent(self) -> int:
        return len(self.visitors) - self.came


def of(meeting: Meeting, gemeente: Gemeente, *, now: datetime) -> Afterwards:
    """
    :raises Refused: the meeting is not over
    """
    if not is_over(meeting, now=now):
        raise Refused("Deze bijeenkomst is nog niet voorbij. Kijk daarna.")
    return Afterwards(meeting, gemeente, _visitors(meeting, gemeente.code))


def everyone(meeting: Meeting, *, now: datetime) -> list[Afterwards]:
    """Each gemeente of which somebody was registered, by name.

    :raises Refused: the meeting is not over
    """
    if not is_over(meeting, now=now):
        raise Refused("Deze bijeenkomst is nog niet voorbij. Kijk daarna.")
    known: dict[str, list[Visitor]] = {}
    for one in _visitors(meeting):
        known.setdefault(one.registration.gemeente_code or "", []).append(one)
    found = db.session.scalars(
        select(Gemeente).where(Gemeente.code.in_(known)).order_by(Gemeente.sort_key)
    )
    return [Afterwards(meeting, each, tuple(known[each.code])) for each in found]


def of_gemeente(gemeente: Gemeente, *, now: datetime) -> list[Afterwards]:
    """The last meetings that somebody of a gemeente was registered for, the newest first."""
    last = func.max(MeetingDay.ends_at)
    ids = (
        select(MeetingDay.meeting_id)
        .where(MeetingDay.cancelled_at.is_(None))
        .group_by(MeetingDay.meeting_id)
        .having(last <= now)
    )
    query = select(Meeting).where(
        Meeting.id.in_(ids),
        Meeting.state == MeetingState.OPEN,
        select(Registration.id)
        .where(
            Registration.meeting_id == Meeting.id,
            Registration.gemeente_code == gemeente.code,
            Registration.cancelled_at.is_(None),
        )
        .exists(),
    )
    found = db.session.scalars(query.options(selectinload(Meeting.days))).all()
    newest = sorted(found, key=lambda one: one.days[-1].ends_at, reverse=True)[:MOST]
    return [Afterwards(one, gemeente, _visitors(one, gemeente.code)) for one in newest]


def asks(gemeente: Gemeente) -> list[tuple[Campaign, Standing]]:
    """The letters that this gemeente did not answer yet, the newest first."""
    history = History.of(gemeente.code)
    known = {campaign.id: campaign for _, _, campaign, *_ in history.letters}
    stands = lines.of_gemeente(history)
    return [(known[n], stands[n]) for n in sorted(known, reverse=True) if stands.get(n) in OPEN]


def is_over(meeting: Meeting, *, now: datetime) -> bool:
    """Whether it was held, and its last day has ended."""
    held = [day for day in meeting.days if day.cancelled_at is None]
    return meeting.state is MeetingState.OPEN and all(day.ends_at <= now for day in held)


def _visitors(meeting: Meeting, gemeente_code: str | None = None) -> tuple[Visitor, ...]:
    """Who had a seat or was met; on a day without a list at the door, who had a seat came."""
    people = (
        select(Registration)
        .where(Registration.meeting_id == meeting.id, Registration.gemeente_code.is_not(None))
        .order_by(Registration.name, Registration.id)
        .options(
            selectinload(Registration.places).joinedload(Place.day),
            joinedload(Registration.gemeente),
        )
    )
    if gemeente_code is not None:
        people = people.where(Registration.gemeente_code == gemeente_code)
    listed = set(
        db.session.scalars(
            select(Place.day_id)
            .join(MeetingDay)
            .where(MeetingDay.meeting_id == meeting.id, Place.came_at.is_not(None))
            .distinct()
        )
    )
    chosen = parts.by_person(meeting)
    found = []
    for one in db.session.scalars(people):
        held = [place for place in one.places if _counts(place)]
        if not held or one.nameless:
            continue
        came = tuple(place.day for place in held if place.came_at or place.day_id not in listed)
        found.append(Visitor(one, came, tuple(chosen.get(one.id, ()))))
    return tuple(sorted(found, key=lambda each: not each.came))


def _counts(place: Place) -> bool:
    if place.day.cancelled_at is not None:
        return False
    return place.came_at is not None or place.state is PlaceState.CONFIRMED


def as_json(one: Afterwards, *, names: bool) -> dict[str, object]:
    """:param names: also who; for who may read them"""
    return {
        "gemeente": one.gemeente.code,
        "name": one.gemeente.name,
        "registered": len(one.visitors),
        "came": one.came,
    } | ({"people": [_person(each) for each in one.visitors]} if names else {})


def _person(one: Visitor) -> dict[str, object]:
    return {
        "name": one.registration.name,
        "role": one.registration.role.value,
        "days": [day.date.isoformat() for day in one.came],
        "parts": [part.title for part in one.parts],
    }


def total(found: Sequence[Afterwards]) -> tuple[int, int]:
    """How many gemeenten were there, and how many people of them."""
    return sum(bool(one.came) for one in found), sum(one.came for one in found)
