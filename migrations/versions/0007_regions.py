"""Regions other than provinces, with a partner each."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "region",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("partner_email", sa.String(), nullable=False),
        sa.Column("partner_phone", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
        sa.UniqueConstraint("kind", "search_key", name=op.f("uq_region_kind_search_key")),
    )
    op.create_table(
        "region_gemeente",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_region_gemeente_region_id_region")
        ),
        sa.ForeignKeyConstraint(
            ["gemeente_code"],
            ["gemeente.code"],
            name=op.f("fk_region_gemeente_gemeente_code_gemeente"),
        ),
        sa.PrimaryKeyConstraint("region_id", "gemeente_code", name=op.f("pk_region_gemeente")),
    )
    op.create_index(op.f("ix_region_gemeente_gemeente_code"), "region_gemeente", ["gemeente_code"])
