"""Rules of coordinators about mail that comes in."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "own_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_rule")),
        sa.UniqueConstraint("sender", "words", name=op.f("uq_own_rule_sender_words")),
    )
