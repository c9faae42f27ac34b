"""The database handle, the column types every table shares, and SQLite's manners."""

import sqlite3
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, Enum, MetaData, event
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from outreach import turns
from outreach.turns import PATIENCE, Turns

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: An execution option: a read-only transaction does not wait for SQLite's one writer.
READ_ONLY = {"sqlite_begin": "DEFERRED"}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment, on SQLite (which drops the zone) as on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        return _to_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        if dialect.name == "sqlite":
            return _from_sqlite
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


# Most rows that are read or written together share their moments.


@lru_cache(maxsize=1024)
def _to_sqlite(value: datetime | None) -> str | None:
    """As SQLAlchemy writes it: in UTC, without a zone."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"naive datetime: {value!r}")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=1024)
def _from_sqlite(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _values(enum: type[StrEnum]) -> list[str]:
    return [member.value for member in enum]


class Base(DeclarativeBase):
    """The base of every model. Subclass this, not `db.Model`: type checkers can read it."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UtcDateTime(),
        #: Enums are text with their value, e.g. "plv-griffier": readable in SQL, simple to extend.
        StrEnum: Enum(
            StrEnum, native_enum=False, create_constraint=False, values_callable=_values, length=40
        ),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        list[str]: JSON(),
    }


db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)


def install_sqlite(
    engine: Engine, *, foreign_keys: bool = True, patience: float = PATIENCE
) -> None:
    """Make SQLite keep its promises: one writer at a time, foreign keys, every commit on disk.

    Without BEGIN IMMEDIATE two transactions that read and then write refuse each other
    ("database is locked"), whatever the busy timeout. Writers of one engine stand in line.

    :param foreign_keys: off only for migrations (see `outreach.migrating`)
    :param patience: seconds that a writer waits for others
    """
    factory = turns.connections(Turns(), patience)

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: Dialect, _record: Any, _arguments: list[Any], options: dict[str, Any]
    ) -> None:
        options["factory"] = factory

    @event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not send BEGIN itself
        for pragma in (
            f"busy_timeout={round(patience * 1000)}",  # first: the switch to WAL can meet a lock
            "journal_mode=WAL",
            "synchronous=FULL",
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        # Straight to the driver: SQLAlchemy's way takes longer than a short transaction.
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.begin(mode)
        except sqlite3.OperationalError as error:  # whoever waits for a lock knows it by this name
            raise OperationalError(f"BEGIN {mode}", None, error) from error


def install_postgresql(engine: Engine) -> None:
    """Let nobody wait for another's lock longer than for SQLite's one writer."""

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: Dialect, _record: Any, _arguments: list[Any], options: dict[str, Any]
    ) -> None:
        limit = f"-c lock_timeout={round(PATIENCE * 1000)}"
        options["options"] = f"{options.get('options', '')} {limit}".strip()


#: PostgreSQL's names for it: a lock that did not come in time, transactions that wait for each
#: other in a circle, one that another made impossible.
_LATER = ("55P03", "40P01", "40001")


def is_busy(error: BaseException) -> bool:
    """Whether the database refused only because others write: later it may go well."""
    if isinstance(error, TimeoutError):  # all connections of this process are in use
        return True
    cause = error.orig if isinstance(error, DBAPIError) else None
    return turns.is_busy(cause) or getattr(cause, "sqlstate", "") in _LATER
