"""Each night the seats are counted anew; where a counter differs, a person is told.

Nothing mends itself here: a difference is a fault of ours, and who looks at it must see it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from outreach.accounts import audit, choices
from outreach.accounts.audit import Actor
from outreach.accounts.models import Setting
from outreach.db import db
from outreach.errors import Refused
from outreach.events import seats
from outreach.events.models import Meeting, MeetingDay
from outreach.letters import dutch

FOUND = "seats-differ"


@dataclass(frozen=True)
class Difference:
    """One day whose counters say something else than its places."""

    day: MeetingDay
    taken: int  #: as counted from the places
    waiting: int

    def __str__(self) -> str:
        where = f"{self.day.meeting.city}, {dutch.day_date(self.day.date)}"
        return (
            f"{where}: de teller zegt {self.day.taken} bezet en {self.day.waiting} wachtend, de"
            f" lijst {self.taken} en {self.waiting}"
        )


def differences() -> list[Difference]:
    """Every day that differs; ideally none."""
    found = seats.miscounted()
    days = select(MeetingDay).where(MeetingDay.id.in_([one.day_id for one in found]))
    by_id = {day.id: day for day in db.session.scalars(days)}
    return [Difference(by_id[one.day_id], one.held, one.listed) for one in found]


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
        if one.taken > one.day.capacity:
            raise Refused(
                f"Op {dutch.day_date(one.day.date)} staan {one.taken} mensen voor"
                f" {one.day.capacity} plaatsen. Maak eerst meer plaatsen."
            )
        db.session.execute(
            update(MeetingDay)
            .where(MeetingDay.id == one.day.id)
            .values(taken=one.taken, waiting=one.waiting)
        )
    if found:
        audit.record("recount seats", f"meeting:{meeting.id}", by=by, now=now, days=len(found))
    db.session.expire_all()
    audit_seats(now=now)
    return len(found)
