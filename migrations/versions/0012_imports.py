"""Lists of any layout: what a person said of their columns, and of their doubtful lines."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "import", sa.Column("fingerprint", sa.String(), nullable=False, server_default="")
    )
    for name in ("mapping", "layout"):
        op.add_column("import", sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))
    op.create_index(op.f("ix_import_fingerprint"), "import", ["fingerprint"])
    op.create_table(
        "import_file",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name=op.f("fk_import_file_import_id_import")
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_file")),
    )
    op.add_column(
        "import_row", sa.Column("choices", sa.JSON(), nullable=False, server_default="[]")
    )
    for name in ("chosen", "question"):
        op.add_column("import_row", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("import_row", sa.Column("was", sa.String(length=40), nullable=True))
