"""What the raad did with a letter, and answers that contradict one another."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    for name in ("handling", "url"):
        op.add_column("answer", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("answer", sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("answer", sa.Column("kept_by", sa.String(), nullable=True))
