"""Who was met at the door, by which phone, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    with op.batch_alter_table("place") as batch:
        batch.add_column(sa.Column("came_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("tapped_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("tap_key", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "door_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["day_id"], ["meeting_day.id"], name=op.f("fk_door_link_day_id_meeting_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_link")),
        sa.UniqueConstraint("secret", name=op.f("uq_door_link_secret")),
    )
    op.create_index(op.f("ix_door_link_day_id"), "door_link", ["day_id"])
    op.create_table(
        "tap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("came", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["day_id"], ["meeting_day.id"], name=op.f("fk_tap_day_id_meeting_day")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_tap_registration_id_registration"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tap")),
        sa.UniqueConstraint("key", name=op.f("uq_tap_key")),
    )
    op.create_index(op.f("ix_tap_day_id"), "tap", ["day_id"])
    op.create_index(op.f("ix_tap_registration_id_day_id"), "tap", ["registration_id", "day_id"])
