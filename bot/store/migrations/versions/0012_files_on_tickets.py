"""Files and words that a customer has confirmed for a ticket; whether somebody was told that groups get no answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import UtcDateTime

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("whatsapp_contact", sa.Column("told_group_at", UtcDateTime(), nullable=True))
    op.create_table(
        "ticket_file",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("conversation_id", sa.String(40), nullable=False),
        sa.Column("ticket", sa.String(40), nullable=False),
        sa.Column("attachment_id", sa.String(40)),
        sa.Column("text", sa.Text()),
        sa.Column("turn_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(attachment_id is null) <> (text is null)", name=op.f("ck_ticket_file_file_or_words")),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachment.id"], name=op.f("fk_ticket_file_attachment_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_ticket_file_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_file")),
        sa.UniqueConstraint("ticket", "attachment_id", name="uq_ticket_file_once"),
    )
    op.create_index(op.f("ix_ticket_file_conversation_id"), "ticket_file", ["conversation_id"])
    words, waiting = sa.text("attachment_id is null"), sa.text("state = 'waiting'")
    op.create_index(
        "uq_ticket_file_words",
        "ticket_file",
        ["ticket", "turn_id"],
        unique=True,
        sqlite_where=words,
        postgresql_where=words,
    )
    op.create_index("ix_ticket_file_waiting", "ticket_file", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
