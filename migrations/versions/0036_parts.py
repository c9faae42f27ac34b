"""Parts of a day that people choose."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column(
        "meeting_day",
        sa.Column("has_parts", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "meeting_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("online_url", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "taken >= 0 AND (capacity IS NULL OR taken <= capacity)",
            name=op.f("ck_meeting_part_taken"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_meeting_part_hours")),
        sa.ForeignKeyConstraint(
            ["day_id"], ["meeting_day.id"], name=op.f("fk_meeting_part_day_id_meeting_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_part")),
    )
    op.create_index(op.f("ix_meeting_part_day_id"), "meeting_part", ["day_id"])
    op.create_table(
        "part_choice",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_part_choice_registration_id_registration"),
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["meeting_part.id"], name=op.f("fk_part_choice_part_id_meeting_part")
        ),
        sa.PrimaryKeyConstraint("registration_id", "part_id", name=op.f("pk_part_choice")),
    )
    op.create_index(op.f("ix_part_choice_part_id"), "part_choice", ["part_id"])
