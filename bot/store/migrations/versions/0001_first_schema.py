"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("login", name=op.f("uq_agent_login")),
    )
    op.create_table(
        "button",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_button")),
    )
    op.create_index(op.f("ix_button_conversation_id"), "button", ["conversation_id"], unique=False)
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "service_case",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_service_case")),
        sa.UniqueConstraint("conversation_id", "epoch", name="uq_service_case_tenure"),
    )
    op.create_index(op.f("ix_service_case_conversation_id"), "service_case", ["conversation_id"], unique=False)
    op.create_table(
        "stream",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_stream")),
    )
    op.create_table(
        "tenure",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.String(length=40), nullable=True),
        sa.Column("agent_name", sa.String(length=120), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(holder = 'agent') = (agent_id is not null)", name=op.f("ck_tenure_agent_is_named")),
        sa.CheckConstraint("holder in ('bot', 'queue', 'agent', 'closed')", name=op.f("ck_tenure_holder")),
        sa.CheckConstraint(
            "holder not in ('queue', 'agent') or deadline_at is not null", name=op.f("ck_tenure_deadline")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "epoch", name=op.f("pk_tenure")),
        sa.UniqueConstraint("conversation_id", "epoch", "holder", name="uq_tenure_holder"),
    )
    op.create_index(
        "ix_tenure_agent",
        "tenure",
        ["agent_id"],
        unique=False,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_tenure_deadline",
        "tenure",
        ["deadline_at"],
        unique=False,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "uq_tenure_open",
        "tenure",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "trace",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("turn_id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("milliseconds", sa.Float(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome in ('committed', 'suppressed', 'failed')", name=op.f("ck_trace_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace")),
    )
    op.create_index("ix_trace_conversation", "trace", ["conversation_id", "seq"], unique=False)
    op.create_table(
        "widget_token",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("human_button_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_widget_token")),
    )
    op.create_index(op.f("ix_widget_token_conversation_id"), "widget_token", ["conversation_id"], unique=False)
    op.create_table(
        "agent_session",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_session_agent_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_agent_session")),
    )
    op.create_index(op.f("ix_agent_session_agent_id"), "agent_session", ["agent_id"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=True),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("holder", sa.String(length=10), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("inbound_seq", sa.Integer(), nullable=False),
        sa.Column("delivered_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("read_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_turn_id", sa.String(length=40), nullable=True),
        sa.Column("customer_number", sa.String(length=20), nullable=True),
        sa.Column("customer_name", sa.String(length=200), nullable=True),
        sa.Column("customer_level", sa.String(length=10), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("locale in ('de', 'en')", name=op.f("ck_conversation_locale")),
        sa.ForeignKeyConstraint(
            ["id", "epoch", "holder"],
            ["tenure.conversation_id", "tenure.epoch", "tenure.holder"],
            name="fk_conversation_current_tenure",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("channel", "address", name="uq_conversation_channel_address"),
    )
    op.create_index("ix_conversation_holder_last_at", "conversation", ["holder", "last_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("author_kind", sa.String(length=10), nullable=False),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("discloses", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=True),
        sa.Column("turn_id", sa.String(length=40), nullable=True),
        sa.Column("origin", sa.String(length=40), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "author_kind <> 'bot' or holder = 'bot'", name=op.f("ck_message_bot_speaks_in_its_own_tenure")
        ),
        sa.CheckConstraint(
            "author_kind <> 'human' or holder = 'agent'", name=op.f("ck_message_human_speaks_in_its_own_tenure")
        ),
        sa.CheckConstraint(
            "author_kind in ('customer', 'bot', 'human', 'system')", name=op.f("ck_message_author_kind")
        ),
        sa.CheckConstraint(
            "kind = 'message' or (kind = 'notice' and author_kind = 'system')", name=op.f("ck_message_kind")
        ),
        sa.CheckConstraint("length(author_name) > 0", name=op.f("ck_message_author_name")),
        sa.ForeignKeyConstraint(
            ["conversation_id", "epoch", "holder"],
            ["tenure.conversation_id", "tenure.epoch", "tenure.holder"],
            name="fk_message_tenure",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("conversation_id", "origin", "client_id", name="uq_message_client_id"),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_message_seq"),
        sa.UniqueConstraint("provider_id", name="uq_message_provider_id"),
    )
    op.create_index(
        "uq_message_opens",
        "message",
        ["conversation_id", "epoch"],
        unique=True,
        sqlite_where=sa.text("opens"),
        postgresql_where=sa.text("opens"),
    )
    op.create_table(
        "wait_promise",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome in ('kept', 'broken', 'withdrawn')", name=op.f("ck_wait_promise_outcome")),
        sa.ForeignKeyConstraint(
            ["conversation_id", "epoch"], ["tenure.conversation_id", "tenure.epoch"], name="fk_wait_promise_tenure"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "epoch", name=op.f("pk_wait_promise")),
    )
    op.create_table(
        "inbox",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=40), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (outcome is not null)", name=op.f("ck_inbox_outcome")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_inbox_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_conversation",
        "inbox",
        ["conversation_id", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_token", sa.String(length=40), nullable=True),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_outbox_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("channel", "provider_id", name="uq_outbox_provider_id"),
    )
    op.create_index("ix_outbox_conversation", "outbox", ["conversation_id", "seq"], unique=False)
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state in ('pending', 'claimed', 'uncertain')"),
        postgresql_where=sa.text("state in ('pending', 'claimed', 'uncertain')"),
    )
    op.bulk_insert(
        sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger)),
        [{"name": "stream", "value": 0}, {"name": "case", "value": 0}],
    )


def downgrade() -> None:
    op.drop_index(
        "ix_outbox_due",
        table_name="outbox",
        sqlite_where=sa.text("state in ('pending', 'claimed', 'uncertain')"),
        postgresql_where=sa.text("state in ('pending', 'claimed', 'uncertain')"),
    )
    op.drop_index("ix_outbox_conversation", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(
        "ix_inbox_open",
        table_name="inbox",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index(
        "ix_inbox_conversation",
        table_name="inbox",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("inbox")
    op.drop_table("wait_promise")
    op.drop_index(
        "uq_message_opens", table_name="message", sqlite_where=sa.text("opens"), postgresql_where=sa.text("opens")
    )
    op.drop_table("message")
    op.drop_index("ix_conversation_holder_last_at", table_name="conversation")
    op.drop_table("conversation")
    op.drop_index(op.f("ix_agent_session_agent_id"), table_name="agent_session")
    op.drop_table("agent_session")
    op.drop_index(op.f("ix_widget_token_conversation_id"), table_name="widget_token")
    op.drop_table("widget_token")
    op.drop_index("ix_trace_conversation", table_name="trace")
    op.drop_table("trace")
    op.drop_index(
        "uq_tenure_open",
        table_name="tenure",
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.drop_index(
        "ix_tenure_deadline",
        table_name="tenure",
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.drop_index(
        "ix_tenure_agent",
        table_name="tenure",
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.drop_table("tenure")
    op.drop_table("stream")
    op.drop_index(op.f("ix_service_case_conversation_id"), table_name="service_case")
    op.drop_table("service_case")
    op.drop_table("counter")
    op.drop_index(op.f("ix_button_conversation_id"), table_name="button")
    op.drop_table("button")
    op.drop_table("agent")
