"""Mail to everyone who comes: reminders before a meeting, and a follow-up after it.

A round is written down before its first mail, and how far it came with each batch: whatever is
interrupted goes on where it was, and the outbox refuses a mail that it has. Nobody is written to
whom it does not concern: who waits, cancelled, comes on another day, or heard from us since.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import at_wall
from outreach.db import db
from outreach.errors import Refused
from outreach.events import invitations, keeping, seats
from outreach.events.links import MeetingLinks
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingState,
    Place,
    PlaceState,
    Registration,
    Round,
    RoundKind,
)

#: When on its day a reminder leaves, on a Dutch clock.
LEAVES = time(9)
BATCH = 200
#: A reminder that could not go for this long is not told any more; the next one is.
LATE = timedelta(days=1)
COMES = (PlaceState.CONFIRMED, PlaceState.DOOR)


def moment(day: MeetingDay, days_before: int) -> datetime:
    """When a reminder for a day is due."""
    return at_wall(day.date - timedelta(days=days_before), LEAVES)


def begin_due(*, now: datetime) -> int:
    """Write down every round of reminders that is due; return how many are new.

    A day whose reminder is due more than `LATE` ago was made known since: that round is none.
    """
    made = 0
    for day in _days_ahead(now):
        for days_before in day.meeting.reminders:
            at = moment(day, days_before)
            if at <= now < min(at + LATE, day.starts_at):
                made += _begin(day.meeting, RoundKind.REMINDER, now, day=day, days=days_before)
    return made


def follow_up(meeting: Meeting, *, by: Actor, now: datetime) -> int:
    """Write down that everyone who was there is thanked, with the materials; how many they are.

    :raises Refused: the meeting is not over, is off, nobody was there, or it was done before
    """
    last = max((day.ends_at for day in meeting.days if day.cancelled_at is None), default=now)
    if meeting.state is not MeetingState.OPEN or last > now:
        raise Refused("De bijeenkomst is nog niet voorbij. Dank de mensen daarna.")
    count = len(db.session.scalars(_thanked(meeting)).all())
    if not count:
        raise Refused("Er is niemand om te bedanken.")
    if not _begin(meeting, RoundKind.FOLLOW_UP, now):
        raise Refused("De mail na afloop ging al weg. Ieder krijgt hem één keer.")
    audit.record("follow up meeting", f"meeting:{meeting.id}", by=by, now=now, told=count)
    return count


def of(meeting: Meeting) -> list[Round]:
    """What went round for a meeting, the newest first."""
    query = select(Round).where(Round.meeting_id == meeting.id).order_by(Round.id.desc())
    return list(db.session.scalars(query))


def thanked(meeting: Meeting) -> int:
    """How many people a follow-up would go to now."""
    return len(db.session.scalars(_thanked(meeting)).all())


def unfinished() -> list[int]:
    """Ids of rounds that have mails to write."""
    return list(db.session.scalars(select(Round.id).where(Round.done_at.is_(None))))


def write(round_id: int, *, links: MeetingLinks, now: datetime) -> bool:
    """Write the next mails of a round down, in the caller's transaction; whether more are left."""
    one = _hold(round_id)
    if one is None:
        return False
    seats.lock(one.meeting_id)  # who cancels at this moment is either before this or after it
    people = _next(one, now)
    for person in people:
        _tell(one, person, links=links, now=now)
    one.last_id = people[-1].id if people else one.last_id
    one.count += len(people)
    more = len(people) == BATCH
    one.done_at = None if more else now
    db.session.flush()
    return more


def _hold(round_id: int) -> Round | None:
    """A round that another process does not write now."""
    query = select(Round).where(Round.id == round_id, Round.done_at.is_(None))
    held = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    found: Round | None = db.session.scalar(held)
    return found


def _next(one: Round, now: datetime) -> Sequence[Registration]:
    people = _reminded(one, now) if one.kind is RoundKind.REMINDER else _thanked(one.meeting)
    if people is None:
        return []
    query = people.where(Registration.id > one.last_id).order_by(Registration.id).limit(BATCH)
    with_days = selectinload(Registration.places).joinedload(Place.day)
    return db.session.scalars(query.options(with_days)).all()


