"""A letter that goes to a few gemeenten first."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    for column in (
        sa.Column("soft_first", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("soft_gemeenten", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("soft_hours", sa.Integer(), nullable=True),
        sa.Column("soft_judged", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("campaign", column)
