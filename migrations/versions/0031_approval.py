"""Approval of a letter by a second person, for senders that want it."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column(
        "sender",
        sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for column in (
        sa.Column("approval_asked_by", sa.String(), nullable=False, server_default=""),
        sa.Column("approved_by", sa.String(), nullable=False, server_default=""),
        sa.Column("approval_of", sa.String(), nullable=False, server_default=""),
        sa.Column("approval_remark", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("campaign", column)
