"""Mail that came in, whose it is, and how far each mailbox was read."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "incoming",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("from_name", sa.String(), nullable=False),
        sa.Column("from_email", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raw_sha256", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("guess", sa.String(length=40), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("proposals", sa.JSON(), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.id"], name=op.f("fk_incoming_sender_id_sender")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_incoming_dedupe_key")),
    )
    op.create_index(op.f("ix_incoming_state_received_at"), "incoming", ["state", "received_at"])
    op.create_index(op.f("ix_incoming_message_id"), "incoming", ["message_id"])
    op.create_index(op.f("ix_incoming_case_number"), "incoming", ["case_number"])
    op.create_table(
        "incoming_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incoming_id", sa.Integer(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_incoming_link_campaign_id_campaign")
        ),
        sa.ForeignKeyConstraint(
            ["gemeente_code"],
            ["gemeente.code"],
            name=op.f("fk_incoming_link_gemeente_code_gemeente"),
        ),
        sa.ForeignKeyConstraint(
            ["incoming_id"], ["incoming.id"], name=op.f("fk_incoming_link_incoming_id_incoming")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_incoming_link_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_link")),
    )
    op.create_index(op.f("ix_incoming_link_incoming_id"), "incoming_link", ["incoming_id"])
    op.create_index(
        op.f("ix_incoming_link_gemeente_code_campaign_id"),
        "incoming_link",
        ["gemeente_code", "campaign_id"],
    )
    op.create_table(
        "mailbox",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("down_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mailbox")),
    )
    op.create_table(
        "mail_folder",
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "name", name=op.f("pk_mail_folder")),
    )
