"""Putting a backup back. A crash leaves the old installation or the new one, never a mixture.

What is put back stands ready beside the old one first. Then the database changes in one
transaction of its own, which also notes the id of this restore; files of INSTANCE follow. Whoever
finds a restore that was cut short asks the database which of the two it is, and goes on from
there (`finish`).
"""

import fcntl
import json
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from outreach import migrating
from outreach.accounts.audit import Actor
from outreach.accounts.models import AuditEntry
from outreach.campaigns.store import Store
from outreach.contacts import erased, gemeenten
from outreach.contacts.erased import Pepper
from outreach.contacts.models import Erased
from outreach.db import Base, db, install_sqlite
from outreach.delivery import secretfiles, workers
from outreach.errors import Refused
from outreach.ledger import erasing
from outreach.operations import backing_up, backups, holding, snapshots
from outreach.operations.backing_up import FILES, Place, driver_errors
from outreach.operations.backups import Backup
from outreach.operations.holding import Held

MARKER, LOCK = "restoring.json", "restoring.lock"
STAGE = "restoring"  #: in INSTANCE: what is put back, until it is in its place
#: Filled by the product itself, also in an installation that nobody uses yet.
OF_OURSELVES = ("gemeente", "gemeente_alias", "worker", "relay", "alembic_version")


@dataclass(frozen=True)
class Restored:
    held: Held
    kept: Path | None  #: a backup of what was there


def restore(
    backup: Backup, place: Place, *, force: bool, by: Actor, now: datetime, at: datetime
) -> Restored:
    """Put a backup in the place of what is there. Call it within an application's context.

    :param force: also over an installation that holds something, which is backed up first
    :param at: the system's clock
    :raises Refused: damaged, of another kind of database or key, newer than this program; the
        installation is in use, or holds something
    """
    backup.verify()
    _refuse_others(backup, place, force=force)
    with _lock(place.instance), place.engine() as engine, migrating.alone(engine, place.url):
        _finish(place)
        _refuse_in_use(engine)
        kept = None
        if _holds_something(engine):
            if not force:
                raise Refused(
                    "Hier staat al een installatie met gegevens. Zet terug in een lege map, of"
                    " geef --force: dan wordt eerst een reservekopie gemaakt van wat er staat."
                )
            kept = place.instance / f"before-restore-{at:%Y%m%dT%H%M%S}.zip"
            backing_up.take(kept, place, at=at, noted=False)
        task = _Task(backup, place, secrets.token_hex(8), by, now, _erased(engine))
        try:
            task.stage()
            held = task.into_sqlite() if place.database else task.into_postgresql(engine)
        except (OSError, DBAPIError, *driver_errors()) as error:
            why = str(getattr(error, "orig", error)).strip().partition("\n")[0]
            raise Refused(f"Terugzetten lukt niet, en er is niets veranderd: {why}.") from error
        finally:
            _finish(place)
        erasing.remove_files(Store(place.instance / "files"), task.files)
    return Restored(held, kept)


