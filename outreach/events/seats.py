"""The seats of a day: every movement of its counters, each one guarded UPDATE.

The row of the day is the lock. Whoever moves seats of several days takes them in the order of
their ids, and takes a day before the places on it: nobody waits for each other in a circle.
CHECKs on the table say the same once more (`taken <= capacity`).
"""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, Dialect, Table, and_, case, func, select, update

from outreach.db import db
from outreach.delivery.prepared import Prepared, given
from outreach.errors import Refused
from outreach.events.models import SEATED, MeetingDay, Place, PlaceState

DAYS: Table = MeetingDay.__table__  # type: ignore[assignment]
DAY = DAYS.c
COUNTERS = ("taken", "waiting", "next_place")


class Given(NamedTuple):
    """What someone who comes now gets on a day."""

    seated: bool
    number: int  #: the order of who waits
    waiting: int  #: who wait now, this one with them


def lock(meeting_id: int) -> None:
    """Hold all days of a meeting until the end of the transaction (SQLite holds everything).

    All of them, since a seat that moves concerns people who come on its other days too.
    """
    days = select(DAY.id).where(DAY.meeting_id == meeting_id).order_by(DAY.id)
    db.session.execute(days.with_for_update()).all()


def take(day: MeetingDay) -> Given:
    """A seat while there is one and nobody waits for it, else the next number of the waiting list.

    One statement decides and counts, so that two who ask at once cannot both get the last seat.

    :raises Refused: the day does not take place
    """
    took = count_on(db.session.connection(), day.id)
    # Whoever waited for this row may have waited for a change of hours or place: read it anew.
    db.session.expire(day.meeting)
    db.session.expire(day)
    return took


def count_on(connection: Connection, day_id: int) -> Given:
    """`take`, for who has the day not in the session.

    :raises Refused: the day does not take place
    """
    found = _taking(connection.dialect).rows(connection, {"day": day_id})
    if not found:
        raise Refused("Deze dag gaat niet door. Kies een andere dag.")
    [[waiting, next_place]] = found
    return Given(seated=waiting == 0, number=next_place - 1, waiting=waiting)


@lru_cache(maxsize=4)
def _taking(dialect: Dialect) -> Prepared:
    free = and_(DAY.taken < DAY.capacity, DAY.waiting == 0)
    statement = (
        update(DAYS)
        .where(DAY.id == given("day"), DAY.cancelled_at.is_(None))
        .values(
            taken=DAY.taken + case((free, 1), else_=0),
            waiting=DAY.waiting + case((free, 0), else_=1),
            next_place=DAY.next_place + 1,
        )
        .returning(DAY.waiting, DAY.next_place)
    )
    return Prepared(statement, dialect)


def give_back(day: MeetingDay, state: PlaceState) -> None:
    """Take someone in this state off the count of a day."""
    if state in SEATED:
        db.session.execute(update(DAYS).where(DAY.id == day.id).values(taken=DAY.taken - 1))
    elif state is PlaceState.WAITING:
        db.session.execute(update(DAYS).where(DAY.id == day.id).values(waiting=DAY.waiting - 1))
    db.session.expire(day, COUNTERS)


def move_up(day: MeetingDay, *, now: datetime) -> bool:
    """Count one who waits as seated, when a seat is free and the day has not begun."""
    moved = db.session.execute(
        update(DAYS)
        .where(
            DAY.id == day.id,
            DAY.taken < DAY.capacity,
            DAY.waiting > 0,
            DAY.cancelled_at.is_(None),
            DAY.starts_at > now,
        )
        .values(taken=DAY.taken + 1, waiting=DAY.waiting - 1)
        .returning(DAY.id)
    ).one_or_none()
    db.session.expire(day, COUNTERS)
    return moved is not None


def put_back(day: MeetingDay) -> None:
    """Count one who was offered a seat as waiting again: the day is off."""
    db.session.execute(
        update(DAYS).where(DAY.id == day.id).values(taken=DAY.taken - 1, waiting=DAY.waiting + 1)
    )
    db.session.expire(day, COUNTERS)


def rank(place: Place) -> int:
    """The how-manieth someone is on the waiting list, from 1."""
    db.session.flush()
    connection = db.session.connection()
    of = {"day": place.day_id, "number": place.number}
    [[before]] = _ranking(connection.dialect).rows(connection, of)
    return int(before) + 1


@lru_cache(maxsize=4)
def _ranking(dialect: Dialect) -> Prepared:
    before = select(func.count()).where(
        Place.day_id == given("day"),
        Place.state == PlaceState.WAITING,
        Place.number < given("number"),
    )
    return Prepared(before, dialect)


class Miscount(NamedTuple):
    """A day whose counters say something else than its places."""

    day_id: int
    held: int  #: seats, as counted from the places
    listed: int  #: who waits, likewise


def miscounted() -> list[Miscount]:
    """Days whose counters differ from their places; ideally none."""
    seated = func.coalesce(func.sum(case((Place.state.in_(SEATED), 1), else_=0)), 0)
    waits = func.coalesce(func.sum(case((Place.state == PlaceState.WAITING, 1), else_=0)), 0)
    rows = db.session.execute(
        select(DAY.id, seated, waits)
        .outerjoin(Place, Place.day_id == DAY.id)
        .group_by(DAY.id, DAY.taken, DAY.waiting)
        .having((seated != DAY.taken) | (waits != DAY.waiting))
        .order_by(DAY.id)
    )
    return [Miscount(*row) for row in rows]
