"""A relay that fails is left alone for a while: 30 seconds, then 1, 2, 5 and 15 minutes.

By the system's clock, never by the demo's. No recipient is marked for it, and it closes by
itself: after the pause the next message tries again.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.db import db
from outreach.delivery.models import Relay

PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
)


def sender_key(sender_id: int) -> str:
    """The breaker of one sender: its own relay, or its address at the default one."""
    return f"sender:{sender_id}"


def trip(connection: Connection, key: str, *, fault: str, reply: str, at: datetime) -> datetime:
    """Leave a relay alone for a while; return until when.

    Two connections that fail together count once.
    """
    _make(connection, key)
    row = connection.execute(select(Relay.__table__).where(Relay.key == key).with_for_update())
    known = row.one()
    already: datetime | None = known.open_until
    if already is not None and already > at:
        return already
    failures: int = known.failures + 1
    until = at + PAUSES[min(failures, len(PAUSES)) - 1]
    connection.execute(
        update(Relay)
        .where(Relay.key == key)
        .values(
            failures=failures,
            open_until=until,
            down_since=known.down_since or at,
            fault=fault,
            reply=reply,
        )
    )
    return until


def mend(connection: Connection, key: str) -> None:
    """The relay took a message: forget that it failed."""
    connection.execute(
        update(Relay)
        .where(Relay.key == key, Relay.failures > 0)
        .values(failures=0, open_until=None, down_since=None, fault="", reply="")
    )


def open_now(connection: Connection, *, at: datetime) -> dict[str, str]:
    """Relays that are left alone at this moment, each with what is wrong with it."""
    rows = connection.execute(select(Relay.key, Relay.fault).where(Relay.open_until > at))
    return {row.key: row.fault for row in rows}


def down() -> list[Relay]:
    """Relays that failed last, whether left alone or about to be tried: for the banner."""
    query = select(Relay).where(Relay.down_since.is_not(None)).order_by(Relay.down_since)
    return list(db.session.scalars(query))


def _make(connection: Connection, key: str) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(Relay).values(key=key, failures=0, fault="", reply="")
    connection.execute(new.on_conflict_do_nothing(index_elements=["key"]))
