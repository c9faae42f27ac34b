"""One process of several runs the jobs: whoever holds the leader lock.

The lock goes with the process: kill -9 frees it at once. Two leaders would waste work,
not do it twice: every job is guarded by the state of its row.
"""

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

LOCK = 7_041_344  #: PostgreSQL advisory lock; 7_041_342 is for migrating


class Leader(Protocol):
    def leads(self) -> bool:
        """Whether this process runs the jobs; tries to take the lead when nobody has it."""
        ...

    def resign(self) -> None:
        """Let another process take over."""
        ...


class FileLeader:
    """The lead among the processes that share one SQLite file, so one machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def leads(self) -> bool:
        if self._file is not None:
            return True
        file = self._path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def resign(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class PostgresLeader:
    """The lead among the processes that share one PostgreSQL database.

    The lock lives as long as its connection, which therefore serves nothing else.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def leads(self) -> bool:
        if self._connection is None:
            return self._take()
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:  # the server went away, and the lock with it
            self.resign()
            return False
        return True

    def resign(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError):
                # Said aloud: the server may notice the end of a connection only later.
                self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
                self._connection.invalidate()  # not back to the pool: it would keep the lock
                self._connection.close()
            self._connection = None

    def _take(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
            self._connection = connection
            return True
        connection.close()
        return False


def leader_for(engine: Engine, instance: Path) -> Leader:
    """The kind of lock that fits the database."""
    if engine.dialect.name == "sqlite":
        return FileLeader(instance / "leader.lock")
    return PostgresLeader(engine)
