"""Folders of a mailbox that are read beside the usual ones."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    with op.batch_alter_table("mailbox") as table:
        table.add_column(sa.Column("folders", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("mailbox") as table:
        table.alter_column("folders", server_default=None)
