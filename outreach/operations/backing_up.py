"""Taking a backup: one file with all that this installation is, of one moment."""

import fcntl
import os
import secrets
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, create_engine

from outreach import migrating
from outreach.db import install_sqlite
from outreach.delivery import secretfiles
from outreach.errors import Refused
from outreach.operations import backups, snapshots
from outreach.operations.backups import Manifest

#: Of INSTANCE; the rest is made anew, or is of this machine alone.
FILES, FOLDERS = ("secret_key", "pepper", "needs_key"), ("senders", "files")
LAST = "last-backup.json"  #: in INSTANCE: which backup was the last


def driver_errors() -> tuple[type[Exception], type[Exception]]:
    """What the drivers raise, where SQLAlchemy is not between."""
    import psycopg  # noqa: PLC0415 - large, and asked for only when something went wrong

    return sqlite3.Error, psycopg.Error


@dataclass(frozen=True)
class Place:
    """An installation: what is backed up, and where it is put back."""

    url: str  #: of its database
    instance: Path
    key: str  #: signs its links

    @property
    def database(self) -> Path | None:
        """The file of an embedded database."""
        embedded = self.url.startswith("sqlite:///")
        return Path(self.url.removeprefix("sqlite:///")) if embedded else None

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        engine = create_engine(self.url)
        if self.database:
            install_sqlite(engine)
        try:
            yield engine
        finally:
            engine.dispose()


@dataclass(frozen=True)
class Last:
    """The last backup that was taken here."""

    path: str
    taken_at: datetime


def key_id(key: str) -> str:
    """Which key it is, without saying it."""
    return sha256(f"outreach key: {key}".encode()).hexdigest()[:16]


def take(file: Path, place: Place, *, at: datetime, noted: bool = True) -> Manifest:
    """Write a backup; `file` is whole or as it was, whenever this is ended.

    :param at: the system's clock
    :param noted: that it is the last one that was taken
    :raises Refused: the database is damaged or of another version, or the disk is full
    """
    try:
        with _part(file) as part:
            manifest = _write(part, file.with_name(f"{file.name}.part.db"), place, at)
        if noted:
            secretfiles.write_record(place.instance / LAST, Last(str(file.resolve()), at))
    except (OSError, *driver_errors()) as error:
        why = getattr(error, "strerror", None) or str(error).strip()
        raise Refused(f"De reservekopie kan niet naar {file}: {why}.") from error
    return manifest


def last(instance: Path) -> Last | None:
    """
    :raises ValueError: what was noted of it cannot be read
    """
    return secretfiles.read_record(instance / LAST, Last)


def _write(part: IO[bytes], scratch: Path, place: Place, at: datetime) -> Manifest:
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with place.engine() as engine:
            if fault := migrating.check(engine):
                raise Refused(fault)
            manifest = Manifest(
                id=secrets.token_hex(8),
                taken_at=at,
                version=version("outreach"),
                schema=migrating.newest(),
                engine=engine.dialect.name,
                key_id=key_id(place.key),
            )
            if place.database:
                try:
                    snapshots.add_sqlite(archive, manifest, place.database, scratch)
                finally:
                    scratch.unlink(missing_ok=True)
            else:
                snapshots.add_postgresql(archive, manifest, engine)
        # After the database: whatever its rows name is there by then.
        for path in _files(place.instance):
            name = f"instance/{path.relative_to(place.instance).as_posix()}"
            with path.open("rb") as source, backups.member(archive, manifest, name) as out:
                while chunk := source.read(backups.CHUNK):
                    out.write(chunk)
        archive.writestr(backups.MANIFEST, manifest.text())
    return manifest


def _files(instance: Path) -> Iterator[Path]:
    yield from (instance / name for name in FILES if (instance / name).exists())
    for folder in FOLDERS:
        for path in sorted((instance / folder).rglob("*")):
            whole = not path.name.startswith(".") and path.suffix != ".part"
            if path.is_file() and whole:  # others are being written at this moment
                yield path


@contextmanager
def _part(file: Path) -> Iterator[IO[bytes]]:
    """A file beside `file` that takes its place once it is whole and on disk."""
    path = file.with_name(f"{file.name}.part")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(descriptor), path.stat()):
                raise BlockingIOError
        except (BlockingIOError, FileNotFoundError):
            raise Refused(f"Een ander proces schrijft juist {file}.") from None
        try:
            os.fchmod(descriptor, 0o600)
            part.truncate(0)
            yield part
            part.flush()
            os.fsync(descriptor)
            path.replace(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Let a rename in it outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
