"""The database in a backup: out of it at one moment, and back into it.

SQLite copies its own file. PostgreSQL's tables are written by COPY in one transaction that
sees one moment; they go back into tables that the migrations made, so that no program of
PostgreSQL's own is needed.
"""

import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from outreach import marking, migrating
from outreach.db import Base
from outreach.errors import Refused
from outreach.operations import backups
from outreach.operations.backups import Backup, Manifest, Table

if TYPE_CHECKING:
    from psycopg import sql

VERSION = "alembic_version"
#: Another process that holds a table this long is no passer-by.
PATIENCE = "20s"


def add_sqlite(archive: zipfile.ZipFile, manifest: Manifest, source: Path, scratch: Path) -> None:
    """Copy the file of a database that may be in use.

    :param scratch: where the copy stands meanwhile
    :raises Refused: the database is damaged
    """
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(scratch)) as copy:
        scratch.chmod(0o600)
        live.execute("PRAGMA busy_timeout=30000")
        live.backup(copy)  # all pages at once: in steps every commit would start it again
        check_sqlite(copy)
        for name in _tables_of(copy):
            rows = copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - ours
            columns = [row[1] for row in copy.execute(f'PRAGMA table_info("{name}")')]
            manifest.tables[name] = Table(rows, columns)
        copy.execute("PRAGMA journal_mode=DELETE")  # all of it in this one file
    with scratch.open("rb") as file, backups.member(archive, manifest, backups.DATABASE) as out:
        while chunk := file.read(backups.CHUNK):
            out.write(chunk)


def check_sqlite(connection: sqlite3.Connection) -> None:
    """
    :raises Refused: a page is damaged, or a row names one that is not there
    """
    (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise Refused(f"De database is beschadigd: {str(said)[:200]}.")
    if loose := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise Refused(f"De database heeft {len(loose)} rijen die nergens bij horen.")


def raise_sqlite(manifest: Manifest, path: Path, *, now: datetime) -> None:
    """Check the file of a backup, and bring it to the newest migration.

    :raises Refused: it is not what was backed up
    """
    with closing(sqlite3.connect(path)) as connection:
        check_sqlite(connection)
        tables = list(_tables_of(connection))
        query = 'SELECT count(*) FROM "{}"'
        found = {name: connection.execute(query.format(name)).fetchone()[0] for name in tables}
        check_counts(manifest, found)
    migrating.upgrade(f"sqlite:///{path}", now=now)


def add_postgresql(archive: zipfile.ZipFile, manifest: Manifest, engine: Engine) -> None:
    """Write all tables as they are at one moment."""
    with engine.connect() as plain:
        connection = plain.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        for name, columns in _columns(connection).items():
            with backups.member(archive, manifest, f"tables/{name}.copy") as out:
                with (
                    _cursor(connection) as cursor,
                    cursor.copy(_copy(name, columns, "TO STDOUT")) as source,
                ):
                    rows = 0
                    for chunk in source:
                        out.write(chunk)
                        rows += bytes(chunk).count(b"\n")  # those in a value are written \n
                manifest.tables[name] = Table(rows, columns)
        for name, number in connection.execute(
            text(
                "SELECT sequencename, last_value FROM pg_sequences"
                " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
            )
        ):
            manifest.sequences[name] = number


def load_postgresql(backup: Backup, connection: Connection) -> None:
    """Fill an empty schema, in the transaction of the caller.

    :raises Refused: the backup is of a newer version, or does not come back whole
    """
    manifest = backup.manifest
    migrating.to(connection, manifest.schema)
    marking.remove(connection)  # until all is there: the caller migrates, which makes them
    for name in _by_reference(connection):
        if name == VERSION or name not in manifest.tables:
            continue
        # A migration may have filled it.
        connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608 - ours
        table = manifest.tables[name]
        with (
            _cursor(connection) as cursor,
            cursor.copy(_copy(name, table.columns, "FROM STDIN")) as into,
        ):
            for chunk in backup.chunks(f"tables/{name}.copy"):
                into.write(chunk)
    for name, number in manifest.sequences.items():
        connection.execute(
            text("SELECT setval(format('%I', CAST(:name AS text))::regclass, :number)"),
            {"name": name, "number": number},
        )
    query = 'SELECT count(*) FROM "{}"'
    found = {
        name: connection.scalar(text(query.format(name))) or 0
        for name in inspect(connection).get_table_names(_schema(connection))
    }
    check_counts(manifest, found)


def clear_postgresql(connection: Connection) -> None:
    """Drop every table of ours, in the transaction of the caller."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    names = [*Base.metadata.tables, VERSION]
    there = [name for name in inspect(connection).get_table_names() if name in names]
    if there:
        tables = ", ".join(f'"{name}"' for name in there)
        connection.execute(text(f"DROP TABLE {tables} CASCADE"))


def check_counts(manifest: Manifest, found: dict[str, int]) -> None:
    """
    :raises Refused: a table has other rows than the backup says
    """
    for name, table in manifest.tables.items():
        if found.get(name) != table.rows:
            raise Refused(
                f"Tabel {name} heeft {found.get(name, 'geen')} rijen, volgens de reservekopie"
                f" {table.rows}. Er is niets teruggezet."
            )


def _tables_of(connection: sqlite3.Connection) -> Iterator[str]:
    """Without those that SQLite's full-text search keeps for itself."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (name,) in connection.execute(query).fetchall():
        if not name.startswith(marking.WORDS):
            yield name


def _columns(connection: Connection) -> dict[str, list[str]]:
    look = inspect(connection)
    names = [name for name in look.get_table_names() if name in (*Base.metadata.tables, VERSION)]
    return {name: [one["name"] for one in look.get_columns(name)] for name in sorted(names)}


def _by_reference(connection: Connection) -> list[str]:
    """Tables, each after those that its rows name."""
    known = MetaData()
    known.reflect(connection, schema=_schema(connection))
    return [table.name for table in known.sorted_tables]


def _schema(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_schema()")))


def _cursor(connection: Connection):  # type: ignore[no-untyped-def]
    return connection.connection.cursor()


def _copy(name: str, columns: list[str], how: str) -> "sql.Composed":
    from psycopg import sql  # noqa: PLC0415 - only where the database is PostgreSQL

    return sql.SQL("COPY {} ({}) {}").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(how)
    )
