"""Sending with a guard left out: what the guards are for, shown by what happens without them."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from outreach.delivery import claims
from outreach.delivery.claims import LEASE, ROW, WAITING
from outreach.delivery.models import Message, State


def leave_out(guards: Iterable[str]) -> None:
    """Replace guarded statements by those that a hurried writer would use."""
    if "claim" in guards:
        claims.claim = _read_then_write
    if "mark" in guards:
        claims.mark = _mark_whatever_it_is


def _read_then_write(
    connection: Connection, wanted: ColumnElement[bool], *, owner: str, limit: int, **_: Any
) -> list[Message]:
    rows = connection.execute(
        select(Message.__table__)
        .where(ROW.state.in_(WAITING), wanted)
        .order_by(ROW.id)
        .limit(limit)
    ).mappings()
    found = [Message(**row) for row in rows]
    connection.commit()  # what others do between reading and writing
    time.sleep(0.02)
    if found:
        connection.execute(
            update(Message.__table__)
            .where(ROW.id.in_([message.id for message in found]))
            .values(state=State.CLAIMED, owner=owner, lease_until=None)
        )
    return found


def _mark_whatever_it_is(
    connection: Connection,
    message: Message,
    still_wanted: ColumnElement[bool],
    *,
    now: datetime,
    lease: timedelta = LEASE,
) -> bool:
    connection.execute(
        update(Message.__table__).where(ROW.id == message.id).values(state=State.SUBMITTING)
    )
    return True
