"""Mail is written down here before it is sent; nothing else in the product sends mail.

What a page or a job does to a message (queue, withdraw, decide one in doubt) happens here,
in the caller's transaction. What a worker does is in `claims` and `settling`.
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, Literal, Required, TypedDict, Unpack

from sqlalchemy import (
    ClauseElement,
    Connection,
    Dialect,
    Table,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.clock import system_now, to_wall
from outreach.contacts.addresses import address_key
from outreach.db import db
from outreach.delivery import receivers, workers
from outreach.delivery.models import DeliveryEvent, Kind, Message, State
from outreach.delivery.prepared import Prepared, given
from outreach.errors import Refused

MESSAGES: Table = Message.__table__  # type: ignore[assignment]
EVENTS: Table = DeliveryEvent.__table__  # type: ignore[assignment]
COLUMNS = MESSAGES.c
WAITS = (State.QUEUED, State.DEFERRED, State.CLAIMED)  #: not left yet, and may still be stopped
#: After its mark: half a lease until the dot at most, ten minutes of patience with the answer.
LAST_ANSWER = timedelta(minutes=15)
CHUNK = 5_000  #: rows written at a time, so that a large audience needs little memory


#: What `row` says of a message, and its group.
NAMED = (
    "kind",
    "dedupe_key",
    "sender_id",
    "step_id",
    "text_id",
    "variant",
    "gemeente_code",
    "contact_id",
    "address",
    "address_key",
    "message_id",
    "content",
    "state",
    "reason",
    "created_at",
    "not_before",
    "expires_at",
    "receiver_group_id",
)
IN_ORDER = itemgetter(*NAMED)
#: Of a mail that is no letter, these are mostly empty.
OFTEN_SAME = (
    "step_id",
    "text_id",
    "variant",
    "gemeente_code",
    "contact_id",
    "reason",
    "expires_at",
    "receiver_group_id",
)
EMPTY = (None, "")


class Details(TypedDict, total=False):
    """What a message is, beside its kind and what makes it the same as another."""

    sender_id: Required[int]
    address: Required[str]
    now: Required[datetime]
    key: Required[str]  #: signs the Message-ID
    domain: Required[str]  #: of the Message-ID: the sender's
    address_key: str  #: saves working it out
    not_before: datetime  #: at once unless given
    expires_at: datetime | None
    step_id: int | None
    text_id: int | None
    variant: str
    gemeente_code: str | None
    contact_id: int | None
    content: dict[str, Any]
    state: State
    reason: str


def message_id_for(dedupe_key: str, *, key: str, domain: str) -> str:
    """The Message-ID of what `dedupe_key` names: always the same, and nobody else can make it."""
    digest = hmac.digest(key.encode(), f"message-id:{dedupe_key}".encode(), "sha256")
    return f"<{digest.hex()[:40]}@{domain}>"


def row(kind: Kind, dedupe_key: str, **details: Unpack[Details]) -> dict[str, Any]:
    """One message for `queue_many`."""
    now, address = details["now"], details["address"]
    return {
        "kind": kind,
        "dedupe_key": dedupe_key,
        "sender_id": details["sender_id"],
        "step_id": details.get("step_id"),
        "text_id": details.get("text_id"),
        "variant": details.get("variant", ""),
        "gemeente_code": details.get("gemeente_code"),
        "contact_id": details.get("contact_id"),
        "address": address,
        "address_key": details.get("address_key") or address_key(address),
        "message_id": message_id_for(dedupe_key, key=details["key"], domain=details["domain"]),
        "content": details.get("content", {}),
        "state": details.get("state", State.QUEUED),
        "reason": details.get("reason", ""),
        "created_at": now,
        # At once, also for a process whose clock is a few seconds behind ours.
        "not_before": details.get("not_before", now.replace(second=0, microsecond=0)),
        "expires_at": details.get("expires_at"),
    }


def queue(kind: Kind, dedupe_key: str, **details: Unpack[Details]) -> Message | None:
    """Write one message down for sending; None when it was written down before."""
    made = _insert([row(kind, dedupe_key, **details)])
    return db.session.get_one(Message, made[0]) if made else None


def write(kind: Kind, dedupe_key: str, **details: Unpack[Details]) -> bool:
    """`queue`, for who needs no more than to know whether it is new."""
    db.session.flush()
    return write_on(db.session.connection(), row(kind, dedupe_key, **details))


def write_on(
    connection: Connection, message: dict[str, Any], known: Mapping[str, int] | None = None
) -> bool:
    """`write` one `row`, for who has nothing in the session.

    :param known: `receivers.owners`, as they were asked for in this transaction
    """
    [one] = receivers.grouped(connection, [message], known)
    same = tuple((name, one[name]) for name in OFTEN_SAME if one[name] in EMPTY)
    same += ("kind", one["kind"]), ("state", one["state"])
    said = {f"the_{name}": value for name, value in one.items() if (name, value) not in same}
    made = _writing(connection.dialect, same).rows(connection, said)
    if connection.dialect.name == "sqlite":
        for [id_] in made:
            _noting(connection.dialect, one["state"], one["reason"]).rows(
                connection, {"message": id_, "at": one["created_at"]}
            )
    return bool(made)


def queue_many(rows: Iterable[dict[str, Any]]) -> int:
    """Write messages (of `row`) down; those that exist already stay as they are.

    :return: how many are new
    """
    db.session.flush()
    connection = db.session.connection()
    before = connection.scalar(select(func.coalesce(func.max(COLUMNS.id), 0)))
    making, source = _making(connection.dialect), iter(rows)
    while chunk := list(islice(source, CHUNK)):
        sorted_ = receivers.grouped(connection, chunk)
        making.run(connection, map(IN_ORDER, sorted_))
    # Ids only rise, and who made a message noted that in the same transaction.
    noted = exists().where(EVENTS.c.message_id == COLUMNS.id)
    fresh = select(
        COLUMNS.id, COLUMNS.created_at, COLUMNS.state, literal("system"), COLUMNS.reason
    ).where(COLUMNS.id > before, ~noted)
    names = ["message_id", "at", "to_state", "actor", "note"]
    noting = insert(EVENTS).from_select(names, fresh)
    return connection.execute(noting, execution_options={"preserve_rowcount": True}).rowcount


@lru_cache(maxsize=4)
def _making(dialect: Dialect) -> Prepared:
    """For many rows of `NAMED`."""
    return Prepared(_made(dialect), dialect, [f"the_{name}" for name in NAMED])


@lru_cache(maxsize=64)
def _writing(dialect: Dialect, same: tuple[tuple[str, Any], ...]) -> Prepared:
    """For one; it returns its id. What is the `same` as ever stands in the statement.

    PostgreSQL notes what became of it by the same statement.
    """
    made = _made(dialect, same).returning(COLUMNS.id)
    if dialect.name == "sqlite":
        return Prepared(made, dialect)
    message, known = made.cte("written"), dict(same)
    note = known["reason"] if "reason" in known else given("the_reason", COLUMNS.reason)
    at = given("the_created_at", COLUMNS.created_at)
    row = _event(message.c.id, at, known["state"], note)
    noted = insert(EVENTS).from_select([*row], select(*_as_columns(row)))
    return Prepared(noted.returning(EVENTS.c.message_id), dialect)


@lru_cache(maxsize=16)
def _noting(dialect: Dialect, state: State, reason: str) -> Prepared:
    row = _event(given("message"), given("at"), state, reason)
    return Prepared(insert(EVENTS).values(row).returning(EVENTS.c.message_id), dialect)


def _event(message: Any, at: Any, state: State, note: Any) -> dict[str, Any]:
    """A message that was written down, as its first event."""
    return {"message_id": message, "at": at, "to_state": state, "note": note, "actor": "system"}


def _as_columns(row: dict[str, Any]) -> list[Any]:
    return [
        one if isinstance(one, ClauseElement) else literal(one, EVENTS.c[name].type)
        for name, one in row.items()
    ]


def _made(
    dialect: Dialect, same: Iterable[tuple[str, Any]] = ()
) -> sqlite.Insert | postgresql.Insert:
    """All columns but the id: those that `row` does not name begin as the table has it.

    :param same: values of columns that stand in the statement
    """
    kind = postgresql if dialect.name == "postgresql" else sqlite
    values: dict[str, Any] = {name: given(f"the_{name}") for name in NAMED}
    for column in COLUMNS:
        if not column.primary_key and column.name not in NAMED:
            known = isinstance(column.default, ScalarElementColumnDefault)
            values[column.name] = column.default.arg if known else null()  # type: ignore[union-attr]
    values |= {name: null() if value is None else value for name, value in same}
    insert_: sqlite.Insert | postgresql.Insert = kind.insert(MESSAGES)
    return insert_.values(values).on_conflict_do_nothing(index_elements=[COLUMNS.dedupe_key])


def queue_notice(
    *,
    dedupe_key: str,
    sender: Sender,
    address: str,
    subject: str,
    text: str,
    html: str = "",
    now: datetime,
    key: str,
    kind: Kind = Kind.NOTICE,
    gemeente_code: str | None = None,
) -> Message | None:
    """Write down a mail about something that was done; None when it was written down before."""
    return queue(
        kind,
        dedupe_key,
        sender_id=sender.id,
        address=address,
        now=now,
        key=key,
        domain=sender.email.rpartition("@")[2],
        gemeente_code=gemeente_code,
        content={"subject": subject, "text": text, "html": html},
    )


def cancel(message: Message, reason: str, *, by: Actor, now: datetime) -> bool:
    """Keep a message that has not left from leaving; False when it is too late for that.

    A worker that has claimed it finds this out when it marks it, and sends nothing.
    """
    return _move(message, WAITS, State.CANCELLED, by=by, now=now, note=reason, reason=reason)


def settle_uncertain(
    message: Message, *, as_: Literal["sent", "resend"], by: Actor, note: str, now: datetime
) -> None:
    """Decide a message in doubt: it arrived, or it is sent again with the same Message-ID.

    :raises Refused: it is not in doubt, or the worker that sent it may still hear the answer
    """
    if (until := held_until(message)) is not None:
        raise Refused(
            f"De brief aan {message.address} is nog in handen van een proces dat loopt en dat het"
            f" antwoord van de mailserver nog kan lezen. Kies opnieuw na {_clock_time(until)}."
        )
    decided: dict[str, Any] = {"settled_by": f"{by.key}:{as_}", "settled_note": note, "owner": None}
    if as_ == "sent":
        to, left = State.ACCEPTED, _left_at(message) or now
        decided |= {"accepted_at": left}
    else:
        to = State.QUEUED
        decided |= {"not_before": now, "expires_at": None, "submitting_at": None}
    if not _move(message, (State.UNCERTAIN,), to, by=by, now=now, note=note, **decided):
        raise Refused(f"Over de brief aan {message.address} is geen twijfel (meer).")
    audit.record(
        "settle message",
        f"message:{message.id}",
        by=by,
        now=now,
        sender_id=message.sender_id,
        note=note,
        decided=as_,
    )


def held_until(message: Message) -> datetime | None:
    """Until when the worker that sent a message in doubt may read its answer; None: no more.

    By the system's clock. A worker that ended reads nothing; one that lives reads no longer
    than its patience with the relay is.
    """
    if message.owner is None or message.submitting_at is None:
        return None
    until = message.submitting_at + LAST_ANSWER
    if until < system_now() or workers.is_dead(db.session.connection(), message.owner):
        return None
    return until


def record_event(
    message: Message, to: State, *, was: State | None, actor: str, now: datetime, note: str = ""
) -> None:
    """Note a transition, in the transaction that makes it."""
    db.session.add(
        DeliveryEvent(
            message_id=message.id, at=now, from_state=was, to_state=to, actor=actor, note=note
        )
    )


def _move(
    message: Message,
    was: tuple[State, ...],
    to: State,
    *,
    by: Actor,
    now: datetime,
    note: str,
    **values: Any,
) -> bool:
    """Change the state if it still is one of `was`; workers change it meanwhile."""
    db.session.flush()
    for state in was:
        moved = db.session.execute(
            update(Message)
            .where(Message.id == message.id, Message.state == state)
            .values(state=to, **values)
            .returning(Message.id),
            execution_options={"synchronize_session": False},
        ).one_or_none()
        if moved is not None:
            record_event(message, to, was=state, actor=by.key, now=now, note=note)
            break
    db.session.refresh(message)
    return moved is not None


def _left_at(message: Message) -> datetime | None:
    """When it was handed over, by the product's clock."""
    return db.session.scalar(
        select(func.max(DeliveryEvent.at)).where(
            DeliveryEvent.message_id == message.id, DeliveryEvent.to_state == State.SUBMITTING
        )
    )


def _clock_time(moment: datetime) -> str:
    """ "9.42 uur", the minute after."""
    there = to_wall(moment + timedelta(minutes=1))
    return f"{there.hour}.{there.minute:02} uur"


def _insert(rows: list[dict[str, Any]]) -> list[int]:
    """Insert what is new, each with its first event; return the new ids."""
    db.session.flush()
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    columns = MESSAGES.c
    new = db.session.execute(
        dialect.insert(MESSAGES)
        .on_conflict_do_nothing(index_elements=[columns.dedupe_key])
        .returning(columns.id, columns.state, columns.created_at, columns.reason),
        receivers.grouped(db.session.connection(), rows),
    ).all()
    if new:
        events = [
            {"message_id": id_, "at": at, "to_state": state, "actor": "system", "note": reason}
            for id_, state, at, reason in new
        ]
        db.session.execute(insert(EVENTS), events)
    return [id_ for id_, *_ in new]
