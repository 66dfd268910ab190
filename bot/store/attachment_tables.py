"""Tables of files in conversations.

- A file belongs to one message and is written in the message's own transaction: there is no message without its file
  and no file without its message.
- What is to be put on a ticket is a row of its own, written with the turn that confirmed it: a file once per ticket,
  words once per turn.
- Content is kept once, by its SHA-256. A file refers to it by a foreign key: content that is in use cannot be removed.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import UtcDateTime, metadata

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("message_id", sa.String(40), sa.ForeignKey("message.id"), nullable=False, index=True),
    sa.Column("conversation_id", sa.String(40), nullable=False, index=True),
    sa.Column("channel", sa.String(20), nullable=False),
    # The provider's id of it: what to ask for while it is pending, and what was uploaded of one that is sent.
    sa.Column("reference", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("file_name", sa.String(200)),
    # As found in the content, never as declared.
    sa.Column("media_type", sa.String(100)),
    sa.Column("size", sa.Integer),
    sa.Column("digest", sa.String(64), sa.ForeignKey("blob.digest"), index=True),
    # pending, stored, refused (too large, a type that is not accepted), gone (the provider no longer has it), expired
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.CheckConstraint("(state = 'stored') = (digest is not null)", name="stored_has_content"),
    sa.Index(
        "ix_attachment_pending",
        "due_at",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    ),
)

ticket_file = sa.Table(
    "ticket_file",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversation.id"), nullable=False, index=True),
    # A ticket of the customer data system, or a case of the chat.
    sa.Column("ticket", sa.String(40), nullable=False),
    # A file, or words for the ticket of a case.
    sa.Column("attachment_id", sa.String(40), sa.ForeignKey("attachment.id")),
    sa.Column("text", sa.Text),
    # The turn in which the customer confirmed it.
    sa.Column("turn_id", sa.String(40), nullable=False),
    # waiting, filed, failed
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("ticket", "attachment_id", name="uq_ticket_file_once"),
    sa.CheckConstraint("(attachment_id is null) <> (text is null)", name="file_or_words"),
    sa.Index(
        "uq_ticket_file_words",
        *("ticket", "turn_id"),
        unique=True,
        sqlite_where=sa.text("attachment_id is null"),
        postgresql_where=sa.text("attachment_id is null"),
    ),
    sa.Index(
        "ix_ticket_file_waiting",
        "due_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)

blob = sa.Table(
    "blob",
    metadata,
    # SHA-256 of the content: the same picture is kept once.
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