def _erased(engine: Engine) -> list[dict[str, Any]]:
    """Who was erased here, also since the backup: it must not bring them back."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(Erased.__tablename__):
            return []
        rows = connection.execute(select(Erased.__table__)).mappings()
        return [dict(row) | {"compacted_at": None} for row in rows]


def finish(url: str, instance: Path) -> None:
    """End a restore that was cut short, if there is one: on with it, or back to what was.

    :raises Refused: it is under way in another process
    """
    if (instance / MARKER).exists() or (instance / STAGE).exists():
        with _lock(instance):
            _finish(Place(url, instance, ""))


def _finish(place: Place) -> None:
    marker, stage = place.instance / MARKER, place.instance / STAGE
    if marker.exists():
        if _is_back(place, json.loads(marker.read_text(encoding="ascii"))["id"]):
            _move_files(stage, place.instance)
        shutil.rmtree(stage, ignore_errors=True)
        marker.unlink()
        backing_up.sync_folder(place.instance)
    shutil.rmtree(stage, ignore_errors=True)


def _move_files(stage: Path, instance: Path) -> None:
    """Each step may have been done before: then there is nothing left to move."""
    for path in sorted((stage / "files").rglob("*")):
        there = instance / path.relative_to(stage)
        if path.is_file():
            there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.replace(there)
    for name in (*FILES, "senders"):
        if (stage / name).exists():
            if (instance / name).is_dir():
                shutil.rmtree(instance / name)
            (stage / name).replace(instance / name)
    backing_up.sync_folder(instance)


def _is_back(place: Place, restore_id: str) -> bool:
    """Whether the database is the one that was put back."""
    if place.database and not place.database.exists():
        return False
    with place.engine() as engine, engine.connect() as connection:
        if not inspect(connection).has_table(AuditEntry.__tablename__):
            return False
        noted = select(func.count()).where(
            AuditEntry.act == holding.ACT, AuditEntry.subject == f"restore:{restore_id}"
        )
        return bool(connection.scalar(noted))


@dataclass(frozen=True)
class _Task:
    """One backup that is put back."""

    backup: Backup
    place: Place
    id: str
    by: Actor
    now: datetime
    gone: list[dict[str, Any]]  #: who was erased, as `_erased`
    files: list[str] = field(default_factory=list)  #: that no row names any more

    @property
    def _folder(self) -> Path:
        return self.place.instance / STAGE

    def stage(self) -> None:
        """What will be moved, on disk and readable by us alone; then the note that it is there."""
        (self._folder / "senders").mkdir(mode=0o700, parents=True)  # also without: the old ones go
        self._folder.chmod(0o700)
        for name, where in self.backup.files():
            self.backup.extract(name, self._folder / where)
        secretfiles.write(self.place.instance / MARKER, json.dumps({"id": self.id}))

    def into_sqlite(self) -> Held:
        fresh = self._folder / "outreach.db"
        self.backup.extract(backups.DATABASE, fresh)
        snapshots.raise_sqlite(self.backup.manifest, fresh, now=self.now)
        engine = create_engine(f"sqlite:///{fresh}")
        install_sqlite(engine)
        try:
            with engine.begin() as connection:
                held = self._hold(connection)
        finally:
            engine.dispose()
        with closing(sqlite3.connect(fresh)) as source, closing(self._live()) as target:
            source.backup(target)  # one transaction of the target
        return held

    def into_postgresql(self, engine: Engine) -> Held:
        with engine.begin() as connection:
            snapshots.clear_postgresql(connection)
            snapshots.load_postgresql(self.backup, connection)
            migrating.to(connection)
            return self._hold(connection)

    def _live(self) -> sqlite3.Connection:
        connection = sqlite3.connect(str(self.place.database), timeout=30)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _hold(self, connection: Connection) -> Held:
        """In the transaction of `connection`, which the caller commits."""
        db.session.remove()
        staged, ours = self._folder / erased.FILE, self.place.instance / erased.FILE
        pepper = Pepper(staged if staged.exists() else ours)
        connection = connection.execution_options(**{erased.OPTION: pepper})
        session = Session(connection)
        # Bound to this one connection, unlike the sessions of the application.
        db.session.registry.set(session)  # type: ignore[arg-type]
        try:
            gemeenten.load()
            held = holding.hold(
                self.id,
                self.backup.manifest.taken_at,
                key=self.place.key,
                by=self.by,
                now=self.now,
            )
            self.files.extend(erasing.again(self.gone, by=self.by, now=self.now))
            session.flush()
        finally:
            db.session.registry.clear()
            session.close()
        return held


# ── what is refused ─────────────────────────────────────────────────────────────────────────


def _refuse_others(backup: Backup, place: Place, *, force: bool) -> None:
    manifest = backup.manifest
    engine = "sqlite" if place.database else "postgresql"
    if manifest.engine != engine:
        raise Refused(
            f"Deze reservekopie is van {manifest.engine}, en DATABASE_URL wijst naar {engine}."
        )
    if manifest.schema > migrating.newest():
        raise Refused("Deze reservekopie is van een nieuwere versie dan dit programma.")
    if manifest.key_id != backing_up.key_id(place.key) and not force:
        raise Refused(
            "Deze reservekopie hoort bij een andere SECRET_KEY: links in brieven die weg zijn,"
            " zouden niet meer werken. Geef die sleutel, of --force."
        )


def _refuse_in_use(engine: Engine) -> None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("worker"):
            return
        if living := workers.living(connection):
            raise Refused(
                f"Outreach is nog aan het werk ({living[0]}). Stop eerst outreach serve en"
                " outreach deliver."
            )


def _holds_something(engine: Engine) -> bool:
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names()) & set(Base.metadata.tables)
        return any(
            connection.scalar(text(f'SELECT 1 FROM "{name}" LIMIT 1'))  # noqa: S608 - ours
            for name in sorted(there.difference(OF_OURSELVES))
        )


@contextmanager
def _lock(instance: Path) -> Iterator[None]:
    with (instance / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "Er wordt juist een reservekopie teruggezet. Wacht tot dat af is."
            ) from None
        yield
