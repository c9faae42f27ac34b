"""Published meetings that a process keeps at hand, with their days and their organisation.

To read a meeting, its days and its organisation as objects takes longer than all that a
registration writes. One statement reads the rows; while they are what the objects were made
from, those still hold, whichever process changes a meeting and whatever of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Dialect, Table, func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from outreach.accounts.models import Sender
from outreach.db import db
from outreach.delivery.prepared import Prepared, given
from outreach.events.models import Meeting, MeetingDay, MeetingState
from outreach.events.moulds import Mould
from outreach.events.seats import COUNTERS, DAY

MEETINGS: Table = Meeting.__table__  # type: ignore[assignment]
DAYS: Table = MeetingDay.__table__  # type: ignore[assignment]
SENDERS: Table = Sender.__table__  # type: ignore[assignment]
T = TypeVar("T")
MOST_KEPT = 200  #: meetings at once
MOST_MADE = 100  #: pages of one of them, and moulds


@dataclass(frozen=True)
class Kept:
    """One meeting as it stood, but for its counters of seats; nobody changes these objects."""

    meeting: Meeting
    days: Mapping[int, MeetingDay]
    rows: list[Any]  #: as the driver gave them
    #: Made of it, by what they depend on: one for each choice of days, and what was left of them.
    pages: dict[Any, str] = field(default_factory=dict)
    moulds: dict[Any, tuple[Mould, ...]] = field(default_factory=dict)


def once(made: dict[Any, T], key: Any, make: Callable[[], T]) -> T:
    """What is kept under this key, made when it is not there."""
    found = made.get(key)
    if found is None:
        if len(made) >= MOST_MADE:
            made.clear()
        found = made[key] = make()
    return found


class AtHand:
    """The meetings that one process keeps of one database."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def find(self, slug: str) -> Kept | None:
        """A published meeting, as it stands in this transaction.

        None when there is none, or when its days have more to them than these rows.
        """
        connection = db.session.connection()
        rows = _reading(connection.dialect).raw(connection, {"slug": slug})
        if not rows:
            return None
        kept = self._kept.get(slug)
        if kept is None or kept.rows != rows:
            kept = _load(slug, rows)
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[slug] = kept
        return None if any(day.has_parts for day in kept.meeting.days) else kept


@lru_cache(maxsize=4)
def _reading(dialect: Dialect) -> Prepared:
    """All that a meeting's page and mail are made of. Seats change all the time, and stay out."""
    days = [column for column in DAYS.c if column.name not in COUNTERS]
    first = select(func.min(SENDERS.c.id)).scalar_subquery()  # as `hosts` chooses
    host = SENDERS.c.id == func.coalesce(MEETINGS.c.sender_id, first)
    statement = (
        select(*MEETINGS.c, *days, *SENDERS.c)
        .select_from(MEETINGS.join(DAYS, DAY.meeting_id == MEETINGS.c.id).outerjoin(SENDERS, host))
        .where(MEETINGS.c.slug == given("slug"), MEETINGS.c.state != MeetingState.DRAFT)
        .order_by(DAY.starts_at, DAY.id)
    )
    return Prepared(statement, dialect)


def _load(slug: str, rows: list[Any]) -> Kept:
    """The same as objects of no session. Read after the rows: newer than they, never older."""
    with Session(bind=db.session.connection(), autoflush=False) as reading:
        query = select(Meeting).where(Meeting.slug == slug).options(selectinload(Meeting.days))
        meeting = reading.scalars(query).one()
        host = meeting.sender or reading.scalar(select(Sender).order_by(Sender.id).limit(1))
        reading.expunge_all()
    set_committed_value(meeting, "sender", host)
    for day in meeting.days:
        set_committed_value(day, "meeting", meeting)
    return Kept(meeting, {day.id: day for day in meeting.days}, rows)
