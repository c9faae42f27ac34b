"""Letters that a registration answers."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column(
        "campaign",
        sa.Column("registration_answers", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
