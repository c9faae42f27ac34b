"""Checking the addresses of griffies, shared out over colleagues; how post reaches an office."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "office",
        sa.Column("channel", sa.String(length=40), nullable=False, server_default="e-mail"),
    )
    op.add_column("office", sa.Column("form_url", sa.String(), nullable=False, server_default=""))
    op.add_column("office", sa.Column("channel_since", sa.Date(), nullable=True))
    op.add_column("address", sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "address_check",
        sa.Column("gemeente_code", sa.String(), nullable=False),
        sa.Column("held_by", sa.Integer(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("later_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gemeente_code"],
            ["gemeente.code"],
            name=op.f("fk_address_check_gemeente_code_gemeente"),
        ),
        sa.ForeignKeyConstraint(
            ["held_by"], ["coordinator.id"], name=op.f("fk_address_check_held_by_coordinator")
        ),
        sa.PrimaryKeyConstraint("gemeente_code", name=op.f("pk_address_check")),
    )
