"""Every transition of every message, a row each: added in the transaction that makes it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Dialect, Table, insert, select

from outreach.delivery.models import DeliveryEvent, State
from outreach.delivery.prepared import Prepared, given

EVENTS: Table = DeliveryEvent.__table__  # type: ignore[assignment]


def note(
    connection: Connection,
    ids: Iterable[int],
    was: State,
    to: State,
    *,
    actor: str,
    now: datetime,
    said: str = "",
) -> None:
    """Note one and the same transition of these messages."""
    of_all = {"the_moment": now, "the_old": was, "the_new": to}
    of_all["the_actor"] = actor
    if events := [(id_, said[:500]) for id_ in ids]:
        _noting(connection.dialect).run(connection, events, of_all)


def note_accepted(
    connection: Connection, accepted: Sequence[tuple[int, str]], *, actor: str, now: datetime
) -> None:
    """Note that these were accepted, each with the words of the relay."""
    of_all = {"the_moment": now, "the_old": State.SUBMITTING, "the_new": State.ACCEPTED}
    of_all["the_actor"] = actor
    events = [(id_, reply[:500]) for id_, reply in accepted]
    _noting(connection.dialect).run(connection, events, of_all)


@lru_cache(maxsize=4)
def _noting(dialect: Dialect) -> Prepared:
    columns = EVENTS.c
    values = {
        columns.message_id: "the_id",
        columns.at: "the_moment",
        columns.from_state: "the_old",
        columns.to_state: "the_new",
        columns.actor: "the_actor",
        columns.note: "the_note",
    }
    row = select(*(given(name, column) for column, name in values.items()))
    statement = insert(EVENTS).from_select(list(values), row, include_defaults=False)
    return Prepared(statement, dialect, ("the_id", "the_note"))
