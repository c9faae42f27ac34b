"""What search knows of each row, word by word, and which rows it still has to read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"

SQLITE = (
    "CREATE VIRTUAL TABLE search_word USING fts5(words, content='search_entry',"
    " content_rowid='id', tokenize=\"ascii tokenchars '_'\", prefix='3')",
    "CREATE TRIGGER search_entry_insert AFTER INSERT ON search_entry BEGIN"
    " INSERT INTO search_word(rowid, words) VALUES (NEW.id, NEW.words); END",
    "CREATE TRIGGER search_entry_delete AFTER DELETE ON search_entry BEGIN"
    " INSERT INTO search_word(search_word, rowid, words)"
    " VALUES ('delete', OLD.id, OLD.words); END",
)


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "search_entry",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("kind", "row_id", name=op.f("uq_search_entry_kind_row_id")),
    )
    op.create_table(
        "search_todo",
        sa.Column("number", big, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_todo")),
        sa.UniqueConstraint("kind", "row_id", name=op.f("uq_search_todo_kind_row_id")),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
    else:
        op.create_index(
            op.f("ix_search_entry_words"), "search_entry", ["words"], postgresql_using="gin"
        )
