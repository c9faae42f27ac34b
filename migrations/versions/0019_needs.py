"""What people ask for about food and access stands apart, sealed; who prepares a meeting."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "need",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("diet", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_need_registration_id_registration"),
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_need")),
    )
    # Not sealed yet: the key is no part of the database. The product does so at its next beat.
    op.execute(
        "INSERT INTO need (registration_id, diet, access, consent)"
        " SELECT id, '', needs, '' FROM registration WHERE needs <> '' AND cancelled_at IS NULL"
    )
    op.execute("ALTER TABLE registration DROP COLUMN needs")
    op.create_table(
        "meeting_coordinator",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("coordinator_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_coordinator_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["coordinator_id"],
            ["coordinator.id"],
            name=op.f("fk_meeting_coordinator_coordinator_id_coordinator"),
        ),
        sa.PrimaryKeyConstraint(
            "meeting_id", "coordinator_id", name=op.f("pk_meeting_coordinator")
        ),
    )
    op.create_index(
        op.f("ix_meeting_coordinator_coordinator_id"), "meeting_coordinator", ["coordinator_id"]
    )
    counted = sa.Column("needs_counted", sa.JSON(), nullable=False, server_default="{}")
    op.add_column("meeting", counted)
