"""Corrections of a text that partly left."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("step", sa.Column("corrects_id", sa.Integer(), nullable=True))
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("note_step_id", sa.Integer(), nullable=True),
        sa.Column("upto_text_id", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["note_step_id"], ["step.id"], name=op.f("fk_correction_note_step_id_step")
        ),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_correction_step_id_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_step_id"), "correction", ["step_id"])
