"""Transactions that wait for a database that is locked or full for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

PAUSES = (0.5, 2.0, 5.0)  #: seconds; an answer that was read is worth waiting for
T = TypeVar("T")


def write(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do it in a transaction, and once more after each pause.

    :raises OperationalError: it took too long
    """
    for pause in (*PAUSES, None):
        try:
            with engine.begin() as connection:
                return work(connection)
        except OperationalError:
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable")
