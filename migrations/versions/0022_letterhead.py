"""Letters in reply to a document, and all that stands on a letterhead."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("reply_id", sa.Integer(), nullable=True))
        table.drop_constraint("fk_document_campaign_id_campaign", type_="foreignkey")
        for column in ("campaign_id", "reply_id"):
            table.create_foreign_key(
                op.f(f"fk_document_{column}_campaign"),
                "campaign",
                [column],
                ["id"],
                ondelete="SET NULL",
            )
    op.create_index(op.f("ix_document_reply_id"), "document", ["reply_id"])
    words = ("handled_by", "direct_phone")
    with op.batch_alter_table("campaign") as table:
        for name in words:
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("in_reply_to", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("cosigners", sa.JSON(), nullable=True))
    with op.batch_alter_table("sender") as table:
        for name in words:
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("logos", sa.JSON(), nullable=False, server_default="[]"))
    for name in ("campaign", "sender"):
        with op.batch_alter_table(name) as table:
            for column in words:
                table.alter_column(column, server_default=None)
    with op.batch_alter_table("campaign") as table:
        table.alter_column("in_reply_to", server_default=None)
    with op.batch_alter_table("sender") as table:
        table.alter_column("logos", server_default=None)
