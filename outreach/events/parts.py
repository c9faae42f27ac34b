"""Parts of a day that people choose: a workshop, a walk, each with seats of its own.

Who has a seat on the day may choose; who waits chooses once there is a seat. A part has no
waiting list: one that is full cannot be chosen. Its counter moves by one guarded UPDATE, always
after the row of its day, so that nobody waits for each other in a circle.

A part that is off stays visible and has no seats taken. Who had chosen it may choose something
else at that hour; when it takes place after all, it is theirs again unless they did.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

from sqlalchemy import Table, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingPart,
    PartChoice,
    Place,
    PlaceState,
    Registration,
)
from outreach.letters import dutch, said
from outreach.wording import _, _n

PARTS: Table = MeetingPart.__table__  # type: ignore[assignment]
CHOICES: Table = PartChoice.__table__  # type: ignore[assignment]
#: Whose choice counts: who has a seat on the day.
CHOOSES = (PlaceState.CONFIRMED, PlaceState.UNCONFIRMED)


class PartFull(Refused):
    """Nobody more fits in this part, or it is off; the sentence names it."""


def of_day(day: MeetingDay) -> list[MeetingPart]:
    """What there is to choose on a day, the first one first."""
    return list(day.parts) if day.has_parts else []


def of(registration: Registration, day_ids: Collection[int] | None = None) -> list[MeetingPart]:
    """What someone comes to, in the order of the hours.

    :param day_ids: only of these days
    """
    return [one for one in _chosen(registration, day_ids) if one.cancelled_at is None]


def left(part: MeetingPart) -> int | None:
    """How many more fit: nobody when it is off; None when the part has no number of its own."""
    if part.cancelled_at is not None:
        return 0
    return None if part.capacity is None else max(0, part.capacity - part.taken)


def room(part: MeetingPart) -> str:
    """ "Nog 3 plaatsen", "Vol", "Gaat niet door"; "" when there is nothing to say."""
    if part.cancelled_at is not None:
        return _("Gaat niet door")
    free = left(part)
    if free is None:
        return ""
    return _n("Nog %(count)s plaats", "Nog %(count)s plaatsen", free) if free else _("Vol")


def hours(part: MeetingPart) -> str:
    """ "13.00 tot 14.30 uur", on a Dutch clock."""
    return f"{start(part)} tot {end(part)} uur"


def start(part: MeetingPart) -> str:
    return f"{part.opens.hour}.{part.opens.minute:02}"


def end(part: MeetingPart) -> str:
    return f"{part.closes.hour}.{part.closes.minute:02}"


def line(part: MeetingPart, when: str = "") -> str:
    """ "13.00 tot 14.30 uur: Wonen, zaal 2": in Dutch, unless someone says when it is."""
    named = f"{when or hours(part)}: {part.title}"
    off = " (gaat niet door)" if part.cancelled_at else ""
    return ", ".join(filter(None, (named, part.place, part.online_url))) + off


def find(meeting: Meeting, part_ids: Collection[int]) -> list[MeetingPart]:
    """Parts of a meeting by id order, which is the order in which they are counted.

    :raises Invalid: one of another meeting, or two at the same time
    """
    if not part_ids:
        return []
    known = {part.id: part for day in meeting.days for part in of_day(day)}
    if not set(part_ids) <= set(known):
        raise Invalid(_("U koos een onderdeel dat niet bij deze bijeenkomst hoort. Kies opnieuw."))
    found = [known[id_] for id_ in sorted(set(part_ids))]
    for one, other in combinations(sorted(found, key=lambda part: part.starts_at), 2):
        if other.starts_at < one.ends_at:
            raise Invalid(
                _(
                    "“%(one)s” en “%(other)s” zijn op hetzelfde moment. Kies er één van.",
                    one=one,
                    other=other,
                )
            )
    return found


def get(meeting: Meeting, part_id: int) -> MeetingPart:
    """
    :raises Unknown: no part of this meeting
    """
    for day in meeting.days:
        for part in of_day(day):
            if part.id == part_id:
                return part
    raise Unknown("Dit onderdeel hoort niet bij deze bijeenkomst.")


def titled(meeting: Meeting, titles: Iterable[str]) -> list[MeetingPart]:
    """Parts of a meeting by their names; on several days if it is called so on several.

    :raises Unknown: none is called so
    """
    every = [part for day in meeting.days for part in of_day(day)]
    found = []
    for title in titles:
        named = [part for part in every if part.title.casefold() == title.strip().casefold()]
        if not named:
            known = dutch.enumeration([f"“{part}”" for part in every])
            rest = f" Wel: {known}." if known else ""
            raise Unknown(f"Er is geen onderdeel “{title[:80]}”.{rest}")
        found += named
    return found


def check_days(parts: Iterable[MeetingPart], day_ids: Collection[int]) -> None:
    """
    :raises Invalid: a part of a day that someone does not come
    """
    for part in parts:
        if part.day_id not in day_ids:
            raise Invalid(
                _(
                    "“%(part)s” is op %(day)s, en die dag koos u niet. Kies ook die dag.",
                    part=part,
                    day=said.day_date(part.day.date),
                )
            )


def check_room(parts: Iterable[MeetingPart]) -> None:
    """
    :raises PartFull: nobody more fits in one of them, or it is off
    """
    for part in parts:
        if left(part) == 0:
            raise _full(part)


def take(registration: Registration, parts: Iterable[MeetingPart]) -> None:
    """Count someone in each of these parts; chosen twice is once. The caller holds their days.

    :raises PartFull: there is no room in one of them, or it is off; the caller gives up the whole
    """
    postgres = db.session.get_bind().dialect.name == "postgresql"
    insert = (postgresql if postgres else sqlite).insert
    for part in sorted(parts, key=lambda one: one.id):
        row = {"registration_id": registration.id, "part_id": part.id}
        new = insert(CHOICES).values(row).on_conflict_do_nothing().returning(CHOICES.c.part_id)
        if db.session.scalar(new) is None:
            continue
        free = or_(PARTS.c.capacity.is_(None), PARTS.c.taken < PARTS.c.capacity)
        counted = db.session.scalar(
            update(PARTS)
            .where(PARTS.c.id == part.id, free, PARTS.c.cancelled_at.is_(None))
            .values(taken=PARTS.c.taken + 1)
            .returning(PARTS.c.id)
        )
        db.session.expire(part, ["taken", "cancelled_at"])
        if counted is None:
            raise _full(part)
    db.session.expire(registration, ["parts"])


def give_back(registration: Registration, parts: Collection[MeetingPart]) -> None:
    """Take someone off the count of these parts. The caller holds their days."""
    for part in sorted(parts, key=lambda one: one.id):
        gone = db.session.scalar(
            delete(CHOICES)
            .where(CHOICES.c.registration_id == registration.id, CHOICES.c.part_id == part.id)
            .returning(CHOICES.c.part_id)
        )
        if gone is not None:
            db.session.execute(
                update(PARTS)
                .where(PARTS.c.id == part.id, PARTS.c.cancelled_at.is_(None))
                .values(taken=PARTS.c.taken - 1)
            )
            db.session.expire(part, ["taken"])
    db.session.expire(registration, ["parts"])


def leave_day(place: Place) -> None:
    """Give up what someone chose on a day that they leave. The caller holds the day."""
    if place.day.has_parts:
        give_back(place.registration, _chosen(place.registration, {place.day_id}))


def hand_over(day_ids: Collection[int], was: Registration, other: Registration) -> None:
    """Who comes in place of another comes to the same parts: no counter moves."""
    ids = [part.id for part in _chosen(was, day_ids)]
    if ids:
        db.session.execute(
            update(CHOICES)
            .where(CHOICES.c.registration_id == was.id, CHOICES.c.part_id.in_(ids))
            .values(registration_id=other.id)
        )
        db.session.expire(was, ["parts"])
        db.session.expire(other, ["parts"])


def call_off(part: MeetingPart, *, now: datetime) -> None:
    """Give all its seats free. What people chose waits for its return. The caller holds the day."""
    if part.cancelled_at is None:
        part.cancelled_at, part.taken = now, 0
        db.session.flush()


def restore(part: MeetingPart) -> None:
    """Let a part take place after all, for who chose nothing else at that hour meanwhile.

    The caller holds the day.

    :raises Refused: more people chose it than there are seats now
    """
    if part.cancelled_at is None:
        return
    other, mine = aliased(MeetingPart), aliased(PartChoice)
    elsewhere = exists().where(
        mine.registration_id == CHOICES.c.registration_id,
        mine.part_id == other.id,
        other.id != part.id,
        other.cancelled_at.is_(None),
        other.starts_at < part.ends_at,
        other.ends_at > part.starts_at,
    )
    db.session.execute(delete(CHOICES).where(CHOICES.c.part_id == part.id, elsewhere))
    query = select(CHOICES.c.registration_id).where(CHOICES.c.part_id == part.id)
    back = len(db.session.scalars(query).all())
    if part.capacity is not None and back > part.capacity:
        raise Refused(
            f"Bij “{part.title}” horen {back} mensen die het eerder kozen, en er zijn"
            f" {part.capacity} plaatsen. Geef het onderdeel eerst meer plaatsen."
        )
    part.cancelled_at, part.taken = None, back
    db.session.flush()
    db.session.expire(part.day, ["parts"])


def by_person(meeting: Meeting) -> dict[int, list[MeetingPart]]:
    """By registration: what each chose, in the order of the hours. One query, or none."""
    found: dict[int, list[MeetingPart]] = {}
    if not meeting.has_parts:
        return found
    rows = db.session.execute(
        select(CHOICES.c.registration_id, MeetingPart)
        .join(MeetingPart, MeetingPart.id == CHOICES.c.part_id)
        .join(MeetingDay, MeetingDay.id == MeetingPart.day_id)
        .where(MeetingDay.meeting_id == meeting.id, MeetingPart.cancelled_at.is_(None))
        .order_by(MeetingPart.starts_at, MeetingPart.id)
    )
    for registration_id, part in rows:
        found.setdefault(registration_id, []).append(part)
    return found


def who(part_ids: Collection[int]) -> dict[int, set[int]]:
    """By registration: which of these parts it chose, also of those that are off."""
    found: dict[int, set[int]] = {}
    if part_ids:
        rows = select(CHOICES).where(CHOICES.c.part_id.in_(part_ids))
        for registration_id, part_id in db.session.execute(rows):
            found.setdefault(registration_id, set()).add(part_id)
    return found


class Miscount(NamedTuple):
    """A part whose counter says something else than its choices."""

    part_id: int
    held: int


def miscounted() -> list[Miscount]:
    """Parts whose counters differ from who chose them; ideally none."""
    counts = and_(CHOICES.c.part_id.is_not(None), PARTS.c.cancelled_at.is_(None))
    chosen = func.coalesce(func.sum(case((counts, 1), else_=0)), 0)
    rows = db.session.execute(
        select(PARTS.c.id, chosen)
        .outerjoin(CHOICES, CHOICES.c.part_id == PARTS.c.id)
        .group_by(PARTS.c.id, PARTS.c.taken)
        .having(chosen != PARTS.c.taken)
        .order_by(PARTS.c.id)
    )
    return [Miscount(*row) for row in rows]


def titles(parts: Sequence[MeetingPart]) -> str:
    """ "13.00 Wonen; 15.00 Wandeling": in one cell, or behind a name."""
    return "; ".join(f"{start(part)} {part.title}" for part in parts)


def _chosen(
    registration: Registration, day_ids: Collection[int] | None = None
) -> list[MeetingPart]:
    """What someone chose, also what is off."""
    if not registration.meeting.has_parts:
        return []
    return [one for one in registration.parts if day_ids is None or one.day_id in day_ids]


def _full(part: MeetingPart) -> PartFull:
    if part.cancelled_at is not None:
        return PartFull(
            _("“%(part)s” gaat niet door. Kies een ander onderdeel, of geen.", part=part)
        )
    return PartFull(
        _("Bij “%(part)s” is geen plaats meer. Kies een ander onderdeel, of geen.", part=part)
    )
