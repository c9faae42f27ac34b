"""What the relay's answer, or the lack of one, makes of a message that was claimed.

Each function runs in a transaction of the caller, compares and sets by fence: a worker that was
away for too long settles nothing any more.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, select, update

from outreach.delivery import history
from outreach.delivery.claims import MESSAGES, ROW, Claimed
from outreach.delivery.models import State
from outreach.delivery.prepared import Prepared, given

#: What was refused for now is tried again after these, then every four hours.
BACK_OFF = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
#: Given up after this, counted from the first refusal, when a message has no end of its own.
GIVE_UP = timedelta(days=5)
FAULT_PAUSE = timedelta(minutes=1)
MOST_FAULTS = 3

#: Where a marked message can be when its answer is read: a late answer is still proof.
MARKED = (State.SUBMITTING, State.UNCERTAIN)
MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


def accept(
    connection: Connection, accepted: Sequence[tuple[Claimed, str]], *, now: datetime
) -> list[Claimed]:
    """The relay said 250 to the dot of each of these messages; each comes with its words.

    Also proof when a message was in doubt since.

    :return: those that somebody else settled meanwhile
    """
    if not accepted:
        return []
    of_all = {"the_moment": now}
    rows = [
        (message.id, message.fence, reply, found.group() if found else None)
        for message, reply in accepted
        for found in (MESSAGE_ID.search(reply) if "<" in reply else None,)
    ]
    moved = _accepting(connection.dialect).run(connection, rows, of_all)
    if moved != len(accepted):
        return _accept_one_by_one(connection, accepted, now=now)
    _note_accepted(connection, accepted, now=now)
    return []


@lru_cache(maxsize=4)
def _accepting(dialect: Dialect) -> Prepared:
    statement = (
        update(MESSAGES)
        .where(
            ROW.id == given("the_id"),
            ROW.state == State.SUBMITTING,
            ROW.fence == given("the_fence"),
        )
        .values(
            state=State.ACCEPTED,
            owner=None,
            lease_until=None,
            accepted_at=given("the_moment"),
            phase="dot",
            reply=given("the_reply", ROW.reply),
            relay_message_id=given("the_relays_id", ROW.relay_message_id),
        )
    )
    names = ("the_id", "the_fence", "the_reply", "the_relays_id")
    return Prepared(statement, dialect, names)


def _accept_one_by_one(
    connection: Connection, accepted: Sequence[tuple[Claimed, str]], *, now: datetime
) -> list[Claimed]:
    """Some were no longer ours to settle in the common way: find out for each."""
    ids = [message.id for message, _ in accepted]
    done = connection.execute(
        select(ROW.id, ROW.fence, ROW.reply, ROW.accepted_at).where(
            ROW.id.in_(ids), ROW.state == State.ACCEPTED
        )
    )
    ours = {(id_, fence, said) for id_, fence, said, at in done if at == now}
    late = []
    for message, reply in accepted:
        if (message.id, message.fence, reply) in ours:
            _note_accepted(connection, [(message, reply)], now=now)
        elif not _accept_late(connection, message, reply, now=now):
            late.append(message)
    return late


def _note_accepted(
    connection: Connection, accepted: Sequence[tuple[Claimed, str]], *, now: datetime
) -> None:
    actor = accepted[0][0].owner or "system"
    said = [(message.id, reply) for message, reply in accepted]
    history.note_accepted(connection, said, actor=actor, now=now)


def _accept_late(connection: Connection, message: Claimed, reply: str, *, now: datetime) -> bool:
    found = MESSAGE_ID.search(reply)
    return _settle(
        connection,
        message,
        State.ACCEPTED,
        # queued: someone chose "stuur opnieuw" and nobody took it since (the fence is ours)
        was=(*MARKED, State.QUEUED),
        now=now,
        note=reply,
        accepted_at=now,
        phase="dot",
        reply=reply,
        relay_message_id=found.group() if found else None,
    )


def refuse(
    connection: Connection,
    message: Claimed,
    *,
    phase: str,
    reply: str,
    reason: str,
    now: datetime,
    transcript: str = "",
) -> bool:
    """The relay refused this message for good."""
    return _settle(
        connection,
        message,
        State.REFUSED,
        was=(State.CLAIMED, *MARKED),
        now=now,
        note=reply,
        phase=phase,
        reply=reply,
        reason=reason,
        transcript=transcript,
    )


def defer(
    connection: Connection,
    message: Claimed,
    *,
    phase: str,
    reply: str,
    now: datetime,
    transcript: str = "",
) -> bool:
    """The relay refused this message for now, or hung up before its dot: try again later."""
    wait = BACK_OFF[min(message.attempts, len(BACK_OFF) - 1)]
    return _settle(
        connection,
        message,
        State.DEFERRED,
        was=(State.CLAIMED, *MARKED),
        now=now,
        note=reply,
        phase=phase,
        reply=reply,
        attempts=message.attempts + 1,
        not_before=now + wait,
        expires_at=message.expires_at or now + GIVE_UP,
        transcript=transcript,
    )


def put_back(
    connection: Connection,
    message: Claimed,
    *,
    now: datetime,
    phase: str = "",
    reply: str = "",
    not_before: datetime | None = None,
) -> bool:
    """Nobody's fault, and nothing of it was written: it waits as before, no attempt counted."""
    later = {"not_before": not_before} if not_before else {}
    return _settle(
        connection,
        message,
        State.QUEUED,
        was=(State.CLAIMED, *MARKED),
        now=now,
        note=reply,
        phase=phase,
        reply=reply,
        submitting_at=None,
        **later,
    )


def take_back_refusal(connection: Connection, message: Claimed, *, now: datetime) -> bool:
    """It was our own fault that it was refused: it waits as before."""
    return _settle(
        connection, message, State.QUEUED, was=(State.REFUSED,), now=now, note="", reason=""
    )


def doubt(
    connection: Connection, message: Claimed, reply: str, *, now: datetime, transcript: str = ""
) -> bool:
    """The dot was handed over and no answer was read."""
    return _settle(
        connection,
        message,
        State.UNCERTAIN,
        was=MARKED,  # the reaper may have been first; then this worker lets go of it
        now=now,
        note=reply,
        phase="dot",
        reply=reply,
        transcript=transcript,
    )


def fault(connection: Connection, message: Claimed, error: Exception, *, now: datetime) -> State:
    """It could not be made into a mail: three times is the end of it, others go on."""
    faults = message.faults + 1
    to = State.FAILED if faults >= MOST_FAULTS else State.QUEUED
    told = f"{type(error).__name__}: {error}"
    later = {"reason": "failed"} if to is State.FAILED else {"not_before": now + FAULT_PAUSE}
    _settle(
        connection,
        message,
        to,
        was=(State.CLAIMED,),
        now=now,
        note=told,
        faults=faults,
        reply=told[:500],
        **later,
    )
    return to


def _settle(
    connection: Connection,
    message: Claimed,
    to: State,
    *,
    was: tuple[State, ...],
    now: datetime,
    note: str,
    **values: Any,
) -> bool:
    """Compare and set, by fence: it moves only if nobody else took it since we claimed it."""
    for state in was:
        moved = connection.execute(
            update(MESSAGES)
            .where(ROW.id == message.id, ROW.state == state, ROW.fence == message.fence)
            .values(state=to, owner=None, lease_until=None, **values)
            .returning(ROW.id)
        ).one_or_none()
        if moved is not None:
            if state is not to:
                actor = message.owner or "system"
                history.note(connection, [message.id], state, to, actor=actor, now=now, said=note)
            return True
    return False
