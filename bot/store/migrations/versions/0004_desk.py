"""The desk: teams, who is connected, notes, replies held back, invitations, ratings, canned replies, owners of cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("shortcut", sa.String(length=40), nullable=False),
        sa.Column("title_de", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=False),
        sa.Column("text_de", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shortcut", name=op.f("pk_canned_reply")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name_de", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("assignment", sa.String(length=12), nullable=False),
        sa.CheckConstraint("assignment in ('manual', 'round_robin', 'least_busy')", name=op.f("ck_team_assignment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    op.create_table(
        "desk_connection",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_desk_connection_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_connection")),
    )
    op.create_index(op.f("ix_desk_connection_agent_id"), "desk_connection", ["agent_id"], unique=False)
    op.create_table(
        "rating",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("agent_name", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sentence_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(stars is null) = (rated_at is null)", name=op.f("ck_rating_rated")),
        sa.CheckConstraint("sentence is null or stars is not null", name=op.f("ck_rating_sentence")),
        sa.CheckConstraint("stars between 1 and 5", name=op.f("ck_rating_stars")),
        sa.ForeignKeyConstraint(
            ["conversation_id", "epoch"], ["tenure.conversation_id", "tenure.epoch"], name="fk_rating_tenure"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "epoch", name=op.f("pk_rating")),
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_team_member_agent_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.PrimaryKeyConstraint("team_id", "agent_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_agent_id"), "team_member", ["agent_id"], unique=False)
    op.create_table(
        "held_reply",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("agent_name", sa.String(length=120), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'sent') = (message_id is not null)", name=op.f("ck_held_reply_sent_is_a_message")),
        sa.CheckConstraint("state in ('held', 'sent', 'withdrawn', 'refused')", name=op.f("ck_held_reply_state")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_held_reply_conversation_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_held_reply_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_reply")),
        sa.UniqueConstraint("conversation_id", "agent_id", "client_id", name="uq_held_reply_client_id"),
    )
    op.create_index(
        "ix_held_reply_due",
        "held_reply",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_table(
        "invitation",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("agent_name", sa.String(length=120), nullable=False),
        sa.Column("invited_by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_invitation_agent_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_invitation_conversation_id")),
        sa.PrimaryKeyConstraint("conversation_id", "agent_id", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("ix_invitation_agent_id"), "invitation", ["agent_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=True),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("agent_name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_note_text")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_note_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("conversation_id", "agent_id", "client_id", name="uq_note_client_id"),
    )
    op.create_index("ix_note_conversation", "note", ["conversation_id", "id"], unique=False)
    op.add_column("agent", sa.Column("active_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("agent", sa.Column("available", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("agent", sa.Column("capacity", sa.Integer(), server_default="5", nullable=False))
    op.add_column("agent", sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("conversation", sa.Column("team", sa.String(length=40), server_default="service", nullable=False))
    op.add_column("conversation", sa.Column("desk_revision", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_conversation_team"), "conversation", ["team"], unique=False)
    op.add_column("service_case", sa.Column("owner_id", sa.String(length=40), nullable=True))
    op.add_column("service_case", sa.Column("owner_name", sa.String(length=120), nullable=True))
    op.add_column("service_case", sa.Column("title", sa.String(length=200), nullable=True))
    op.add_column("service_case", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("service_case", sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tenure", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    # Everything that exists belongs to the one team there was.
    op.execute(
        "insert into team (id, name_de, name_en, topics, assignment)"
        " values ('service', 'Kundenservice', 'customer service team', '[]', 'manual')"
    )
    op.execute("insert into team_member (team_id, agent_id) select 'service', id from agent")
    # Until now whoever held a conversation had taken it.
    op.execute("update tenure set seen_at = started_at where holder = 'agent'")
