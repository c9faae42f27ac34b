"""Long lists in pieces that a database takes at once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table, func, select

from outreach.db import db

T = TypeVar("T")

SIZE = 5_000


def of(items: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """Lists of at most `size` items, in their order."""
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def insert(table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows as the driver takes them, enums as their word and JSON as text: SQLAlchemy's
    way of doing each value takes longer than all else that a line of a list needs."""
    if not rows:
        return
    connection = db.session.connection()
    named = ", ".join(f'"{column}"' for column in columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({named}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(columns))
        driver.executemany(f"INSERT INTO {table.name} ({named}) VALUES ({marks})", rows)  # noqa: S608


def new_ids(table: Table, count: int) -> list[int]:
    """Ids for rows to insert, known beforehand: asking for them afterwards is slow by thousands.

    On PostgreSQL the table's own sequence gives them. SQLite gives the highest and one, as it
    does itself; nobody else can write before this transaction ends.
    """
    if db.engine.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        numbers = func.generate_series(1, count).table_valued("n")
        return list(db.session.scalars(select(func.nextval(sequence)).select_from(numbers)))
    highest = db.session.scalar(select(func.max(table.c.id))) or 0
    return list(range(highest + 1, highest + 1 + count))
