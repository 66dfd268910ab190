"""The tables, and the guarantees that the database itself keeps.

- A message carries epoch and holder of its tenure as a foreign key, and a check ties author to holder: a bot message
  in an agent's tenure, or a human one in the bot's, cannot be inserted by any code (one voice, always labelled).
- `(conversation_id, seq)`, `(conversation_id, origin, client_id)` and `provider_id` are unique: nothing twice.
- One open tenure per conversation, one opening message per tenure: a change of holder has exactly one word about it.
- A queue's tenure has a deadline, an agent's has an agent: no state without owner and deadline.

Written only by the modules of this package.
"""

from __future__ import annotations

from datetime import datetime, timezone

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, UTC and aware on both sides of the database. A naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        value = value.astimezone(timezone.utc)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    # The customer's address on a channel that pushes, such as a WhatsApp id; widgets have tokens instead.
    sa.Column("address", sa.String(120)),
    sa.Column("locale", sa.String(2), nullable=False),
    sa.Column("holder", sa.String(10), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    # Grows when the customer returns after a long silence; a proof of identity belongs to one session.
    sa.Column("session", sa.Integer, nullable=False),
    # Place of the newest log entry, and of the newest message by the customer.
    sa.Column("head_seq", sa.Integer, nullable=False),
    sa.Column("inbound_seq", sa.Integer, nullable=False),
    # How far the customer's client confirmed and the customer read.
    sa.Column("delivered_seq", sa.Integer, nullable=False, server_default="0"),
    sa.Column("read_seq", sa.Integer, nullable=False, server_default="0"),
    # How far a person at the desk has had it on screen.
    sa.Column("seen_seq", sa.Integer, nullable=False, server_default="0"),
    # Last turn of this epoch whose answer was committed: the brain's memory continues from it.
    sa.Column("last_turn_id", sa.String(40)),
    # How many links its chain has, and the newest of them: what the next one is built on.
    sa.Column("chain_length", sa.Integer, nullable=False, server_default="0"),
    sa.Column("chain_link", sa.String(64), nullable=False, server_default=""),
    sa.Column("customer_number", sa.String(20)),
    sa.Column("customer_name", sa.String(200)),
    sa.Column("customer_level", sa.String(10)),
    # A phone number that the channel vouches for, E.164; null where it vouches for none.
    sa.Column("verified_phone", sa.String(20)),
    # The team that a person is asked from, and whose agents see the conversation.
    sa.Column("team", sa.String(40), nullable=False, server_default="service", index=True),
    # Grows with everything that only desks show: notes, cases, replies held back, invitations.
    sa.Column("desk_revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("last_inbound_at", UtcDateTime),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(
        ["id", "epoch", "holder"],
        ["tenure.conversation_id", "tenure.epoch", "tenure.holder"],
        name="fk_conversation_current_tenure",
    ),
    sa.UniqueConstraint("channel", "address", name="uq_conversation_channel_address"),
    sa.CheckConstraint("locale in ('de', 'en')", name="locale"),
    sa.Index("ix_conversation_holder_last_at", "holder", "last_at"),
)

