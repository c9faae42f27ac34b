"""Run migrations on the connection that `outreach.migrating` hands in."""

from typing import Any

from alembic import context

from outreach.db import Base, UtcDateTime


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our column types as SQLAlchemy's own: a migration imports none of our code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
    render_item=render_item,
    transactional_ddl=True,  # SQLite can; a killed migration leaves nothing half done
)
with context.begin_transaction():
    context.run_migrations()
