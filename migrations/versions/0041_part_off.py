"""A part of a day that does not take place, and stays visible."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.add_column("meeting_part", sa.Column("cancelled_at", sa.DateTime(timezone=True)))
