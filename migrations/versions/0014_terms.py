"""The portfolio of a wethouder, and when a term begins."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("contact", sa.Column("portfolio", sa.String(), nullable=False, server_default=""))
    op.add_column("contact", sa.Column("term_from", sa.Date(), nullable=True))
