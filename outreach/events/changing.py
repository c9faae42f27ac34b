"""Changing and cancelling a meeting: who is told what, and what calendars see.

A change is looked at first and made afterwards, by the same comparison. Whoever changes holds
all days of the meeting, in the order of their ids (`seats`), before touching a place.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import exists, select, update
from sqlalchemy.orm import joinedload

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.calendars.entry import Entry
from outreach.db import db
from outreach.errors import Invalid, Refused
from outreach.events import (
    comparing,
    feeds,
    invitations,
    keeping,
    offering,
    parts,
    programme,
    seats,
)
from outreach.events.comparing import Differences
from outreach.events.keeping import Facts
from outreach.events.links import MeetingLinks
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingPart,
    MeetingState,
    PartChoice,
    Place,
    PlaceState,
    Registration,
)
from outreach.events.registering import tidy

#: Whose days these are, as long as they are not over.
CONCERNED = (
    PlaceState.CONFIRMED,
    PlaceState.OFFERED,
    PlaceState.WAITING,
    PlaceState.UNCONFIRMED,
)
#: What makes a calendar take a day for a new version of it.
WEIGHTY = ("starts", "ends", "location", "conference", "summary", "cancelled")
LONGEST_REASON = 500


@dataclass(frozen=True)
class Affected:
    """Someone who is told."""

    registration: Registration
    places: tuple[Place, ...]  #: that the change is about
    invited: bool  #: an invitation is in their calendar, and follows
    part_ids: frozenset[int] = frozenset()  #: parts of theirs that the change is about


@dataclass(frozen=True)
class Preview:
    """What a change comes to."""

    changes: tuple[str, ...]  #: as people are told
    affected: tuple[Affected, ...]
    silent: tuple[str, ...]  #: what nobody is mailed about

    def __bool__(self) -> bool:
        return bool(self.changes or self.silent)


def preview(meeting: Meeting, facts: Facts, *, now: datetime) -> Preview:
    """What `apply` would do now; changes nothing.

    :raises Invalid: the facts are wrong
    :raises Refused: the change cannot be made
    """
    found = comparing.compare(meeting, keeping.check(facts), now=now)
    return _preview(meeting, found, now=now)


def apply(
    meeting: Meeting,
    facts: Facts,
    *,
    version: int | None,
    links: MeetingLinks,
    by: Actor,
    now: datetime,
) -> Preview:
    """Change a meeting, tell who it concerns, and nobody else.

    :param version: of the meeting as the reader saw it; None when no screen was shown
    :raises Invalid: the facts are wrong
    :raises Refused: the change cannot be made, or someone else was first
    """
    good = keeping.check(facts)
    _hold(meeting)
    if version is not None and version != meeting.version:
        raise _collision()
    found = comparing.compare(meeting, good, now=now)
    seen = _preview(meeting, found, now=now)
    if not seen:
        return seen
    _claim(meeting)
    before = _entries(meeting, links)
    _write(meeting, good, found, now=now)
    _revise(meeting, before, links=links, now=now)
    _tell(meeting, found, seen.affected, links=links, now=now)
    audit.record(
        "change meeting",
        f"meeting:{meeting.id}",
        by=by,
        now=now,
        sender_id=meeting.sender_id,
        told=len(seen.affected),
        days=sorted(found.of_day),
    )
    return seen


def preview_cancel(meeting: Meeting, *, now: datetime | None = None) -> tuple[Affected, ...]:
    """Who would be told that the meeting is off; without `now` also who came on days past."""
    return _affected(_live(meeting.days), now=now)


def preview_cancel_day(day: MeetingDay, *, now: datetime | None = None) -> tuple[Affected, ...]:
    """Who would be told that this day is off."""
    return _affected(_live([day]), now=now)


def cancel(meeting: Meeting, *, reason: str, links: MeetingLinks, by: Actor, now: datetime) -> int:
    """Call a meeting off; return how many people are told. Done twice it is done once.

    It stays visible, and stays in calendars, as cancelled.

    :raises Refused: nobody knows of it yet
    """
    said = _reason(reason)
    _hold(meeting)
    if meeting.state is MeetingState.DRAFT:
        raise Refused("Deze bijeenkomst is nog een concept: niemand weet ervan. Verwijder haar.")
    if meeting.state is MeetingState.CANCELLED:
        return 0
    _claim(meeting)
    before = _entries(meeting, links)
    meeting.state, meeting.cancelled_at, meeting.cancel_reason = MeetingState.CANCELLED, now, said
    meeting.updated_at = now
    live = _live(meeting.days)
    days = [day for day in live if day.ends_at > now] or live  # what was held stays as it was
    told = _call_off(days, before, reason=said, links=links, now=now)
    audit.record(
        "cancel meeting",
        f"meeting:{meeting.id}",
        by=by,
        now=now,
        sender_id=meeting.sender_id,
        note=said,
        told=told,
    )
    return told


def cancel_day(
    day: MeetingDay, *, reason: str, links: MeetingLinks, by: Actor, now: datetime
) -> int:
    """Call one day off; of the last one that is left, the whole meeting.

    :return: how many people are told; none when it was off already
    """
    said, meeting = _reason(reason), day.meeting
    _hold(meeting)
    if day.cancelled_at is not None:
        return 0
    if _live(meeting.days) == [day] or meeting.state is MeetingState.DRAFT:
        return cancel(meeting, reason=reason, links=links, by=by, now=now)
    if day.ends_at <= now:
        raise Refused("Deze dag is voorbij en verandert niet meer.")
    _claim(meeting)
    meeting.updated_at = now
    told = _call_off([day], _entries(meeting, links), reason=said, links=links, now=now)
    audit.record(
        "cancel meeting day",
        f"meeting:{meeting.id}",
        by=by,
        now=now,
        sender_id=meeting.sender_id,
        note=said,
        told=told,
        day=day.id,
    )
    return told


def preview_part(part: MeetingPart, *, now: datetime) -> tuple[Affected, ...]:
    """Who would be told that this part is off, or takes place after all: who chose it."""
    return _affected([], now=now, part_ids={part.id})


def cancel_part(
    part: MeetingPart, *, reason: str, links: MeetingLinks, by: Actor, now: datetime
) -> int:
    """Call one part of a day off; the day goes on. Done twice it is done once.

    It stays visible. Its seats are free, and who chose it may choose something else.

    :return: how many people are told
    :raises Refused: it is over, or its day is off
    """
    said = _reason(reason)
    return _turn(part, off=True, said=said, links=links, by=by, now=now)


def restore_part(part: MeetingPart, *, links: MeetingLinks, by: Actor, now: datetime) -> int:
    """Let a part that was off take place after all; who had chosen it is told.

    :return: how many people are told; none when it was not off
    :raises Refused: it is over, its day is off, or more people chose it than there are seats now
    """
    return _turn(part, off=False, said="", links=links, by=by, now=now)


def _turn(
    part: MeetingPart, *, off: bool, said: str, links: MeetingLinks, by: Actor, now: datetime
) -> int:
    day, meeting = part.day, part.day.meeting
    _hold(meeting)
    db.session.refresh(part)
    if (part.cancelled_at is not None) is off:
        return 0
    if day.cancelled_at is not None or meeting.state is MeetingState.CANCELLED:
        raise Refused("Deze dag gaat niet door: aan de onderdelen verandert niets meer.")
    if part.ends_at <= now:
        raise Refused(f"“{part.title}” is voorbij en verandert niet meer.")
    affected = preview_part(part, now=now) if meeting.state is MeetingState.OPEN else ()
    _claim(meeting)
    before = _entries(meeting, links)
    if off:
        parts.call_off(part, now=now)
    else:
        parts.restore(part)
    meeting.updated_at = now
    _revise(meeting, before, links=links, now=now)
    for one in affected:
        db.session.expire(one.registration, ["parts"])
        invitations.part_turned(one.registration, one.places, part, said, links=links, now=now)
    audit.record(
        "cancel meeting part" if off else "restore meeting part",
        f"meeting:{meeting.id}",
        by=by,
        now=now,
        sender_id=meeting.sender_id,
        note=said,
        told=len(affected),
        part=part.id,
    )
    return len(affected)


# ── looking ─────────────────────────────────────────────────────────────────────────────


def _preview(meeting: Meeting, found: Differences, *, now: datetime) -> Preview:
    everyone = _live(meeting.days) if found.for_all else []
    days = [day for day in meeting.days if day in everyone or day.id in found.of_day]
    return Preview(found.changes, _affected(days, now=now, part_ids=found.of_part), found.silent)


def _affected(
    days: Iterable[MeetingDay], *, now: datetime | None, part_ids: Collection[int] = ()
) -> tuple[Affected, ...]:
    """Who has a place on one of these days, or chose one of these parts."""
    ids = [day.id for day in days if now is None or day.ends_at > now]
    chose = parts.who(part_ids)
    with_part = exists().where(
        PartChoice.registration_id == Place.registration_id,
        PartChoice.part_id == MeetingPart.id,
        MeetingPart.day_id == Place.day_id,
        MeetingPart.id.in_(part_ids),
    )
    query = (
        select(Place)
        .where(Place.day_id.in_(ids) | with_part if part_ids else Place.day_id.in_(ids))
        .where(Place.state.in_(CONCERNED))
        .order_by(Place.registration_id, Place.day_id)
        .options(joinedload(Place.registration))
        .execution_options(populate_existing=True)
    )
    return tuple(
        Affected(
            one,
            held,
            any(place.sent_sequence >= 0 for place in held),
            frozenset(chose.get(one.id, ())),
        )
        for one, group in groupby(db.session.scalars(query).all(), key=lambda p: p.registration)
        if (held := tuple(group))
    )


def _live(days: Iterable[MeetingDay]) -> list[MeetingDay]:
    return [day for day in days if day.cancelled_at is None]


def _entries(meeting: Meeting, links: MeetingLinks) -> dict[int, Entry]:
    return {day.id: feeds.entry(day, links=links) for day in meeting.days}


def _reason(text: str) -> str:
    found = " ".join(tidy(text).split())
    if len(found) > LONGEST_REASON:
        raise Invalid(f"Kort de reden in tot {LONGEST_REASON} tekens.")
    return found


# ── writing ─────────────────────────────────────────────────────────────────────────────


def _hold(meeting: Meeting) -> None:
    """Hold all days, then read the meeting as it stands now."""
    seats.lock(meeting.id)
    db.session.refresh(meeting)
    days = select(MeetingDay).where(MeetingDay.meeting_id == meeting.id)
    db.session.scalars(days.execution_options(populate_existing=True)).all()
    db.session.expire(meeting, ["days"])


def _claim(meeting: Meeting) -> None:
    """Be the one who makes the next version.

    :raises Refused: someone else was first
    """
    claimed = db.session.execute(
        update(Meeting)
        .where(Meeting.id == meeting.id, Meeting.version == meeting.version)
        .values(version=Meeting.version + 1)
        .returning(Meeting.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if claimed is None:
        raise _collision()
    db.session.refresh(meeting, ["version"])


def _collision() -> Refused:
    return Refused(
        "Een collega heeft deze bijeenkomst net gewijzigd. Open haar opnieuw en kijk wat er nu"
        " staat, voor u uw wijziging nog een keer maakt."
    )


def _write(meeting: Meeting, good: Facts, found: Differences, *, now: datetime) -> None:
    if good.slug not in ("", meeting.slug):
        keeping.check_free(good.slug)
        meeting.slug = good.slug
    keeping.write(meeting, good, now=now)
    for day, facts in found.kept:
        keeping.write_day(day, facts)
        programme.write(day, facts, now=now)
        _set_capacity(day, facts.capacity)
        _shorten_offers(day)
    for facts in found.added:
        db.session.add(_of(meeting, keeping.new_day(facts, now=now)))
    if meeting.state is MeetingState.DRAFT:  # in nobody's calendar
        for day in found.dropped:
            db.session.delete(day)
    db.session.flush()
    db.session.expire(meeting, ["days"])


def _of(meeting: Meeting, day: MeetingDay) -> MeetingDay:
    day.meeting_id = meeting.id
    return day


def _set_capacity(day: MeetingDay, capacity: int) -> None:
    """
    :raises Refused: more seats are taken; `compare` says so in better words when it can
    """
    set_ = db.session.execute(
        update(MeetingDay)
        .where(MeetingDay.id == day.id, MeetingDay.taken <= capacity)
        .values(capacity=capacity)
        .returning(MeetingDay.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if set_ is None:
        raise Refused(f"Er zijn {day.taken} plaatsen bezet: het aantal kan niet lager.")
    db.session.refresh(day, ["capacity"])


def _shorten_offers(day: MeetingDay) -> None:
    """No place is kept for someone beyond the start of the day."""
    db.session.execute(
        update(Place)
        .where(
            Place.day_id == day.id,
            Place.state == PlaceState.OFFERED,
            Place.offer_until > day.starts_at,
        )
        .values(offer_until=day.starts_at)
        .execution_options(synchronize_session=False)
    )


def _revise(
    meeting: Meeting, before: dict[int, Entry], *, links: MeetingLinks, now: datetime
) -> None:
    """Let calendars see what differs: equal rows give equal bytes, and the reverse."""
    for day in meeting.days:
        old, new = before.get(day.id), feeds.entry(day, links=links)
        if old is None or old == new:
            continue
        day.revised_at = now
        if any(getattr(old, name) != getattr(new, name) for name in WEIGHTY):
            day.sequence += 1
    db.session.flush()


def _tell(
    meeting: Meeting,
    found: Differences,
    affected: Collection[Affected],
    *,
    links: MeetingLinks,
    now: datetime,
) -> None:
    if meeting.state is not MeetingState.OPEN:
        return
    if found.dropped:
        before = _entries(meeting, links)
        _call_off(found.dropped, before, reason="", links=links, now=now)
    gone = {day.id for day in found.dropped}
    for one in affected:
        places = [place for place in one.places if place.day_id not in gone]
        for place in places:  # an offer may have been shortened
            db.session.refresh(place, ["offer_until"])
        told = found.told[one.registration.language]
        of_days = (line for place in places for line in told.of_day.get(place.day_id, ()))
        of_parts = (line for id_ in sorted(one.part_ids) for line in told.of_part[id_])
        if changes := list(dict.fromkeys((*told.for_all, *of_days, *of_parts))):
            invitations.moved(one.registration, places, changes, links=links, now=now)
    for day, _ in found.kept:
        offering.fill(day, links=links, now=now)


def _call_off(
    days: Collection[MeetingDay],
    before: dict[int, Entry],
    *,
    reason: str,
    links: MeetingLinks,
    now: datetime,
) -> int:
    """Set days off, in calendars too; tell who would have come. Places keep their state."""
    affected = _affected(days, now=now)
    for day in days:
        day.cancelled_at = now
    db.session.flush()
    for meeting in {day.meeting for day in days}:
        _revise(meeting, before, links=links, now=now)
    _take_back_offers([place for one in affected for place in one.places])
    for one in affected:
        invitations.called_off(one.registration, one.places, reason, links=links, now=now)
    return len(affected)


def _take_back_offers(places: Iterable[Place]) -> None:
    """Who was offered a seat waits again: there is nothing left to accept, or to let lapse."""
    for place in places:
        if place.state is PlaceState.OFFERED:
            place.state, place.offer_until = PlaceState.WAITING, None
            db.session.flush()
            seats.put_back(place.day)
