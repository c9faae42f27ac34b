"""What went along with a version of a text, where that was corrected since."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.add_column("step_text", sa.Column("attached", sa.JSON()))