tenure = sa.Table(
    "tenure",
    metadata,
    sa.Column("conversation_id", sa.String(40), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("holder", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(30), nullable=False),
    sa.Column("detail", sa.Text),
    sa.Column("agent_id", sa.String(40)),
    sa.Column("agent_name", sa.String(120)),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("deadline_at", UtcDateTime),
    # When an agent who was given the conversation first looked at it; until then it is not certain that anybody has.
    sa.Column("seen_at", UtcDateTime),
    sa.UniqueConstraint("conversation_id", "epoch", "holder", name="uq_tenure_holder"),
    sa.CheckConstraint("holder in ('bot', 'queue', 'agent', 'closed')", name="holder"),
    sa.CheckConstraint("(holder = 'agent') = (agent_id is not null)", name="agent_is_named"),
    sa.CheckConstraint("holder not in ('queue', 'agent') or deadline_at is not null", name="deadline"),
    # One holder at a time.
    sa.Index(
        "uq_tenure_open",
        "conversation_id",
        unique=True,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    ),
    sa.Index(
        "ix_tenure_deadline",
        "deadline_at",
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    ),
    sa.Index(
        "ix_tenure_agent",
        "agent_id",
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    ),
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation_id", sa.String(40), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("holder", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("author_kind", sa.String(10), nullable=False),
    sa.Column("author_name", sa.String(120), nullable=False),
    # True on the one message that opens a tenure.
    sa.Column("opens", sa.Boolean, nullable=False),
    # True where the bot says that it is a bot.
    sa.Column("discloses", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("buttons", sa.JSON, nullable=False),
    sa.Column("sources", sa.JSON, nullable=False),
    sa.Column("case_number", sa.String(20)),
    # The turn that made it, for a message of the bot: leads to the trace.
    sa.Column("turn_id", sa.String(40)),
    # Who chose the client id: `customer`, or an agent's id.
    sa.Column("origin", sa.String(40)),
    sa.Column("client_id", sa.String(64)),
    # The provider's id of an inbound message, with the channel in front.
    sa.Column("provider_id", sa.String(200)),
    # The payload a pressed button stood for; null for typed text.
    sa.Column("payload", sa.Text),
    # What the bot gets instead of the text, where the log shows more or other than the customer typed: a caption
    # without the word for its picture; empty where there is nothing for the bot.
    sa.Column("heard", sa.Text),
    # Whether rows of `attachment` belong to it.
    sa.Column("has_files", sa.Boolean, nullable=False, server_default=sa.false()),
    # SHA-256 of the file that came with it, as part of the chain; null for a file that is fetched later.
    sa.Column("file_digest", sa.String(64)),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(
        ["conversation_id", "epoch", "holder"],
        ["tenure.conversation_id", "tenure.epoch", "tenure.holder"],
        name="fk_message_tenure",
    ),
    sa.UniqueConstraint("conversation_id", "seq", name="uq_message_seq"),
    sa.UniqueConstraint("conversation_id", "origin", "client_id", name="uq_message_client_id"),
    sa.UniqueConstraint("provider_id", name="uq_message_provider_id"),
    sa.CheckConstraint("author_kind <> 'bot' or holder = 'bot'", name="bot_speaks_in_its_own_tenure"),
    sa.CheckConstraint("author_kind <> 'human' or holder = 'agent'", name="human_speaks_in_its_own_tenure"),
    sa.CheckConstraint("author_kind in ('customer', 'bot', 'human', 'system')", name="author_kind"),
    sa.CheckConstraint("length(author_name) > 0", name="author_name"),
    sa.CheckConstraint("kind = 'message' or (kind = 'notice' and author_kind = 'system')", name="kind"),
    sa.Index(
        "uq_message_opens",
        "conversation_id",
        "epoch",
        unique=True,
        sqlite_where=sa.text("opens"),
        postgresql_where=sa.text("opens"),
    ),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("message_id", sa.String(40), sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("conversation_id", sa.String(40), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    # `open` until an answer, a handover or a person's tenure settles it: `outcome` says which.
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("outcome", sa.String(20)),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # When a worker may take it. A lease moves it to the lease's end, so that a dead worker's message is due again.
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("deadline_at", UtcDateTime, nullable=False),
    sa.Column("lease_token", sa.String(40)),
    sa.Column("done_at", UtcDateTime),
    sa.CheckConstraint("(state = 'done') = (outcome is not null)", name="outcome"),
    sa.Index(
        "ix_inbox_open",
        "due_at",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
    sa.Index(
        "ix_inbox_conversation",
        "conversation_id",
        "seq",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("message_id", sa.String(40), sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("conversation_id", sa.String(40), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    # pending, claimed, sent, uncertain (the provider gave no clear answer), cancelled (overtaken), dead
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # When it may be sent. A claim moves it to the claim's end.
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("claim_token", sa.String(40)),
    # Whether a request of this claim may have gone out.
    sa.Column("begun", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("provider_id", sa.String(200)),
    sa.Column("error", sa.Text),
    # The message with which this one is sent as one.
    sa.Column("joined_to", sa.String(40), index=True),
    # Name, language and values of the provider's template that is sent in the text's place; null for the text itself.
    sa.Column("template", sa.JSON(none_as_null=True)),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("channel", "provider_id", name="uq_outbox_provider_id"),
    sa.Index(
        "ix_outbox_due",
        "due_at",
        sqlite_where=sa.text("state in ('pending', 'claimed', 'uncertain')"),
        postgresql_where=sa.text("state in ('pending', 'claimed', 'uncertain')"),
    ),
    sa.Index("ix_outbox_conversation", "conversation_id", "seq"),
)

button = sa.Table(
    "button",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation_id", sa.String(40), nullable=False, index=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
)

case = sa.Table(
    "service_case",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("conversation_id", sa.String(40), nullable=False, index=True),
    # The tenure whose deadline passed; one case for each.
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("team", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(30), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    # Who works on it, once somebody does; what it is about in an agent's words; when it was last changed and solved.
    sa.Column("owner_id", sa.String(40)),
    sa.Column("owner_name", sa.String(120)),
    sa.Column("title", sa.String(200)),
    sa.Column("updated_at", UtcDateTime),
    sa.Column("solved_at", UtcDateTime),
    # The case's ticket in the company's ticket system and its status there, for instance "T-000017", "in_progress".
    sa.Column("external_ref", sa.String(40)),
    sa.Column("external_status", sa.String(24)),
    # When a worker last took the case to make or look at its ticket; no other does so soon after.
    sa.Column("synced_at", UtcDateTime, index=True),
    sa.UniqueConstraint("conversation_id", "epoch", name="uq_service_case_tenure"),
)

chain = sa.Table(
    "chain",
    metadata,
    # One link for each message, each tenure's begin and end, and each erasure: see `bot/conversation/chain.py`.
    sa.Column("conversation_id", sa.String(40), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    # The row's seq, epoch or number.
    sa.Column("subject", sa.Integer, nullable=False),
    # Gone once the row's words are erased; the digest stays. Both null where a row holds nothing to erase.
    sa.Column("salt", sa.String(32)),
    sa.Column("digest", sa.String(64)),
    sa.Column("link", sa.String(64), nullable=False),
    sa.UniqueConstraint("conversation_id", "kind", "subject", name="uq_chain_subject"),
)

erasure = sa.Table(
    "erasure",
    metadata,
    # That words were erased, up to which place, when and at whose wish: kept when they are gone.
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversation.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("asked_by", sa.String(10), nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("last_epoch", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.CheckConstraint("asked_by in ('customer', 'company', 'retention')", name="asked_by"),
)

erasure_task = sa.Table(
    "erasure_task",
    metadata,
    # What is still to be erased outside of this database. A row goes when it is done.
    sa.Column("conversation_id", sa.String(40), primary_key=True),
    sa.Column("place", sa.String(20), primary_key=True),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
)

wait_promise = sa.Table(
    "wait_promise",
    metadata,
    # The queue's tenure whose customer was told.
    sa.Column("conversation_id", sa.String(40), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    # "`share` of requests waited at most `seconds`", from `sample` requests, measured at `measured_at`.
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("sample", sa.Integer, nullable=False),
    sa.Column("measured_at", UtcDateTime, nullable=False),
    sa.Column("promised_until", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.String(10)),
    sa.Column("settled_at", UtcDateTime),
    sa.ForeignKeyConstraint(
        ["conversation_id", "epoch"], ["tenure.conversation_id", "tenure.epoch"], name="fk_wait_promise_tenure"
    ),
    sa.CheckConstraint("outcome in ('kept', 'broken', 'withdrawn')", name="outcome"),
)

trace = sa.Table(
    "trace",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("turn_id", sa.String(40), nullable=False),
    sa.Column("conversation_id", sa.String(40), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    # Newest customer message that the turn saw.
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False),
    sa.Column("milliseconds", sa.Float, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.CheckConstraint("outcome in ('committed', 'suppressed', 'failed')", name="outcome"),
    sa.Index("ix_trace_conversation", "conversation_id", "seq"),
)

widget_token = sa.Table(
    "widget_token",
    metadata,
    # Digest of the token; the token itself is known to the customer's browser alone.
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("conversation_id", sa.String(40), nullable=False, index=True),
    sa.Column("human_button_id", sa.String(40), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime, nullable=False),
)

agent = sa.Table(
    "agent",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("login", sa.String(80), nullable=False, unique=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    # Encrypted; in use from the moment at which a code made with it was given.
    sa.Column("totp_secret", sa.Text),
    sa.Column("totp_confirmed_at", UtcDateTime),
    # The time step of the last code that was accepted: none is accepted twice.
    sa.Column("totp_step", sa.BigInteger),
    # Null while the account may be used.
    sa.Column("deactivated_at", UtcDateTime),
    # When a desk of this agent was last connected, when the agent last did something there, and whether they chose to
    # be given conversations. All three are asked before one is given.
    sa.Column("last_seen_at", UtcDateTime),
    sa.Column("active_at", UtcDateTime),
    sa.Column("available", sa.Boolean, nullable=False, server_default=sa.true()),
    # How many conversations are given at once, and when the last one was.
    sa.Column("capacity", sa.Integer, nullable=False, server_default="5"),
    sa.Column("assigned_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

stream = sa.Table(
    "stream",
    metadata,
    # Taken from the counter as the last step of a transaction, under its row lock: positions become visible in order.
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("conversation_id", sa.String(40), nullable=False),
    sa.Column("seq", sa.Integer),
)

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
