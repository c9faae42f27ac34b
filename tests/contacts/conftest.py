"""What only these tests need."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from sqlalchemy import event

from outreach.db import db

# A busy machine is no fault, and nothing is kept beside the code.
settings.register_profile(
    "outreach", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("outreach")


@pytest.fixture
def statements(app: Flask) -> Iterator[Callable[[], int]]:
    """How many statements the database has had so far; one for many rows counts as one."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    yield lambda: len(seen)
    event.remove(db.engine, "before_cursor_execute", count)
