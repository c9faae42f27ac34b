"""Whether a worker lives. Its life is a lock it holds, so a killed one is dead at once.

On SQLite the lock is on a file beside the database, freed by the kernel when the process
ends, however it ends. On PostgreSQL it is a session's advisory lock on a connection of its
own, freed by the server when that connection ends. A worker that hangs keeps its lock; what
it claimed is freed by the lease of each message.
"""

import fcntl
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import IO, Self

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from outreach.clock import system_now
from outreach.delivery.models import Worker

NAMESPACE = 7_041_343  #: of our advisory locks
BEAT_SECONDS = 10.0
log = logging.getLogger(__name__)


@dataclass
class Life:
    """A process that sends, from its first claim to its end. Use it as a context manager.

    ```python
    with Life(db.engine) as life:
        sending.send_due(life, ...)
    ```
    """

    engine: Engine
    id: str = field(
        default_factory=lambda: f"{socket.gethostname()}.{os.getpid()}.{secrets.token_hex(4)}"
    )
    stopping: threading.Event = field(default_factory=threading.Event)  #: set it to end in peace
    _file: IO[str] | None = None
    _session: Connection | None = None
    _ended: threading.Event = field(default_factory=threading.Event)
    _heart: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self.engine.dialect.name == "sqlite":
            self._file = _lock_file(self.engine, self.id)
        else:
            self._session = _lock_session(self.engine, self.id)
        now = system_now()
        with self.engine.begin() as connection:
            connection.execute(
                insert(Worker).values(
                    id=self.id,
                    lock_key=lock_key(self.id),
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    started_at=now,
                    heartbeat_at=now,
                )
            )
        self._heart = threading.Thread(target=self._beat, name=f"heart-{self.id}", daemon=True)
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End; the lock goes last, and goes even when the database does not answer."""
        self.stopping.set()
        self._ended.set()
        if self._heart is not None:
            self._heart.join()
        try:
            with self.engine.begin() as connection:
                ended(connection, self.id)
        finally:
            if self._file is not None:
                _path(self.engine, self.id).unlink(missing_ok=True)
                self._file.close()
            if self._session is not None:
                # Said, not left to the end of the connection, which the server notices later.
                with suppress(SQLAlchemyError), self._session as session:
                    session.scalar(select(func.pg_advisory_unlock(NAMESPACE, lock_key(self.id))))

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                with self.engine.begin() as connection:
                    connection.execute(
                        update(Worker).where(Worker.id == self.id).values(heartbeat_at=system_now())
                    )
                if self._session is not None:
                    self._session.exec_driver_sql("SELECT 1")
            except SQLAlchemyError:
                log.exception("worker %s: no heartbeat", self.id)
                # Without its session others take this worker for dead: it must claim no more.
                if self._session is not None:
                    self.stopping.set()


def on_signal(stopping: threading.Event) -> Callable[[int, FrameType | None], bool]:
    """A signal handler that sets `stopping`, and does nothing when it is called again.

    It runs between two instructions of the main thread, also while that is setting the event for
    an earlier signal: it holds the event's lock then, and would wait for itself for ever.

    :return: it; it answers whether this was the first call
    """
    told = False

    def end(_signal: int, _frame: FrameType | None) -> bool:
        nonlocal told
        if told:
            return False
        told = True
        stopping.set()
        return True

    return end


def lock_key(worker_id: str) -> int:
    return int.from_bytes(sha256(worker_id.encode()).digest()[:4]) & 0x7FFF_FFFF


def is_dead(connection: Connection, worker_id: str) -> bool:
    """Whether nobody holds this worker's lock. Once dead, always dead: ids are not used again."""
    if connection.dialect.name == "sqlite":
        return _file_is_free(_path(connection.engine, worker_id))
    free = func.pg_try_advisory_xact_lock_shared(NAMESPACE, lock_key(worker_id))
    return bool(connection.scalar(select(free)))


def living(connection: Connection) -> list[str]:
    """Processes that send, or may begin to."""
    known = connection.scalars(select(Worker.id).where(Worker.ended_at.is_(None))).all()
    return [worker_id for worker_id in known if not is_dead(connection, worker_id)]


def ended(connection: Connection, worker_id: str) -> None:
    """Note that a worker ended, by itself or found dead."""
    connection.execute(
        update(Worker)
        .where(Worker.id == worker_id, Worker.ended_at.is_(None))
        .values(ended_at=system_now())
    )


def bury(connection: Connection, worker_id: str) -> None:
    """Note that a worker was found dead, and remove what it left behind."""
    ended(connection, worker_id)
    if connection.dialect.name == "sqlite":
        _path(connection.engine, worker_id).unlink(missing_ok=True)


def _path(engine: Engine, worker_id: str) -> Path:
    """Beside the database, so that all who share it see the same locks."""
    return Path(str(engine.url.database)).parent / "workers" / f"{worker_id}.lock"


def _lock_file(engine: Engine, worker_id: str) -> IO[str]:
    path = _path(engine, worker_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def _file_is_free(path: Path) -> bool:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("r"))
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True


def _lock_session(engine: Engine, worker_id: str) -> Connection:
    session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    session.detach()  # its own for good: the pool must not hand it to anyone else
    taken = session.scalar(select(func.pg_try_advisory_lock(NAMESPACE, lock_key(worker_id))))
    if not taken:
        session.close()
        raise RuntimeError(f"worker {worker_id} already lives")
    return session
