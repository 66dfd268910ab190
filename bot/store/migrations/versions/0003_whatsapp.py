"""WhatsApp: what came in, contacts, parts of messages, rates, attachments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "whatsapp_item",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=160), nullable=True),
        sa.Column("place", sa.String(length=50), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=120), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('new', 'applied', 'kept', 'dead')", name=op.f("ck_whatsapp_item_state")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_whatsapp_item")),
    )
    op.create_index(
        "ix_whatsapp_item_new",
        "whatsapp_item",
        ["sender", "place"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_table(
        "whatsapp_rate",
        sa.Column("bucket", sa.String(length=80), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_whatsapp_rate")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_attachment_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_conversation_id"), "attachment", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_attachment_digest"), "attachment", ["digest"], unique=False)
    op.create_index(
        "ix_attachment_pending",
        "attachment",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "whatsapp_contact",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=130), nullable=True),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("joined_into", sa.String(length=40), nullable=True),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_unsupported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("newest_inbound", sa.String(length=200), nullable=True),
        sa.Column("marked_read", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_whatsapp_contact_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whatsapp_contact")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_whatsapp_contact_conversation_id")),
    )
    op.create_table(
        "whatsapp_part",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_whatsapp_part_message_id")),
        sa.PrimaryKeyConstraint("message_id", "part", name=op.f("pk_whatsapp_part")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_whatsapp_part_provider_id")),
    )
    op.create_index(op.f("ix_whatsapp_part_conversation_id"), "whatsapp_part", ["conversation_id"], unique=False)
    op.create_table(
        "whatsapp_address",
        sa.Column("address", sa.String(length=160), nullable=False),
        sa.Column("contact_id", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["whatsapp_contact.id"], name=op.f("fk_whatsapp_address_contact_id")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_whatsapp_address")),
    )
    op.create_index(op.f("ix_whatsapp_address_contact_id"), "whatsapp_address", ["contact_id"], unique=False)
    op.add_column("conversation", sa.Column("verified_phone", sa.String(length=20), nullable=True))
    op.add_column("message", sa.Column("heard", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("template", sa.JSON(), nullable=True))
    op.add_column("outbox", sa.Column("joined_to", sa.String(length=40), nullable=True))
    op.create_index(op.f("ix_outbox_joined_to"), "outbox", ["joined_to"], unique=False)
