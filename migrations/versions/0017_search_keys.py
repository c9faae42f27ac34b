"""People are found by a folded key; what is done with many addresses can be taken back."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

SIZE = 5_000
NOT_KEPT, DOUBLED = re.compile(r"[^a-z0-9@]+"), re.compile(r"([a-z])\1+")
LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})
PARTS = ("first_name", "initials", "prefix", "last_name", "portfolio")
CAME_BACK = sa.text("bounced_at IS NOT NULL")


def upgrade() -> None:
    key = sa.Column("search_key", sa.String(), nullable=False, server_default="")
    op.add_column("contact", key)
    fill()
    op.create_index(op.f("ix_contact_search_key"), "contact", ["search_key"])
    op.create_index(
        op.f("ix_message_bounced_at"),
        "message",
        ["bounced_at"],
        sqlite_where=CAME_BACK,
        postgresql_where=CAME_BACK,
    )
    op.create_table(
        "bulk_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_act")),
    )
    op.create_table(
        "bulk_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["bulk_act.id"], name=op.f("fk_bulk_row_act_id_bulk_act")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_row")),
    )
    op.create_index(op.f("ix_bulk_row_act_id"), "bulk_row", ["act_id"])
    op.create_index(op.f("ix_bulk_row_contact_id"), "bulk_row", ["contact_id"])


def fill() -> None:
    columns = [sa.column("id", sa.Integer), sa.column("search_key"), *map(sa.column, PARTS)]
    table = sa.table("contact", *columns)
    here = table.c.id == sa.bindparam("at")
    connection, last = op.get_bind(), -1
    while rows := connection.execute(
        sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(SIZE)
    ).all():
        keys = [
            {"at": row.id, "key": fold(" ".join(getattr(row, part) or "" for part in PARTS))}
            for row in rows
        ]
        connection.execute(
            sa.update(table).where(here).values(search_key=sa.bindparam("key")), keys
        )
        last = rows[-1].id


def fold(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    plain = "".join(c for c in spread if not unicodedata.combining(c))
    return DOUBLED.sub(r"\1", NOT_KEPT.sub("", plain).replace("ij", "y"))
