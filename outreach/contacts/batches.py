"""Long lists in pieces that a database takes at once."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

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
