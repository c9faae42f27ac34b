"""Whether a step waits for the raadsvergadering of each gemeente."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.add_column("step", sa.Column("council_days", sa.Integer(), nullable=True))
