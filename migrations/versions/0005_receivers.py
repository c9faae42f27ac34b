"""Groups of receiving domains that take only so much, and claiming that looks no further."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

GROUPED = {
    f"{dialect}_where": sa.text("receiver_group_id IS NOT NULL")
    for dialect in ("sqlite", "postgresql")
}


def upgrade() -> None:
    op.create_table(
        "receiver_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiver_group")),
        sa.UniqueConstraint("name", name=op.f("uq_receiver_group_name")),
    )
    op.add_column("message", sa.Column("receiver_group_id", sa.Integer(), nullable=True))
    for columns, more in (
        (["state", "kind", "not_before", "id", "receiver_group_id"], {}),
        (["step_id", "state", "not_before", "id", "receiver_group_id"], {}),
        (["receiver_group_id", "state", "kind", "not_before", "id"], GROUPED),
        (["receiver_group_id", "step_id", "state", "not_before", "id"], GROUPED),
        (["receiver_group_id", "submitting_at"], GROUPED),
    ):
        op.create_index(op.f(f"ix_message_{'_'.join(columns)}"), "message", columns, **more)
    for name in ("ix_message_state_kind_not_before", "ix_message_step_id_state"):
        op.drop_index(op.f(name), table_name="message")
