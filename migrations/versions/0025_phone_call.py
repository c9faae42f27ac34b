"""Griffies that are called, by whom, and when again."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "phone_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("held_by", sa.Integer(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_by", sa.String(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("again_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_phone_call_campaign_id_campaign")
        ),
        sa.ForeignKeyConstraint(
            ["gemeente_code"], ["gemeente.code"], name=op.f("fk_phone_call_gemeente_code_gemeente")
        ),
        sa.ForeignKeyConstraint(
            ["held_by"], ["coordinator.id"], name=op.f("fk_phone_call_held_by_coordinator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
        sa.UniqueConstraint(
            "campaign_id",
            "gemeente_code",
            "body",
            name=op.f("uq_phone_call_campaign_id_gemeente_code_body"),
        ),
    )
