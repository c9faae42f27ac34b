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
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Dialect,
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
from sqlalchemy.sql.dml import ReturningUpdate

from outreach.clock import system_now
from outreach.delivery import history
from outreach.delivery.models import Kind, Message, State
from outreach.delivery.prepared import Prepared, given, with_constants

MESSAGES: Table = Message.__table__  # type: ignore[assignment]
ROW = MESSAGES.c

#: A worker that hangs keeps what it claimed this long. Free within ten minutes, so less.
LEASE = timedelta(minutes=8)

WAITING = (State.QUEUED, State.DEFERRED)
#: Nobody waits behind a thousand letters for the notice of what they just did.
ORDER = ((Kind.NOTICE, Kind.PROOF), (Kind.LETTER,))


class Claimed(NamedTuple):
    """A message as its worker holds it: columns of its row."""

    id: int
    kind: Kind
    sender_id: int
    step_id: int | None
    text_id: int | None
    variant: str
    gemeente_code: str | None
    contact_id: int | None
    address: str
    address_key: str
    receiver_group_id: int | None
    message_id: str
    content: dict[str, Any]
    pdf_sha256: str | None
    pdf_name: str | None
    created_at: datetime
    not_before: datetime
    expires_at: datetime | None
    attempts: int
    faults: int
    owner: str
    fence: int
    lease_until: datetime


IN_HAND = tuple(ROW[name] for name in Claimed._fields)


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


def due(now: Any) -> ColumnElement[bool]:
    """Messages whose time has come and is not over.

    :param now: a moment, or SQL that stands for one
    """
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

    def take(kinds: tuple[Kind, ...], most: int, step_id: int | None = None) -> None:
        for state in WAITING:
            if left := most - len(taken):
                hold = _Hold(owner, system_now() + lease)
                if lanes is None:
                    found = _claim(connection, wanted, state, kinds, step_id, left, hold, now)
                else:
                    mine = and_(ROW.state == state, _of(kinds, step_id), due(now), wanted)
                    rooms = lanes.open_to(step_id, letters=Kind.LETTER in kinds)
                    rows = connection.execute(_take(_by_lanes(mine, left, rooms), state, hold))
                    lanes.took(found := [Claimed(*row) for row in rows])
                ids = [m.id for m in found]
                history.note(connection, ids, state, State.CLAIMED, actor=owner, now=now)
                taken.extend(sorted(found, key=lambda m: (m.not_before, m.id)))

    for kinds in ORDER:
        if Kind.LETTER in kinds:
            for behind, step_id in zip(range(len(turns), 0, -1), turns, strict=True):
                share = -(-(limit - len(taken)) // behind)
                take(kinds, len(taken) + share, step_id)
        elif not _any_waiting(connection.dialect, kinds).rows(connection):
            continue
        take(kinds, limit)
    return taken


class _Hold(NamedTuple):
    """Whose they are, and until when: values, or what stands for them."""

    owner: Any
    until: Any


def _of(kinds: Sequence[Kind], step_id: Any) -> ColumnElement[bool]:
    return ROW.kind.in_(kinds) if step_id is None else ROW.step_id == step_id


@lru_cache(maxsize=4)
def _any_waiting(dialect: Dialect, kinds: tuple[Kind, ...]) -> Prepared:
    found = select(literal(1)).where(ROW.state.in_(WAITING), ROW.kind.in_(kinds)).limit(1)
    return Prepared(found, dialect)


def _claim(
    connection: Connection,
    wanted: ColumnElement[bool],
    state: State,
    kinds: tuple[Kind, ...],
    step_id: int | None,
    limit: int,
    hold: _Hold,
    now: datetime,
) -> list[Claimed]:
    claiming = _claiming(connection.dialect, wanted, state, kinds, step_id is not None)
    which = {"the_step": step_id, "the_now": now, "the_limit": limit}
    held = {"the_owner": hold.owner, "the_lease": hold.until}
    return [Claimed._make(row) for row in claiming.rows(connection, which | held)]


@lru_cache(maxsize=32)
def _claiming(
    dialect: Dialect,
    wanted: ColumnElement[bool],
    state: State,
    kinds: tuple[Kind, ...],
    of_step: bool,
) -> Prepared:
    """Compiled once for each condition that is one and the same object."""
    which = _of(kinds, given("the_step", ROW.step_id) if of_step else None)
    in_time = due(given("the_now", ROW.not_before))
    mine = with_constants(and_(ROW.state == state, which, in_time, wanted))
    picked = _longest_due(mine, given("the_limit", ROW.id), "picked")
    hold = _Hold(given("the_owner", ROW.owner), given("the_lease", ROW.lease_until))
    return Prepared(_take(picked, state, hold), dialect)


def _by_lanes(wanted: ColumnElement[bool], limit: int, rooms: Mapping[int, int]) -> CTE:
    """The ids of those that are taken: the longest due, and of each group no more than its room.

    Each group is looked through by itself, no further than its room: what it holds beyond that
    is not even read.
    """
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


def _longest_due(wanted: ColumnElement[bool], limit: Any, name: str) -> CTE:
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


def _take(picked: CTE, state: State, hold: _Hold) -> ReturningUpdate[Any]:
    taken = {"state": State.CLAIMED, "fence": ROW.fence + 1, "phase": ""}
    return (
        update(MESSAGES)
        .where(ROW.id == picked.c.id, ROW.state == state)
        .values(owner=hold.owner, lease_until=hold.until, **taken)
        .returning(*IN_HAND)
    )


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
    still_wanted: ColumnElement[bool],
    dropped: ColumnElement[str | None],
    *,
    now: datetime,
) -> int:
    """End what is due and for which a reason not to send it stands; return how many."""
    unwanted = exists().where(ROW.state.in_(WAITING), due(now), wanted, ~still_wanted)
    if not connection.scalar(select(unwanted)):  # nearly always: and cheaper than to name reasons
        return 0
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
    overdue = exists().where(ROW.state.in_(WAITING), ROW.expires_at <= now)
    if not connection.scalar(select(overdue)):
        return 0
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
