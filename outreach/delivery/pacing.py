"""How much of a sender's mail may leave now, by the limits of its mail host.

What left is counted from the messages themselves, by the system's clock, so it holds over
restarts and over several processes. What is claimed counts as if it had left: of two
processes that claim at once the second sees what the first took, for each waits for the
sender's row. So no stretch of a minute, an hour or a day ever has more than its cap.

A group of receivers is counted in the same way, over all senders.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from outreach.accounts.limits import Cap, Limits
from outreach.accounts.models import Sender
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import claims, receivers
from outreach.delivery.claims import MESSAGES, ROW, Claimed, Lanes
from outreach.delivery.models import State

HOUR = timedelta(hours=1)
#: Seconds; a turn that comes this much late is not lost.
LATE = 1.0


class Spread:
    """Keeps a process that goes on from sending a minute's mail at once.

    By a clock that only goes forward: what someone does to the machine's time changes no pace.
    """

    def __init__(self, uptime: Callable[[], float] = time.monotonic) -> None:
        self._uptime = uptime
        self._next: dict[Hashable, float] = {}  #: by sender, or group of receivers
        self._waiting: dict[Hashable, float] = {}  #: those that had to wait for their next turn
        self._lock = threading.Lock()

    def room(self, whose: Hashable, interval: float) -> float:
        """How many messages have their turn now."""
        if not interval:
            return math.inf
        now = self._uptime()
        with self._lock:
            first = max(self._next.get(whose, now), now - LATE)
            if first > now:
                self._waiting[whose] = first
                return 0
            self._waiting.pop(whose, None)
            return 1 + (now - first) // interval

    def took(self, whose: Hashable, interval: float, count: int) -> None:
        now = self._uptime()
        with self._lock:
            first = max(self._next.get(whose, now), now - LATE)
            self._next[whose] = first + count * interval

    def wait(self, most: float) -> float | None:
        """Seconds until the next turn of a sender that waits; None when that is too far off."""
        now = self._uptime()
        with self._lock:
            wait = min(self._waiting.values(), default=math.inf) - now
            self._waiting.clear()
        return max(wait, 0.0) if wait <= most else None


@dataclass(frozen=True)
class Pacing:
    """The limits of the senders whose mail one relay takes, and of who receives it."""

    limits: Mapping[int, Limits] = field(default_factory=dict)  #: of those that have any
    grouped: bool = False  #: there are groups of receivers
    spread: Spread | None = None  #: without it what may leave now does so at once
    of_groups: dict[int, Limits] = field(default_factory=dict)  #: as the last claim read them

    def connections(self, most: int) -> int:
        """How many connections all of them allow."""
        return min([most, *(one.connections for one in self.limits.values() if one.connections)])

    def room(self, connection: Connection, sender_id: int) -> float:
        """How many messages a sender may claim in this transaction."""
        _wait_for_others(connection, sender_id)
        limits = self.limits[sender_id]
        turns = self.spread.room(sender_id, limits.interval) if self.spread else math.inf
        if not turns:
            return 0
        at = system_now()
        caps = (*limits.caps(), *_in_messages(connection, sender_id, limits, at))
        mine = ROW.sender_id == sender_id
        free = [cap.most - _left(connection, mine, cap.window, at) for cap in caps]
        return max(0, min([turns, *free]))

    def took(self, sender_id: int, count: int) -> None:
        if self.spread:
            self.spread.took(sender_id, self.limits[sender_id].interval, count)

    def lanes(
        self, connection: Connection, wanted: ColumnElement[bool], steps: Sequence[int]
    ) -> Lanes:
        """How many messages may be claimed to each group of receivers in this transaction.

        :param steps: whose letters leave by turns; who left last to a group is last there
        """
        lanes, at = Lanes({}), system_now()
        self.of_groups.clear()
        for group_id, limits in receivers.locked(connection):
            mine, whose = ROW.receiver_group_id == group_id, ("group", group_id)
            self.of_groups[group_id] = limits
            turns = self.spread.room(whose, limits.interval) if self.spread else math.inf
            free = [cap.most - _left(connection, mine, cap.window, at) for cap in limits.caps()]
            room = lanes.room[group_id] = int(max(0, min([turns, *free])))
            if room and steps:
                last = claims.last_step(connection, mine)
                waiting = [
                    step_id
                    for step_id in claims.after(last, steps)
                    if claims.any_waits(connection, and_(mine, ROW.step_id == step_id, wanted))
                ]
                for place, step_id in enumerate(waiting):
                    share = (room + len(waiting) - 1 - place) // len(waiting)
                    lanes.shares[group_id, step_id] = share
        return lanes

    def took_to_groups(self, messages: Iterable[Claimed]) -> None:
        if self.spread:
            for group_id, count in Counter(one.receiver_group_id for one in messages).items():
                if group_id is not None and (limits := self.of_groups.get(group_id)):
                    self.spread.took(("group", group_id), limits.interval, count)

    def weighs(self, message: Claimed) -> bool:
        """Whether its octets count."""
        limits = self.limits.get(message.sender_id)
        return limits is not None and limits.bytes_per_hour is not None

    def fits(self, connection: Connection, message: Claimed, size: int) -> bool:
        """Keep room for a claimed message of so many octets; False when there is none.

        One that is larger than the limit leaves alone.
        """
        most = self.limits[message.sender_id].bytes_per_hour or 0
        _wait_for_others(connection, message.sender_id)
        others = and_(
            _counts(ROW.sender_id == message.sender_id, HOUR, system_now()), ROW.id != message.id
        )
        sizes = select(func.coalesce(func.sum(ROW.size), 0)).where(others)
        left: int = connection.execute(sizes).scalar_one()
        if left and left + size > most:
            return False
        mine = (ROW.id == message.id) & (ROW.fence == message.fence)
        connection.execute(update(MESSAGES).where(mine).values(size=size))
        return True


@dataclass(frozen=True)
class Forecast:
    """How long so many messages take, and which limit is to blame."""

    wait: timedelta
    limit: str  #: its name in `Limits`
    most: int
    group: str = ""  #: the receivers that it is of, when it is not of the sender


def forecast(
    sender: Sender,
    count: int,
    *,
    at: datetime,
    to_groups: Mapping[int | None, int] = MappingProxyType({}),
) -> Forecast | None:
    """When the last of `count` messages of a sender leaves; None when nothing holds it up.

    :param at: by the system's clock, as what left is counted
    :param to_groups: how many go to each group of receivers, with those that leave meanwhile
    """
    slowest = None
    for found in (*_of_sender(sender, count, at), *_of_groups(to_groups, at)):
        if found.wait > (slowest.wait if slowest else timedelta()):
            slowest = found
    return slowest


def _of_sender(sender: Sender, count: int, at: datetime) -> Iterator[Forecast]:
    limits = Limits.of(sender)
    if not limits.any or not count:
        return
    connection = db.session.connection()
    mine = ROW.sender_id == sender.id
    octets = list(_in_messages(connection, sender.id, limits, at))
    for cap in (*limits.caps(), *octets):
        wait = _wait_evenly(connection, mine, cap, limits, count, at)
        most = cap.most if cap not in octets else limits.megabytes_per_hour or 0
        yield Forecast(wait, cap.name, most)


def _of_groups(counts: Mapping[int | None, int], at: datetime) -> Iterator[Forecast]:
    connection = db.session.connection()
    for group in receivers.everyone() if counts else []:
        limits, count = receivers.limits_of(group), counts.get(group.id, 0)
        for cap in limits.caps() if count else ():
            mine = ROW.receiver_group_id == group.id
            wait = _wait_evenly(connection, mine, cap, limits, count, at)
            yield Forecast(wait, cap.name, cap.most, group.name)


def _wait_evenly(
    connection: Connection,
    mine: ColumnElement[bool],
    cap: Cap,
    limits: Limits,
    count: int,
    at: datetime,
) -> timedelta:
    """How long a cap keeps the last of so many, also when they leave evenly."""
    evenly = timedelta(seconds=limits.interval * (count - 1))
    paced = cap.window / cap.most == timedelta(seconds=limits.interval)
    return max(_wait(connection, mine, cap, count, at), evenly * paced)


def _wait(
    connection: Connection, mine: ColumnElement[bool], cap: Cap, count: int, at: datetime
) -> timedelta:
    """How long a cap keeps the last of so many, after what it has let through already."""
    found = select(func.count(), func.min(ROW.submitting_at))
    used, first = connection.execute(found.where(_counts(mine, cap.window, at))).one()
    rounds = (used + count - 1) // cap.most
    passed = min(at - first, cap.window) if first else timedelta()
    return max(rounds * cap.window - passed, timedelta()) if rounds else timedelta()


def _in_messages(
    connection: Connection, sender_id: int, limits: Limits, at: datetime
) -> Iterator[Cap]:
    """The limit in octets, in messages as large as those of the last hour."""
    if most := limits.bytes_per_hour:
        sizes = select(func.avg(ROW.size)).where(
            _counts(ROW.sender_id == sender_id, HOUR, at), ROW.size > 0
        )
        if usual := connection.execute(sizes).scalar_one():
            yield Cap("megabytes_per_hour", max(1, int(most / float(usual))), HOUR)


def _wait_for_others(connection: Connection, sender_id: int) -> None:
    """Be the only one that counts this sender's mail, until this transaction ends.

    SQLite has one writer at a time anyway, and leaves the lock out.
    """
    row = select(Sender.id).where(Sender.id == sender_id)
    connection.execute(row.with_for_update(key_share=True))


def _left(
    connection: Connection, mine: ColumnElement[bool], window: timedelta, at: datetime
) -> int:
    counted = select(func.count()).where(_counts(mine, window, at))
    number: int = connection.execute(counted).scalar_one()
    return number


def _counts(mine: ColumnElement[bool], window: timedelta, at: datetime) -> ColumnElement[bool]:
    """Of these the messages that left within this time, or may at any moment.

    A moment to come is that of a clock that was set back: it counts, unless it is far off.
    """
    left = ROW.submitting_at.between(at - window, at + window)
    return or_(and_(mine, left), and_(mine, ROW.state == State.CLAIMED))
