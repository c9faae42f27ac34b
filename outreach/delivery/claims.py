"""How a worker takes a message and lets go of it, each time guarded by the state it leaves.

The order makes the promise of docs/delivery.md true. A row is claimed, everything up to RCPT
can be repeated; then it is marked `submitting`, that is committed, and only then may its
DATA be written. After a crash a marked row is in doubt and never queued again by itself. What
the relay answers is written down in `settling`; what dead workers leave behind, in `reaping`.

Each function runs in a transaction of the caller and names in its WHERE the state, and the
fence that the claim raised: of two workers that think they hold a row only one does.
"""

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
    literal,
    or_,
    select,
    union_all,
    update,
)

from outreach.clock import system_now
from outreach.delivery import history
from outreach.delivery.models import Kind, Message, State
from outreach.delivery.prepared import Prepared, given

MESSAGES: Table = Message.__table__  # type: ignore[assignment]
ROW = MESSAGES.c

#: A worker that hangs keeps what it claimed this long. Free within ten minutes, so less.
LEASE = timedelta(minutes=8)

WAITING = (State.QUEUED, State.DEFERRED)
#: Nobody waits behind a thousand letters for the notice of what they just did.
ORDER = ((Kind.NOTICE, Kind.PROOF), (Kind.LETTER,))


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
    taken = sorted(rows.all(), key=lambda m: (m.not_before, m.id))
    history.note(connection, [m.id for m in taken], state, State.CLAIMED, actor=owner, now=now)
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
    rows = [(one.id, one.fence) for one in messages]
    marked = {one.id for one in messages}
    if _marking(connection.dialect, still_wanted).run(connection, rows, of_all) != len(rows):
        marked = _marked_just_now(connection, messages, at)
    history.note(connection, marked, State.CLAIMED, State.SUBMITTING, actor=owner, now=now)
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
    return Prepared(statement, dialect, ("the_id", "the_fence"))


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
        history.note(connection, [id_], was, state, actor=actor, now=now, said=reason)
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
        history.note(connection, ids, state, State.EXPIRED, actor="system", now=now)
        total += len(ids)
    return total


def release(connection: Connection, owner: str, *, now: datetime, ids: list[int]) -> int:
    """Give back what a worker claimed and did not begin; return how many."""
    mine = and_(ROW.state == State.CLAIMED, ROW.owner == owner, ROW.id.in_(ids))
    return free(connection, mine, State.CLAIMED, State.QUEUED, actor=owner, now=now)


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


def free(
    connection: Connection,
    which: ColumnElement[bool],
    was: State,
    to: State,
    *,
    actor: str,
    now: datetime,
) -> int:
    """Take these from whoever holds them; return how many."""
    values: dict[str, Any] = {"state": to}
    if to is State.QUEUED:
        values |= {"owner": None, "lease_until": None}
    ids = connection.scalars(update(MESSAGES).where(which).values(**values).returning(ROW.id)).all()
    history.note(connection, ids, was, to, actor=actor, now=now)
    return len(ids)
