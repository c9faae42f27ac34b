"""Sending with a guard left out: what the guards are for, shown by what happens without them."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, select, update

from outreach.accounts.limits import Limits
from outreach.clock import system_now
from outreach.db import READ_ONLY, db
from outreach.delivery import claims, receivers
from outreach.delivery.claims import IN_HAND, LEASE, ROW, WAITING, Claimed
from outreach.delivery.folders import Found
from outreach.delivery.models import Message, ReceiverGroup, State
from outreach.delivery.pacing import Pacing
from outreach.delivery.routes import Route
from outreach.mailbox import reading, taking
from outreach.mailbox.reading import Box, Postroom
from outreach.mailbox.taking import Origin, Taken

T = TypeVar("T")


def leave_out(guards: Iterable[str]) -> None:
    """Replace guarded statements by those that a hurried writer would use."""
    if "claim" in guards:
        Route.claim = _read_then_write
    if "mark" in guards:
        claims.mark = _mark_whatever_it_is
    if "receivers" in guards:
        receivers.locked = _read_without_lock
        Pacing.lanes = _slowly(Pacing.lanes)


def read_without(guard: str) -> None:
    """Likewise of reading: the place kept before the mail."""
    if guard == "place":
        reading._take = _place_first


def _place_first(one: Found, box: Box, room: Postroom, now: datetime) -> Taken | None:
    reading._move(box.key, one)
    db.session.commit()
    if not one.raw:
        return None
    origin = Origin(box.key, one.folder, one.uid, one.at, box.sender_id, one.size)
    taken = taking.take(one.raw, origin, store=room.store, links=room.links, now=now)
    db.session.commit()
    return taken


def _read_then_write(self: Route) -> list[Claimed]:
    waiting = select(ROW.id).where(ROW.state.in_(WAITING)).order_by(ROW.id).limit(20)
    with self.life.engine.connect().execution_options(**READ_ONLY) as connection:
        ids = connection.scalars(waiting).all()
    time.sleep(0.05)  # what others do between reading and writing
    taken = {"owner": self.life.id, "lease_until": system_now() + LEASE}
    with self.life.engine.begin() as connection:
        rows = connection.execute(
            update(Message.__table__)
            .where(ROW.id.in_(ids))
            .values(state=State.CLAIMED, fence=ROW.fence + 1, **taken)
            .returning(*IN_HAND)
        )
        return list(rows)


def _mark_whatever_it_is(
    connection: Connection,
    messages: Sequence[Claimed],
    still_wanted: ColumnElement[bool],
    *,
    now: datetime,
    lease: timedelta = LEASE,
    phase: str = "data",
) -> set[int]:
    ids = {message.id for message in messages}
    marked = update(Message.__table__).where(ROW.id.in_(ids)).values(state=State.SUBMITTING)
    connection.execute(marked)
    return ids


def _read_without_lock(connection: Connection) -> list[tuple[int, Limits]]:
    groups = connection.execute(select(ReceiverGroup.__table__)).all()
    return [(group.id, receivers.limits_of(group)) for group in groups]


def _slowly(counted: Callable[..., T]) -> Callable[..., T]:
    def slow(*given: Any) -> T:
        found = counted(*given)
        time.sleep(0.3)  # what others do between counting and claiming
        return found

    return slow
