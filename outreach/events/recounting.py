"""Each night the seats are counted anew; where a counter differs, a person is told.

Nothing mends itself here: a difference is a fault of ours, and who looks at it must see it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, delete, select, update

from outreach.accounts import audit, choices
from outreach.accounts.audit import Actor
from outreach.accounts.models import Setting
from outreach.db import db
from outreach.errors import Refused
from outreach.events import parts, seats
from outreach.events.models import Meeting, MeetingDay, MeetingPart
from outreach.letters import dutch

FOUND = "seats-differ"


@dataclass(frozen=True)
class Difference:
    """One day, or one part of it, whose counters say something else than its places."""

    day: MeetingDay
    taken: int  #: as counted from the places
    waiting: int
    part: MeetingPart | None = None

    @property
    def has(self) -> MeetingDay | MeetingPart:
        """What has the counter."""
        return self.part or self.day

    def __str__(self) -> str:
        where = f"{self.day.meeting.city}, {dutch.day_date(self.day.date)}"
        if self.part:
            return (
                f"{where}, {self.part}: de teller zegt {self.part.taken} bezet, de lijst"
                f" {self.taken}"
            )
        return (
            f"{where}: de teller zegt {self.day.taken} bezet en {self.day.waiting} wachtend, de"
            f" lijst {self.taken} en {self.waiting}"
        )


def differences() -> list[Difference]:
    """Every day and part that differs; ideally none."""
    found = seats.miscounted()
    days = select(MeetingDay).where(MeetingDay.id.in_([one.day_id for one in found]))
    by_id = {day.id: day for day in db.session.scalars(days)}
    of_days = [Difference(by_id[one.day_id], one.held, one.listed) for one in found]
    return of_days + [
        Difference(part.day, one.held, 0, part)
        for one in parts.miscounted()
        if (part := db.session.get(MeetingPart, one.part_id))
    ]


def audit_seats(*, now: datetime) -> list[Difference]:
    """Look, and keep what differs where pages and alerts find it."""
    found = differences()
    if found:
        sentence = "; ".join(map(str, found))[:1_000] + "."
        choices.note(FOUND, {"sentence": sentence, "since": now.isoformat()})
    else:
        db.session.execute(delete(Setting).where(Setting.key == FOUND))
    return found


def mend(meeting: Meeting, *, by: Actor, now: datetime) -> int:
    """Set the counters of a meeting to what its places say; return how many days differed.

    :raises Refused: a day would have more people than seats: somebody has to choose
    """
    seats.lock(meeting.id)
    db.session.expire_all()
    found = [one for one in differences() if one.day.meeting_id == meeting.id]
    for one in found:
        if one.has.capacity is not None and one.taken > one.has.capacity:
            raise Refused(
                f"Op {dutch.day_date(one.day.date)} staan {one.taken} mensen voor"
                f" {one.has.capacity} plaatsen. Maak eerst meer plaatsen."
            )
        db.session.execute(_set(one))
    if found:
        audit.record("recount seats", f"meeting:{meeting.id}", by=by, now=now, days=len(found))
    db.session.expire_all()
    audit_seats(now=now)
    return len(found)


def _set(one: Difference) -> Update:
    if one.part:
        return update(MeetingPart).where(MeetingPart.id == one.part.id).values(taken=one.taken)
    day = update(MeetingDay).where(MeetingDay.id == one.day.id)
    return day.values(taken=one.taken, waiting=one.waiting)
