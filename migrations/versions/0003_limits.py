"""What a sender's mail host takes, and how large a message was when it left."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("per_minute", "per_hour", "per_day", "megabytes_per_hour", "connections"):
        op.add_column("sender", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("size", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        op.f("ix_message_sender_id_submitting_at"), "message", ["sender_id", "submitting_at"]
    )