def _tell(one: Round, person: Registration, *, links: MeetingLinks, now: datetime) -> None:
    held = [place for place in person.places if place.state in COMES]
    if one.kind is RoundKind.FOLLOW_UP:
        invitations.thank(person, held, links=links, now=now)
        return
    ahead = [place for place in held if place.day.starts_at > now and not place.day.cancelled_at]
    if ahead:
        first = min(place.day.starts_at for place in ahead)
        key = f"remind:{one.date}:{one.days_before}"
        invitations.remind(person, ahead, key, links=links, now=now, expires_at=first)


def _reminded(one: Round, now: datetime) -> Select[Registration] | None:
    """Whose first day to come it is; and who did not hear from us about it since."""
    day = one.day
    if day is None or day.date != one.date or day.cancelled_at is not None or day.starts_at <= now:
        return None  # it moved or was called off: that was told
    ahead = (MeetingDay.starts_at > now) & MeetingDay.cancelled_at.is_(None)
    sooner = _place_on(ahead & (MeetingDay.starts_at < day.starts_at))
    # Who got the place after that moment has a confirmation that is as new.
    known = Place.changed_at < moment(day, one.days_before or 0)
    mine = _place_on((MeetingDay.id == day.id) & known)
    return _registered(one.meeting).where(mine.exists(), ~sooner.exists())


def _thanked(meeting: Meeting) -> Select[Registration]:
    """Who was there; on a day without a list at the door, who would be."""
    listed = _was_listed()
    there = (
        select(Place.id)
        .join(MeetingDay, MeetingDay.id == Place.day_id)
        .where(
            Place.registration_id == Registration.id,
            MeetingDay.cancelled_at.is_(None),
            Place.came_at.is_not(None) | ((Place.state == PlaceState.CONFIRMED) & ~listed),
        )
    )
    return _registered(meeting).where(there.exists())


def _was_listed() -> ColumnElement[bool]:
    """SQL: somebody was noted as present on the day of a place."""
    other = Place.__table__.alias("other")
    return exists(
        select(other.c.id).where(other.c.day_id == MeetingDay.id, other.c.came_at.is_not(None))
    )


def _registered(meeting: Meeting) -> Select[Registration]:
    return select(Registration).where(
        Registration.meeting_id == meeting.id,
        Registration.cancelled_at.is_(None),
        Registration.email != "",
    )


def _place_on(which: ColumnElement[bool]) -> Select[int]:
    return (
        select(Place.id)
        .join(MeetingDay, MeetingDay.id == Place.day_id)
        .where(Place.registration_id == Registration.id, Place.state == PlaceState.CONFIRMED, which)
    )


def _days_ahead(now: datetime) -> Sequence[MeetingDay]:
    query = (
        select(MeetingDay)
        .join(Meeting)
        .where(
            Meeting.state == MeetingState.OPEN,
            MeetingDay.cancelled_at.is_(None),
            MeetingDay.taken > 0,
            MeetingDay.starts_at > now,
            MeetingDay.starts_at < now + timedelta(days=keeping.FURTHEST_REMINDER + 1),
        )
        .options(selectinload(MeetingDay.meeting))
        .order_by(MeetingDay.starts_at)
    )
    return db.session.scalars(query).all()


def _begin(
    meeting: Meeting,
    kind: RoundKind,
    now: datetime,
    *,
    day: MeetingDay | None = None,
    days: int = 0,
) -> bool:
    postgres = db.session.get_bind().dialect.name == "postgresql"
    insert = (postgresql if postgres else sqlite).insert(Round)
    row = {
        "key": f"{kind}:{meeting.id}" + (f":{day.id}:{day.date}:{days}" if day else ""),
        "meeting_id": meeting.id,
        "kind": kind,
        "day_id": day.id if day else None,
        "date": day.date if day else None,
        "days_before": days if day else None,
        "begun_at": now,
        "last_id": 0,
        "count": 0,
    }
    made = insert.values(row).on_conflict_do_nothing().returning(Round.id)
    return db.session.scalar(made) is not None
