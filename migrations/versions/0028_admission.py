"""Who may register for a meeting, how many of one gemeente, and more that its page says."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    for column in (
        sa.Column("transport", sa.String(), nullable=False, server_default=""),
        sa.Column("hearing_loop", sa.String(), nullable=False, server_default=""),
        sa.Column("speakers", sa.Text(), nullable=False, server_default=""),
        sa.Column("open_to", sa.String(length=40), nullable=False, server_default="everyone"),
        sa.Column("invite_code", sa.String(), nullable=False, server_default=""),
        sa.Column("most_per_gemeente", sa.Integer(), nullable=True),
        sa.Column("spread_until", sa.Date(), nullable=True),
    ):
        op.add_column("meeting", column)
