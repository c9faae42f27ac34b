"""Transactions that wait for a database that is locked or full for a while."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

PAUSES = (0.5, 2.0, 5.0)  #: seconds; an answer that was read is worth waiting for
T = TypeVar("T")


def write(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do it in a transaction, and once more after each pause.

    :raises OperationalError: it took too long
    """
    return _patiently(work, engine.begin)


class Writer:
    """Writes again and again, over a connection of its own.

    To borrow one from the pool for each short transaction takes longer than what it writes.
    It is not the pool's any more: however many writers there are, others find one there.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def write(self, work: Callable[[Connection], T]) -> T:
        """As `write` does."""
        return _patiently(work, self._begin)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.detach()
        try:
            with self._connection.begin():
                yield self._connection
        except BaseException:
            self.close()  # whatever it was, the next one begins anew
            raise


def _patiently(
    work: Callable[[Connection], T], begin: Callable[[], AbstractContextManager[Connection]]
) -> T:
    for pause in (*PAUSES, None):
        try:
            with begin() as connection:
                return work(connection)
        except OperationalError:
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable")
