"""To whom a step goes: what was said to a question, who comes to a meeting."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("step", sa.Column("question", sa.String(), nullable=True))
    op.add_column(
        "step", sa.Column("question_answers", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column("step", sa.Column("meeting", sa.String(), nullable=True))
    op.add_column(
        "step",
        sa.Column("meeting_registered", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
