"""What only these tests need."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event

from outreach.db import db


@pytest.fixture
def statements(app: Flask) -> Callable[[], int]:
    """How many statements the database has had so far; one for many rows counts as one."""
    seen: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def _count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    return lambda: len(seen)
