"""A step that leaves so many days before a meeting."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("step", sa.Column("before", sa.String(), nullable=True))
