"""Tables of the WhatsApp channel.

- `whatsapp_item.key` is unique: whatever the provider sends, however often and to however many nodes, is one item.
- A part of an outgoing message has one row before the request goes out: a repeated try skips what was accepted.
- `whatsapp_address` leads from a user id or a number, as seen by one of our numbers, to one contact, and a contact to
  one conversation: what is said to one number is answered from it, and has its own 24 hours.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import UtcDateTime, metadata


def _longer(declared: int, length: int) -> sa.types.TypeEngine[str]:
    """A text that was made longer. SQLite holds any length, whatever was declared, and cannot change what was."""
    return sa.String(declared).with_variant(sa.String(length), "postgresql")


item = sa.Table(
    "whatsapp_item",
    metadata,
    # Kind and the provider's id, or a digest of the content where there is no usable id.
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    # The sender as named in the item; items of one sender are applied one after the other.
    sa.Column("sender", sa.String(160)),
    # Sorts by arrival, and within one request by place.
    sa.Column("place", sa.String(50), nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    # The item as it came, as ASCII JSON: nothing in it can be refused by a database.
    sa.Column("raw", sa.Text, nullable=False),
    # new; applied (it changed something); kept (nothing to do, or not known); dead (could not be applied)
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("outcome", sa.String(120)),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("state in ('new', 'applied', 'kept', 'dead')", name="state"),
    sa.Index(
        "ix_whatsapp_item_new",
        "sender",
        "place",
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    ),
)

contact = sa.Table(
    "whatsapp_contact",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversation.id"), nullable=False, unique=True),
    # The provider's id of our number that they write to, from which alone they are answered; empty where it was not
    # told, as before there could be several: then it is the first that is set.
    sa.Column("phone_number_id", sa.String(40), nullable=False, server_default=""),
    # That number itself, in digits, as the provider last wrote it.
    sa.Column("our_number", sa.String(20)),
    # The provider's id of the user, which outlives a change of number, and the number as digits: one may be unknown.
    sa.Column("user_id", _longer(130, 300)),
    sa.Column("number", sa.String(20)),
    # The same person wrote under another contact first: that one's conversation goes on.
    sa.Column("joined_into", sa.String(40), index=True),
    # Until when free text may be sent; after that only templates.
    sa.Column("window_until", UtcDateTime),
    # The customer wants nothing that the company starts by itself, since then.
    sa.Column("stopped_at", UtcDateTime),
    # When the customer was told that a kind of message is not supported: once.
    sa.Column("told_unsupported_at", UtcDateTime),
    # When the customer was told that nobody answers in groups: once.
    sa.Column("told_group_at", UtcDateTime),
    # The newest inbound message's id at the provider, and the one that was marked as read.
    sa.Column("newest_inbound", sa.String(200)),
    sa.Column("marked_read", sa.String(200)),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

address = sa.Table(
    "whatsapp_address",
    metadata,
    # Of the contact, as above; and `user:…` or `number:…`.
    sa.Column("phone_number_id", sa.String(40), primary_key=True, server_default=""),
    sa.Column("address", _longer(160, 320), primary_key=True),
    sa.Column("contact_id", sa.String(40), sa.ForeignKey("whatsapp_contact.id"), nullable=False, index=True),
    sa.Column("since", UtcDateTime, nullable=False),
)

part = sa.Table(
    "whatsapp_part",
    metadata,
    # The first log entry of the shipment, and the part's number in it: what `biz_opaque_callback_data` carries.
    sa.Column("message_id", sa.String(40), sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("parts", sa.Integer, nullable=False),
    # Which attempt this is: the provider said of earlier ones that they failed. Also in `biz_opaque_callback_data`, so
    # that a late status of an earlier attempt says nothing about this one.
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("conversation_id", sa.String(40), nullable=False, index=True),
    # Place of the shipment's last entry in its conversation: what a receipt for it covers.
    sa.Column("last_seq", sa.Integer, nullable=False),
    # The provider's id once it is known; then the part is never sent again.
    sa.Column("provider_id", sa.String(200), unique=True),
    # sending, refused, accepted, sent, failed, delivered, read, played: never back within an attempt.
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("error_code", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

rate = sa.Table(
    "whatsapp_rate",
    metadata,
    # `pair:…` or `number:…`, each with our number; what is left in the bucket at `at`, below zero while the provider
    # wants a pause.
    sa.Column("bucket", sa.String(80), primary_key=True),
    sa.Column("tokens", sa.Float, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

template_state = sa.Table(
    "whatsapp_template",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("language", sa.String(20), primary_key=True),
    # The provider's own word, such as APPROVED, REJECTED, PAUSED, and why.
    sa.Column("state", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(200)),
    sa.Column("at", UtcDateTime, nullable=False),
)
