"""`outreach serve` for races and kills, with a guard left out or a moment held on request.

    python -m tests.faults.doors --without seat
    python -m tests.faults.doors --hold offer --marker FILE

It is the real server; only what is named differs. A moment that is held writes the marker and
then waits, so that a test can kill the process exactly there.
"""

import argparse
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import g
from sqlalchemy import Connection, event, select, update

from outreach import web
from outreach.cli import main
from outreach.db import READ_ONLY, db
from outreach.events import invitations, offering, seats
from outreach.events.models import MeetingDay
from outreach.events.seats import DAY, DAYS, Given

HELD = 60.0  #: seconds, longer than any test waits


def look_first() -> None:
    """Read the counters as the request comes in, before anything is locked."""
    with db.engine.connect().execution_options(**READ_ONLY) as connection:
        rows = connection.execute(select(DAY.id, DAY.taken, DAY.waiting, DAY.capacity)).all()
    g.looked = {row.id: row.taken < row.capacity and not row.waiting for row in rows}


def take_unguarded(connection: Connection, day_id: int) -> Given:
    """Write by what was seen before: what every registration system does that overbooks."""
    seated = g.looked[day_id]
    moved = {"taken": DAY.taken + 1} if seated else {"waiting": DAY.waiting + 1}
    taken = update(DAYS).where(DAY.id == day_id)
    taken = taken.values(next_place=DAY.next_place + 1, **moved)
    row = connection.execute(taken.returning(DAY.next_place, DAY.waiting)).one()
    return Given(seated, row.next_place - 1, row.waiting)


def hold_at_offer(marker: Path) -> None:
    """Stop after the seat was counted over and the place offered, before anything is committed."""
    told = invitations.offer

    def offer(*arguments: Any, **given: Any) -> None:
        told(*arguments, **given)
        db.session.flush()
        marker.write_text("held")
        time.sleep(HELD)

    offering.invitations.offer = offer  # type: ignore[attr-defined]


def hold_after_commit(marker: Path) -> None:
    """Stop once the offer is committed, before the answer is written."""
    filled = offering.fill

    def fill(day: MeetingDay, *, links: Any, now: datetime) -> Any:
        offered = filled(day, links=links, now=now)
        if offered:
            event.listen(db.session(), "after_commit", lambda _session: stop())
        return offered

    def stop() -> None:
        marker.write_text("held")
        time.sleep(HELD)

    offering.fill = fill  # type: ignore[assignment]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", default="")
    parser.add_argument("--hold", default="")
    parser.add_argument("--marker", type=Path)
    asked = parser.parse_args()
    if asked.without == "seat":
        seats.count_on = take_unguarded
        begin = web.begin_transaction

        def look_and_begin() -> None:
            look_first()
            begin()

        web.begin_transaction = look_and_begin
    if asked.hold == "offer":
        hold_at_offer(asked.marker)
    if asked.hold == "commit":
        hold_after_commit(asked.marker)
    main(["serve", "--port", "0"], prog_name="outreach")
