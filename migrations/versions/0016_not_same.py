"""Contacts that look alike and are two."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "not_same",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["one"], ["contact.id"], name=op.f("fk_not_same_one_contact"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other"], ["contact.id"], name=op.f("fk_not_same_other_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_not_same")),
    )
    op.create_index(op.f("ix_not_same_other"), "not_same", ["other"])
