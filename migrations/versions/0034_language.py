"""The language in which someone registered."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    kind = sa.Enum("nl", "en", name="language", native_enum=False, length=40)
    op.add_column("registration", sa.Column("language", kind, nullable=False, server_default="nl"))
