"""Messages in doubt, without any sending: written down as a worker writes them down."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import claims, reaping
from outreach.delivery.models import DeliveryEvent, Kind, Message, State
from outreach.delivery.workers import Life
from tests.conftest import NOON
from tests.delivery.sends import make_messages, one

MESSAGES = Message.__table__


def living() -> Life:
    db.session.rollback()  # on SQLite the test's own transaction would keep the worker waiting
    return Life(db.engine)


def hand_over(life: Life, message_id: int) -> Any:
    """Its dot may have been written; return the row as its worker holds it."""
    db.session.rollback()
    at = system_now()
    with db.engine.begin() as connection:
        connection.execute(
            update(Message)
            .where(MESSAGES.c.id == message_id)
            .values(
                state=State.SUBMITTING,
                owner=life.id,
                fence=MESSAGES.c.fence + 1,
                lease_until=at + claims.LEASE,
                submitting_at=at,
            )
        )
        connection.execute(
            insert(DeliveryEvent).values(
                message_id=message_id,
                at=NOON,
                from_state=State.CLAIMED,
                to_state=State.SUBMITTING,
                actor=life.id,
                note="",
            )
        )
        return connection.execute(select(MESSAGES).where(MESSAGES.c.id == message_id)).one()


def reap() -> None:
    db.session.rollback()
    with db.engine.begin() as connection:
        reaping.reap(connection, now=NOON)
    db.session.expire_all()


def put_in_doubt(message_id: int) -> Message:
    """Its worker died with it."""
    with living() as life:
        hand_over(life, message_id)
    reap()
    return db.session.get_one(Message, message_id)


def in_doubt(name: str = "zeist", kind: Kind = Kind.LETTER, **details: Any) -> Message:
    """A message whose worker died between its mark and the answer."""
    make_messages(name, kind=kind, **details)
    return put_in_doubt(one(name).id)


def end_lease() -> None:
    """All leases are over."""
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(update(Message).values(lease_until=system_now() - timedelta(seconds=1)))
