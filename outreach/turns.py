"""SQLite has one writer: who writes when, in the order in which they asked.

SQLite itself lets whoever waits look again after ever longer pauses, of a tenth of a second in
the end. Of many threads some find it taken each time, and give up after half a minute. Here
the threads of a process stand in line, and only the first of them looks whether another process
writes: every few milliseconds, so that each process has its turn too.
"""

import sqlite3
import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

PATIENCE = 30.0  #: seconds that a writer waits before it gives up
GLANCE = 0.002  #: between two looks at whether another process still writes
LOOK = 0.2  #: between two looks at whether whoever has the turn is gone
#: SQLite's code for it. Its extended codes say more in their higher bits.
BUSY = 0xFF & sqlite3.SQLITE_BUSY


class Turns:
    """A line of threads; the one in front has the turn until it is given on."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._line: deque[Lock] = deque()
        self._forgotten: SimpleQueue[None] = SimpleQueue()

    def take(self, patience: float) -> bool:
        """Wait for the turn; False when it did not come within these seconds."""
        until = time.monotonic() + patience
        mine = Lock()
        mine.acquire()
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            self._line.append(mine)
        while True:
            self._give_on_forgotten()
            left = until - time.monotonic()
            if mine.acquire(timeout=max(0, min(left, LOOK))):
                return True
            if left <= 0:
                return not self._left(mine)

    def _left(self, mine: Lock) -> bool:
        """Leave the line; False when the turn came at this very moment."""
        with self._guard:
            if mine not in self._line:
                return False
            self._line.remove(mine)
            return True

    def give_on(self) -> None:
        """To the first in line; to whoever comes when nobody is."""
        with self._guard:
            if self._line:
                self._line.popleft().release()
            else:
                self._taken = False

    def forget(self) -> None:
        """Whoever has the turn is gone; for a finaliser, which may run amid any of the above."""
        self._forgotten.put(None)

    def _give_on_forgotten(self) -> None:
        with suppress(Empty):
            while True:
                self._forgotten.get_nowait()
                self.give_on()


class InTurn(sqlite3.Connection):
    """A connection that writes in its turn, from `begin` until its transaction is over."""

    turns: Turns
    patience: float = PATIENCE
    _mine = False

    def begin(self, mode: str) -> None:
        """Begin a transaction; one that may write waits for its turn.

        :raises sqlite3.OperationalError: "database is locked", for as long as it is patient
        """
        if mode == "DEFERRED":
            self.execute("BEGIN DEFERRED")
            return
        until = time.monotonic() + self.patience
        if not self.turns.take(self.patience):
            raise _locked()
        self._mine = True
        try:
            self._begin_before(until, mode)
        finally:
            self._pass_on()

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self._pass_on()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._pass_on()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._let_go()

    def __del__(self) -> None:
        if self._mine:  # nobody closed it: whoever waits must not wait for ever
            self.turns.forget()

    def _begin_before(self, until: float, mode: str) -> None:
        """As soon as no other process writes."""
        self.execute("PRAGMA busy_timeout=0")
        try:
            while True:
                try:
                    self.execute(f"BEGIN {mode}")
                except sqlite3.OperationalError as error:
                    if not is_busy(error) or time.monotonic() >= until:
                        raise
                    time.sleep(GLANCE)
                else:
                    return
        finally:
            self.execute(f"PRAGMA busy_timeout={round(self.patience * 1000)}")

    def _pass_on(self) -> None:
        """Give the turn on when the transaction is over."""
        if self._mine and not self.in_transaction:
            self._let_go()

    def _let_go(self) -> None:
        if self._mine:
            self._mine = False
            self.turns.give_on()


def connections(turns: Turns, patience: float = PATIENCE) -> type[InTurn]:
    """What makes the connections that share these turns, for `sqlite3.connect(factory=…)`."""
    own: dict[str, Any] = {"turns": turns, "patience": patience}
    return type("InTurnOf", (InTurn,), own)


def is_busy(error: BaseException | None) -> bool:
    """Whether SQLite refused because somebody else writes."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == BUSY


def _locked() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = BUSY
    return error
