"""What a worker does to a message: every transition, each guarded by the state it leaves.

The order makes the promise of docs/delivery.md true. A row is claimed, everything up to RCPT
can be repeated; then it is marked `submitting`, that is committed, and only then may its
DATA be written. After a crash a marked row is in doubt and never queued again by itself.

Each function runs in a transaction of the caller and names in its WHERE the state, and the
fence that the claim raised: of two workers that think they hold a row only one does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Dialect,
    Row,
    Table,
    and_,
    case,
    exists,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from outreach.clock import system_now
from outreach.delivery import workers
from outreach.delivery.models import DeliveryEvent, Kind, Message, State
from outreach.delivery.prepared import Prepared, given

MESSAGES: Table = Message.__table__  # type: ignore[assignment]
EVENTS: Table = DeliveryEvent.__table__  # type: ignore[assignment]
ROW = MESSAGES.c

#: A worker that hangs keeps what it claimed this long. Free within ten minutes, so less.
LEASE = timedelta(minutes=8)
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
#: A notice in doubt is sent once more after this; a letter never.
RESEND_NOTICES = timedelta(minutes=10)
FAULT_PAUSE = timedelta(minutes=1)
MOST_FAULTS = 3

WAITING = (State.QUEUED, State.DEFERRED)
#: Where a marked message can be when its answer is read: a late answer is still proof.
MARKED = (State.SUBMITTING, State.UNCERTAIN)
#: Nobody waits behind a thousand letters for the notice of what they just did.
ORDER = ((Kind.NOTICE, Kind.PROOF), (Kind.LETTER,))
MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


#: A message as its worker holds it: columns of its row, by their names.
Claimed = Row[*tuple[Any, ...]]

IN_HAND = (
    ROW.id,
    ROW.kind,
    ROW.sender_id,
    ROW.step_id,
    ROW.text_id,
    ROW.variant,
    ROW.gemeente_code,
    ROW.contact_id,
    ROW.address,
    ROW.address_key,
    ROW.receiver_group_id,
    ROW.message_id,
    ROW.content,
    ROW.pdf_sha256,
    ROW.pdf_name,
    ROW.state,
    ROW.created_at,
    ROW.not_before,
    ROW.expires_at,
    ROW.attempts,
    ROW.faults,
    ROW.owner,
    ROW.fence,
    ROW.lease_until,
)


@dataclass
class Lanes:
    """How many messages may be claimed to each group of receivers; to all others any number."""

    room: dict[int, int]  #: by group
    #: By group and step: of a group that several steps have letters to, each has its share first.
    shares: dict[tuple[int, int | None], int] = field(default_factory=dict)

    def open_to(self, step_id: int | None, *, letters: bool) -> dict[int, int]:
        """The room in each group for letters of this step, or of any; or for notices."""
        shared = {group_id for group_id, _ in self.shares} if letters else set()
        found = {
            group_id: min(room, self.shares.get((group_id, step_id), 0))
            if group_id in shared
            else room
            for group_id, room in self.room.items()
        }
        return {group_id: room for group_id, room in found.items() if room > 0}

    def took(self, messages: Iterable[Claimed]) -> None:
        for one in messages:
            if one.receiver_group_id in self.room:
                self.room[one.receiver_group_id] -= 1
            if (share := (one.receiver_group_id, one.step_id)) in self.shares:
                self.shares[share] -= 1


@dataclass(frozen=True)
class Reaped:
    """What was taken from workers that ended without a word."""

    queued: int
    uncertain: int


def due(now: datetime) -> ColumnElement[bool]:
    """Messages whose time has come and is not over."""
    return and_(ROW.not_before <= now, ROW.expires_at.is_(None) | (ROW.expires_at > now))


def claim(
    connection: Connection,
    wanted: ColumnElement[bool],
    *,
    owner: str,
    limit: int,
    now: datetime,
    lease: timedelta = LEASE,
    turns: Sequence[int] = (),
    lanes: Lanes | None = None,
) -> list[Claimed]:
    """Take up to `limit` messages for one worker, notices first, then the longest due.

    :param turns: steps whose letters share what room there is, in this order; without them
        those of the first that fell due leave before any of the next
    :param lanes: the room in each group of receivers; without it none is limited
    """
    taken: list[Claimed] = []

    def take(
        which: ColumnElement[bool], most: int, letters: bool, step_id: int | None = None
    ) -> None:
        for state in WAITING:
            if left := most - len(taken):
                mine = and_(ROW.state == state, which, due(now), wanted)
                rooms = lanes.open_to(step_id, letters=letters) if lanes else None
                found = _claim(connection, state, _picked(mine, left, rooms), owner, now, lease)
                taken.extend(found)
                if lanes:
                    lanes.took(found)

    for kinds in ORDER:
        letters = Kind.LETTER in kinds
        if letters:
            for behind, step_id in zip(range(len(turns), 0, -1), turns, strict=True):
                share = -(-(limit - len(taken)) // behind)
                take(ROW.step_id == step_id, len(taken) + share, letters, step_id)
        take(ROW.kind.in_(kinds), limit, letters)
    return taken


def _picked(wanted: ColumnElement[bool], limit: int, rooms: Mapping[int, int] | None) -> CTE:
    """The ids of those that are taken: the longest due, and of each group no more than its room.

    Each group is looked through by itself, no further than its room: what it holds beyond that
    is not even read.
    """
    if rooms is None:
        return _longest_due(wanted, limit, "picked")
    group = ROW.receiver_group_id
    lanes = [_longest_due(and_(wanted, group.is_(None)), limit, "others")]
    for group_id, room in rooms.items():
        mine = and_(wanted, group == group_id)
        lanes.append(_longest_due(mine, min(limit, room), f"group_{group_id}"))
    if len(lanes) == 1:
        return lanes[0]
    of_all = union_all(*map(select, lanes)).subquery()
    first = select(of_all.c.id).order_by(of_all.c.not_before, of_all.c.id).limit(limit)
    return first.cte("picked").prefix_with("MATERIALIZED")


def _longest_due(wanted: ColumnElement[bool], limit: int, name: str) -> CTE:
    # Materialised: PostgreSQL may otherwise run the subquery again and take more than the limit.
    # SQLite leaves out FOR UPDATE; there BEGIN IMMEDIATE keeps other writers out.
    return (
        select(ROW.id, ROW.not_before)
        .where(wanted)
        .order_by(ROW.not_before, ROW.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=MESSAGES)
        .cte(name)
        .prefix_with("MATERIALIZED")
    )


def _claim(
    connection: Connection,
    state: State,
    picked: CTE,
    owner: str,
    now: datetime,
    lease: timedelta,
) -> list[Claimed]:
    rows = connection.execute(
        update(MESSAGES)
        .where(ROW.id == picked.c.id, ROW.state == state)
        .values(
            state=State.CLAIMED,
            owner=owner,
            fence=ROW.fence + 1,
            lease_until=system_now() + lease,
            phase="",
        )
        .returning(*IN_HAND)
    )
    taken = sorted(rows, key=lambda m: (m.not_before, m.id))
    _note(connection, [m.id for m in taken], state, State.CLAIMED, actor=owner, now=now)
    return taken


def mark(
    connection: Connection,
    messages: Sequence[Claimed],
    still_wanted: ColumnElement[bool],
    *,
    now: datetime,
    lease: timedelta = LEASE,
    phase: str = "data",
) -> set[int]:
    """Write down that the DATA of these is about to be written; commit before writing it.

    At most two for each connection: all that are marked may be in doubt after a crash. One
    statement asks whether each is still ours and still wanted: not suppressed, answered or
    paused since.

    :param phase: what is said of them next
    :return: the ids of those that may be sent
    """
    if not messages:
        return set()
    at = system_now()
    owner = messages[0].owner or ""
    of_all = {
        "the_moment": at,
        "the_lease": at + lease,
        "the_phase": phase,
        "the_owner": owner,
    }
    rows = [{"the_id": one.id, "the_fence": one.fence} for one in messages]
    marked = {one.id for one in messages}
    if _marking(connection.dialect, still_wanted).run(connection, rows, of_all) != len(rows):
        marked = _marked_just_now(connection, messages, at)
    _note(connection, marked, State.CLAIMED, State.SUBMITTING, actor=owner, now=now)
    return marked


@lru_cache(maxsize=16)
def _marking(dialect: Dialect, still_wanted: ColumnElement[bool]) -> Prepared:
    statement = (
        update(MESSAGES)
        .where(
            ROW.id == given("the_id"),
            ROW.state == State.CLAIMED,
            ROW.owner == given("the_owner"),
            ROW.fence == given("the_fence"),
            still_wanted,
        )
        .values(
            state=State.SUBMITTING,
            submitting_at=given("the_moment"),
            lease_until=given("the_lease"),
            phase=given("the_phase"),
        )
    )
    return Prepared(statement, dialect)


def _marked_just_now(connection: Connection, messages: Sequence[Claimed], at: datetime) -> set[int]:
    """Which of these this transaction marked."""
    fences = {one.id: one.fence for one in messages}
    marked = connection.execute(
        select(ROW.id, ROW.fence).where(
            ROW.id.in_(fences),
            ROW.state == State.SUBMITTING,
            ROW.owner == messages[0].owner,
            ROW.submitting_at == at,
        )
    )
    return {id_ for id_, fence in marked if fences[id_] == fence}


def drop(
    connection: Connection, message: Claimed, dropped: ColumnElement[str | None], *, now: datetime
) -> State | None:
    """End a claimed message for which a reason not to send it stands; None when there is none."""
    held = and_(ROW.id == message.id, ROW.state == State.CLAIMED, ROW.fence == message.fence)
    ended = _drop(connection, held, State.CLAIMED, dropped, actor=message.owner or "", now=now)
    return ended[0] if ended else None


def sweep(
    connection: Connection,
    wanted: ColumnElement[bool],
    dropped: ColumnElement[str | None],
    *,
    now: datetime,
) -> int:
    """End what is due and for which a reason not to send it stands; return how many."""
    total = 0
    for state in WAITING:
        waiting = and_(ROW.state == state, due(now), wanted)
        total += len(_drop(connection, waiting, state, dropped, actor="system", now=now))
    return total


def _drop(
    connection: Connection,
    which: ColumnElement[bool],
    was: State,
    dropped: ColumnElement[str | None],
    *,
    actor: str,
    now: datetime,
) -> list[State]:
    type_ = ROW.state.type
    suppressed = literal(State.SUPPRESSED, type_)
    ended = connection.execute(
        update(MESSAGES)
        .where(which, dropped.is_not(None))
        .values(
            state=case(
                (dropped == "suppressed", suppressed), else_=literal(State.CANCELLED, type_)
            ),
            reason=dropped,
            owner=None,
            lease_until=None,
        )
        .returning(ROW.id, ROW.state, ROW.reason)
    ).all()
    for id_, state, reason in ended:
        _note(connection, [id_], was, state, actor=actor, now=now, note=reason)
    return [state for _, state, _ in ended]


def expire(connection: Connection, wanted: ColumnElement[bool], *, now: datetime) -> int:
    """End what nobody took before its time was over; return how many.

    `wanted` is false for what is held (a paused campaign): that does not expire meanwhile.
    """
    total = 0
    for state in WAITING:
        over = and_(ROW.state == state, ROW.expires_at <= now, wanted)
        ids = connection.scalars(
            update(MESSAGES)
            .where(over)
            .values(state=State.EXPIRED, reason="expired")
            .returning(ROW.id)
        ).all()
        _note(connection, ids, state, State.EXPIRED, actor="system", now=now)
        total += len(ids)
    return total


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
    sets = [
        {
            "the_id": message.id,
            "the_fence": message.fence,
            "the_reply": reply,
            "the_relays_id": found.group() if (found := MESSAGE_ID.search(reply)) else None,
        }
        for message, reply in accepted
    ]
    moved = _accepting(connection.dialect).run(connection, sets, of_all)
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
            reply=given("the_reply"),
            relay_message_id=given("the_relays_id"),
        )
    )
    return Prepared(statement, dialect)


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


def release(connection: Connection, owner: str, *, now: datetime, ids: list[int]) -> int:
    """Give back what a worker claimed and did not begin; return how many."""
    mine = and_(ROW.state == State.CLAIMED, ROW.owner == owner, ROW.id.in_(ids))
    return _free(connection, mine, State.CLAIMED, State.QUEUED, actor=owner, now=now)


def reap(connection: Connection, *, now: datetime) -> Reaped:
    """Take from workers that are dead, at once, and from those that hang, after their lease.

    What was only claimed is queued again; what was marked is in doubt, never queued.
    """
    held = ROW.state.in_((State.CLAIMED, State.SUBMITTING))
    owners = connection.scalars(select(ROW.owner).where(held).distinct()).all()
    dead = [owner for owner in owners if owner and workers.is_dead(connection, owner)]
    lost = (ROW.lease_until < system_now()) | ROW.owner.in_(dead)
    claimed, marked = (
        and_(ROW.state == State.CLAIMED, lost),
        and_(ROW.state == State.SUBMITTING, lost),
    )
    reaped = Reaped(
        queued=_free(connection, claimed, State.CLAIMED, State.QUEUED, actor="reaper", now=now),
        # The owner stays on it: while that lives, nobody may decide.
        uncertain=_free(
            connection, marked, State.SUBMITTING, State.UNCERTAIN, actor="reaper", now=now
        ),
    )
    for owner in dead:
        workers.bury(connection, owner)
    return reaped


def resend_notices(connection: Connection, *, now: datetime) -> int:
    """Queue notices that are in doubt once more, with the same Message-ID; return how many.

    A notice that is missing costs more than one that comes twice. For letters it is the other
    way round, so a person decides those.
    """
    stale = and_(
        ROW.state == State.UNCERTAIN,
        ROW.kind != Kind.LETTER,
        ROW.settled_by.is_(None),
        ROW.submitting_at < system_now() - RESEND_NOTICES,
    )
    ids = connection.scalars(
        update(MESSAGES)
        .where(stale)
        .values(state=State.QUEUED, settled_by="system:resend", not_before=now, owner=None)
        .returning(ROW.id)
    ).all()
    note = "sent once more by itself"
    _note(connection, ids, State.UNCERTAIN, State.QUEUED, actor="system", now=now, note=note)
    return len(ids)


def steps_that_wait(connection: Connection) -> list[int]:
    """The steps of which letters wait, when there is more than one.

    Also those that are held: whether one may leave is asked when it is claimed, and asking it
    of each that waits would take seconds.
    """
    waiting = select(ROW.step_id).where(ROW.state.in_(WAITING), ROW.step_id.is_not(None))
    steps = connection.scalars(waiting.distinct()).all()
    return sorted(steps) if len(steps) > 1 else []


def last_step(connection: Connection, which: ColumnElement[bool]) -> int:
    """The step of the letter of these that left last; 0 when none did."""
    left = (which, ROW.submitting_at.is_not(None), ROW.step_id.is_not(None))
    latest = select(ROW.step_id).where(*left).order_by(ROW.submitting_at.desc(), ROW.id.desc())
    return connection.scalar(latest.limit(1)) or 0


def after(step_id: int, steps: Iterable[int]) -> list[int]:
    """Steps in the order of their turns, when the letter that left last is of this one."""
    return sorted(steps, key=lambda one: (one <= step_id, one))


def any_due(connection: Connection, wanted: ColumnElement[bool], *, now: datetime) -> bool:
    """Whether anything waits that could leave now."""
    waiting = exists().where(ROW.state.in_(WAITING), due(now), wanted)
    return bool(connection.scalar(select(waiting)))


def any_waits(connection: Connection, wanted: ColumnElement[bool]) -> bool:
    """Whether any of these waits."""
    waiting = (exists().where(ROW.state == state, wanted) for state in WAITING)
    return bool(connection.scalar(select(or_(*waiting))))


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
                _note(connection, [message.id], state, to, actor=actor, now=now, note=note)
            return True
    return False


def _free(
    connection: Connection,
    which: ColumnElement[bool],
    was: State,
    to: State,
    *,
    actor: str,
    now: datetime,
) -> int:
    values: dict[str, Any] = {"state": to}
    if to is State.QUEUED:
        values |= {"owner": None, "lease_until": None}
    ids = connection.scalars(update(MESSAGES).where(which).values(**values).returning(ROW.id)).all()
    _note(connection, ids, was, to, actor=actor, now=now)
    return len(ids)


def _note(
    connection: Connection,
    ids: Iterable[int],
    was: State,
    to: State,
    *,
    actor: str,
    now: datetime,
    note: str = "",
) -> None:
    of_all = {"the_moment": now, "the_old": was, "the_new": to}
    of_all |= {"the_actor": actor, "the_note": note[:500]}
    if events := [{"the_id": id_} for id_ in ids]:
        _noting(connection.dialect).run(connection, events, of_all)


def _note_accepted(
    connection: Connection, accepted: Sequence[tuple[Claimed, str]], *, now: datetime
) -> None:
    of_all = {"the_moment": now, "the_old": State.SUBMITTING, "the_new": State.ACCEPTED}
    of_all |= {"the_actor": accepted[0][0].owner or "system"}
    events = [{"the_id": message.id, "the_note": reply[:500]} for message, reply in accepted]
    _noting(connection.dialect).run(connection, events, of_all)


@lru_cache(maxsize=4)
def _noting(dialect: Dialect) -> Prepared:
    statement = insert(EVENTS).values(
        message_id=given("the_id"),
        at=given("the_moment"),
        from_state=given("the_old"),
        to_state=given("the_new"),
        actor=given("the_actor"),
        note=given("the_note"),
    )
    return Prepared(statement, dialect)
