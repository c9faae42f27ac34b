"""The first tables: accounts, contacts, delivery, campaigns, answers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "coordinator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("owner", "coordinator", "reader", name="role", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("fs_uniquifier", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordinator")),
        sa.UniqueConstraint("email", name=op.f("uq_coordinator_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_coordinator_fs_uniquifier")),
    )
    op.create_table(
        "gemeente",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("sort_key", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("province_code", sa.String(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("inhabitants", sa.Integer(), nullable=False),
        sa.Column("council_seats", sa.Integer(), nullable=False),
        sa.Column("website", sa.String(), nullable=False),
        sa.Column("general_email", sa.String(), nullable=False),
        sa.Column("postal_address", sa.String(), nullable=False),
        sa.Column("ris_supplier", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("successor_code", sa.String(), nullable=True),
        sa.Column("tile_column", sa.Integer(), nullable=False),
        sa.Column("tile_row", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["successor_code"], ["gemeente.code"], name=op.f("fk_gemeente_successor_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_gemeente")),
    )
    with op.batch_alter_table("gemeente", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gemeente_province"), ["province"], unique=False)
        batch_op.create_index(batch_op.f("ix_gemeente_search_key"), ["search_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_gemeente_sort_key"), ["sort_key"], unique=False)

    op.create_table(
        "relay",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("down_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_relay")),
    )
    op.create_table(
        "sender",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("subtitle", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("postal_address", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("website", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("envelope_from", sa.String(), nullable=True),
        sa.Column("own_relay", sa.Boolean(), nullable=False),
        sa.Column("own_mailbox", sa.Boolean(), nullable=False),
        sa.Column("signatories", sa.JSON(), nullable=False),
        sa.Column("cosigners", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
        sa.UniqueConstraint("email", name=op.f("uq_sender_email")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lock_key", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.id"], name=op.f("fk_audit_entry_sender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)

    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("kenmerk", sa.String(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("variants", sa.JSON(), nullable=False),
        sa.Column("pdf_letter", sa.Boolean(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("meetings", sa.JSON(), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=False),
        sa.Column("window_from", sa.Integer(), nullable=False),
        sa.Column("window_until", sa.Integer(), nullable=False),
        sa.Column("window_holidays", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "running",
                "paused",
                "cancelled",
                "finished",
                name="campaignstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("pause_reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_campaign_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("slug", name=op.f("uq_campaign_slug")),
    )
    op.create_table(
        "contact_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.id"], name=op.f("fk_contact_list_sender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_list")),
        sa.UniqueConstraint("name", name=op.f("uq_contact_list_name")),
    )
    op.create_table(
        "gemeente_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gemeente_code"], ["gemeente.code"], name=op.f("fk_gemeente_alias_gemeente_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gemeente_alias")),
    )
    with op.batch_alter_table("gemeente_alias", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_gemeente_alias_gemeente_code"), ["gemeente_code"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_gemeente_alias_search_key"), ["search_key"], unique=False
        )

    op.create_table(
        "office",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=True),
        sa.Column(
            "function",
            sa.Enum(
                "griffier",
                "plv-griffier",
                "raadslid",
                "wethouder",
                "burgemeester",
                "college",
                "informateur",
                "partner",
                name="function",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["gemeente_code"], ["gemeente.code"], name=op.f("fk_office_gemeente_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint(
            "gemeente_code", "function", name=op.f("uq_office_gemeente_code_function")
        ),
    )
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column(
            "reason",
            sa.Enum(
                "asked",
                "page",
                "one-click",
                "bounce",
                "complaint",
                name="suppressionreason",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.id"], name=op.f("fk_suppression_sender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_suppression_address_key_sender_id"),
            ["address_key", "sender_id"],
            unique=False,
        )

    op.create_table(
        "address_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_address_request_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["gemeente_code"], ["gemeente.code"], name=op.f("fk_address_request_gemeente_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_request")),
    )
    with op.batch_alter_table("address_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_address_request_campaign_id_gemeente_code_body"),
            ["campaign_id", "gemeente_code", "body"],
            unique=False,
        )

    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stops", sa.Boolean(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "link",
                "mail",
                "phone",
                "paper",
                "cli",
                "office",
                name="source",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_answer_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["gemeente_code"], ["gemeente.code"], name=op.f("fk_answer_gemeente_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_answer_campaign_id_gemeente_code_body"),
            ["campaign_id", "gemeente_code", "body"],
            unique=False,
        )

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_attachment_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("office_id", sa.Integer(), nullable=False),
        sa.Column(
            "form_of_address",
            sa.Enum(
                "heer",
                "mevrouw",
                "neutraal",
                "",
                name="formofaddress",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("titles", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("term_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_contact_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_office_id"), ["office_id"], unique=False)

    op.create_table(
        "import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=True),
        sa.Column("list_name", sa.String(), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "published",
                "consent",
                "registration",
                "existing",
                name="basis",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "shown",
                "applied",
                "discarded",
                "undone",
                name="importstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["contact_list.id"], name=op.f("fk_import_list_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_import_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_table(
        "step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "recipients",
            sa.Enum("all", "not_answered", name="recipients", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_at_wall", sa.String(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=True),
        sa.Column("after_working", sa.Boolean(), nullable=False),
        sa.Column("after_at", sa.Time(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "planned", "queued", "cancelled", name="stepstate", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_step_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint("campaign_id", "position", name=op.f("uq_step_campaign_id_position")),
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "published",
                "consent",
                "registration",
                "existing",
                name="basis",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("basis_on", sa.Date(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_address_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint(
            "contact_id", "address_key", name=op.f("uq_address_contact_id_address_key")
        ),
    )
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_address_key"), ["address_key"], unique=False)

    op.create_table(
        "contact_tag",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_tag_contact_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", "name", name=op.f("pk_contact_tag")),
    )
    op.create_table(
        "import_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "new",
                "changed",
                "unchanged",
                "doubtful",
                "refused",
                name="outcome",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("address_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_import_row_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
    )
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_row_import_id_outcome"), ["import_id", "outcome"], unique=False
        )

    op.create_table(
        "list_member",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_list_member_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name=op.f("fk_list_member_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["contact_list.id"], name=op.f("fk_list_member_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "contact_id", name=op.f("pk_list_member")),
    )
    with op.batch_alter_table("list_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_member_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_list_member_import_id"), ["import_id"], unique=False)

    op.create_table(
        "step_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_step_text_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_text")),
        sa.UniqueConstraint(
            "step_id", "variant", "number", name=op.f("uq_step_text_step_id_variant_number")
        ),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("letter", "proof", "notice", name="kind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=True),
        sa.Column("text_id", sa.Integer(), nullable=True),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("gemeente_code", sa.String(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("relay_message_id", sa.String(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=True),
        sa.Column("pdf_name", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "claimed",
                "submitting",
                "accepted",
                "deferred",
                "refused",
                "uncertain",
                "suppressed",
                "cancelled",
                "expired",
                "failed",
                name="state",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("settled_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_message_contact_id")),
        sa.ForeignKeyConstraint(
            ["gemeente_code"], ["gemeente.code"], name=op.f("fk_message_gemeente_code")
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_message_sender_id")),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_message_step_id")),
        sa.ForeignKeyConstraint(["text_id"], ["step_text.id"], name=op.f("fk_message_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_message_dedupe_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_message_message_id")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_address_key"), ["address_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_message_contact_id_step_id_variant"),
            ["contact_id", "step_id", "variant"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_message_gemeente_code_step_id_variant"),
            ["gemeente_code", "step_id", "variant"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_message_owner"), ["owner"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_message_state_kind_not_before"),
            ["state", "kind", "not_before"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_message_step_id_state"), ["step_id", "state"], unique=False
        )

    op.create_table(
        "delivery_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "from_state",
            sa.Enum(
                "queued",
                "claimed",
                "submitting",
                "accepted",
                "deferred",
                "refused",
                "uncertain",
                "suppressed",
                "cancelled",
                "expired",
                "failed",
                name="state",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "queued",
                "claimed",
                "submitting",
                "accepted",
                "deferred",
                "refused",
                "uncertain",
                "suppressed",
                "cancelled",
                "expired",
                "failed",
                name="state",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_delivery_event_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
    )
    with op.batch_alter_table("delivery_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_event_message_id"), ["message_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("delivery_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_event_message_id"))

    op.drop_table("delivery_event")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_step_id_state"))
        batch_op.drop_index(batch_op.f("ix_message_state_kind_not_before"))
        batch_op.drop_index(batch_op.f("ix_message_owner"))
        batch_op.drop_index(batch_op.f("ix_message_gemeente_code_step_id_variant"))
        batch_op.drop_index(batch_op.f("ix_message_contact_id_step_id_variant"))
        batch_op.drop_index(batch_op.f("ix_message_address_key"))

    op.drop_table("message")
    op.drop_table("step_text")
    with op.batch_alter_table("list_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_list_member_import_id"))
        batch_op.drop_index(batch_op.f("ix_list_member_contact_id"))

    op.drop_table("list_member")
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_row_import_id_outcome"))

    op.drop_table("import_row")
    op.drop_table("contact_tag")
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_address_key"))

    op.drop_table("address")
    op.drop_table("step")
    op.drop_table("import")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_office_id"))

    op.drop_table("contact")
    op.drop_table("attachment")
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answer_campaign_id_gemeente_code_body"))

    op.drop_table("answer")
    with op.batch_alter_table("address_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_request_campaign_id_gemeente_code_body"))

    op.drop_table("address_request")
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suppression_address_key_sender_id"))

    op.drop_table("suppression")
    op.drop_table("office")
    with op.batch_alter_table("gemeente_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gemeente_alias_search_key"))
        batch_op.drop_index(batch_op.f("ix_gemeente_alias_gemeente_code"))

    op.drop_table("gemeente_alias")
    op.drop_table("contact_list")
    op.drop_table("campaign")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    op.drop_table("worker")
    op.drop_table("sender")
    op.drop_table("relay")
    with op.batch_alter_table("gemeente", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gemeente_sort_key"))
        batch_op.drop_index(batch_op.f("ix_gemeente_search_key"))
        batch_op.drop_index(batch_op.f("ix_gemeente_province"))

    op.drop_table("gemeente")
    op.drop_table("coordinator")
