"""Reminders before a meeting; a report, materials and three questions after it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    for column in (
        sa.Column("reminders", sa.JSON(), nullable=False, server_default="[7, 1]"),
        sa.Column("report", sa.Text(), nullable=False, server_default=""),
        sa.Column("materials", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("feedback", sa.JSON(), nullable=False, server_default="{}"),
    ):
        op.add_column("meeting", column)
    at = sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("registration", at)
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("days_before", sa.Integer(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["day_id"], ["meeting_day.id"], name=op.f("fk_round_day_id_meeting_day")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_round_meeting_id_meeting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("key", name=op.f("uq_round_key")),
    )
    op.create_index(op.f("ix_round_meeting_id"), "round", ["meeting_id"])
