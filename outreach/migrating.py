"""Bring a database to the newest schema, one process at a time, after a backup."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, inspect, text

from outreach import marking
from outreach.db import install_sqlite
from outreach.errors import Refused

MIGRATIONS = Path(__file__).parent.parent / "migrations"
LOCK = 7_041_342  #: PostgreSQL advisory lock: only one process migrates


def newest() -> str:
    """The number of the newest migration, e.g. "0003"."""
    return max(_known())


def current(connection: Connection) -> str | None:
    """The migration a database is at; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    at: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return at


def upgrade(url: str, *, now: datetime) -> Path | None:
    """Migrate the database at `url`; return the backup that was made first, if any.

    An embedded (SQLite) database that holds something is copied beside itself before
    it is touched. A database that is at the newest migration is left alone.

    :raises Refused: the database is of a newer version of the product than this one
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        # Foreign keys off: with them on, Alembic's copy-and-drop deletes the rows of child tables.
        install_sqlite(engine, foreign_keys=False)
    try:
        with alone(engine, url), engine.connect() as connection:
            at = current(connection)
            connection.rollback()
            if at == newest():
                return None
            _refuse_newer(at)
            backup = _backup(url, at, now) if at else None
            _run(connection)
            return backup
    finally:
        engine.dispose()


def check(engine: Engine) -> str | None:
    """What is wrong with the database's schema, as a sentence; None when nothing is."""
    with engine.connect() as connection:
        at = current(connection)
    if at == newest():
        return None
    needed = f"nodig is {newest()}: voer 'outreach db upgrade' uit."
    return f"De database staat op {at or 'niets'}, {needed}"


def _refuse_newer(at: str | None) -> None:
    if at is not None and at not in _known():
        raise Refused(f"De database ({at}) is van een nieuwere versie dan dit programma.")


def _known() -> set[str]:
    """The numbers of all migrations, by their files: every command asks, and few migrate."""
    return {path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py")}


def to(connection: Connection, revision: str = "head") -> None:
    """Migrate within the transaction of the caller, who commits.

    :raises Refused: this program does not know that migration
    """
    if revision != "head":
        _refuse_newer(revision)
    from alembic import command  # noqa: PLC0415 - as large as all that most commands do
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    marking.remove(connection)
    command.upgrade(config, revision)
    if current(connection) == newest():
        marking.make(connection)


def _run(connection: Connection) -> None:
    to(connection)
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            connection.rollback()
            raise Refused(f"De migratie laat {len(broken)} rijen los achter; niets is gewijzigd.")
    connection.commit()


def _backup(url: str, at: str, now: datetime) -> Path | None:
    if not url.startswith("sqlite:///"):
        return None
    path = Path(url.removeprefix("sqlite:///"))
    copy = path.with_name(f"{path.stem}-{at}-{now:%Y%m%dT%H%M%S}.backup")
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    copy.chmod(0o600)
    return copy


@contextmanager
def alone(engine: Engine, url: str) -> Iterator[None]:
    """No other process migrates this database, or puts it back from a backup, meanwhile."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f"{path.name}.migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        yield
