"""The desk's own tables, and the guarantees that the database itself keeps.

- A private note is a row of its own table. What goes to a customer is a message, and only a message can be owed to a
  channel (`outbox.message_id`): no code can send a note.
- A reply that is held back is a row, and becomes a message once: its client id is the message's.
- A customer is asked for a rating once for a person's help.

Written only by the modules of this package.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import UtcDateTime, metadata

# The team of a conversation that no other team was chosen for. It always exists.
DEFAULT_TEAM = "service"

team = sa.Table(
    "team",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name_de", sa.String(120), nullable=False),
    sa.Column("name_en", sa.String(120), nullable=False),
    # Intents whose handovers come to this team.
    sa.Column("topics", sa.JSON, nullable=False),
    # Who gets a waiting conversation: whoever takes it, the next in turn, or whoever holds the fewest.
    sa.Column("assignment", sa.String(12), nullable=False),
    sa.CheckConstraint("assignment in ('manual', 'round_robin', 'least_busy')", name="assignment"),
)

team_member = sa.Table(
    "team_member",
    metadata,
    sa.Column("team_id", sa.String(40), sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agent.id"), primary_key=True, index=True),
)

desk_connection = sa.Table(
    "desk_connection",
    metadata,
    # One row for each socket of a desk, gone with it; after a kill it is too old to count.
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agent.id"), nullable=False, index=True),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

note = sa.Table(
    "note",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversation.id"), nullable=False),
    # The case that the note is about, where it is about one.
    sa.Column("case_number", sa.String(20)),
    sa.Column("agent_id", sa.String(40), nullable=False),
    sa.Column("agent_name", sa.String(120), nullable=False),
    # Written as such, or along with a step: transfer, invitation, handback, close.
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    # The newest entry of the log when it was written: its place in the thread.
    sa.Column("after_seq", sa.Integer, nullable=False),
    sa.Column("client_id", sa.String(64)),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("conversation_id", "agent_id", "client_id", name="uq_note_client_id"),
    sa.CheckConstraint("length(text) > 0", name="text"),
    sa.Index("ix_note_conversation", "conversation_id", "id"),
)

held_reply = sa.Table(
    "held_reply",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversation.id"), nullable=False),
    # The tenure in which it was written: it goes out in no other.
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("agent_id", sa.String(40), nullable=False),
    sa.Column("agent_name", sa.String(120), nullable=False),
    sa.Column("client_id", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    # held, then sent, withdrawn by the agent, or refused because the tenure was over
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("message_id", sa.String(40), sa.ForeignKey("message.id")),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("conversation_id", "agent_id", "client_id", name="uq_held_reply_client_id"),
    sa.CheckConstraint("state in ('held', 'sent', 'withdrawn', 'refused')", name="state"),
    sa.CheckConstraint("(state = 'sent') = (message_id is not null)", name="sent_is_a_message"),
    sa.Index(
        "ix_held_reply_due",
        "due_at",
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    ),
)

invitation = sa.Table(
    "invitation",
    metadata,
    # A colleague who reads along and advises in notes. The holder stays the one voice.
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversation.id"), primary_key=True),
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agent.id"), primary_key=True, index=True),
    sa.Column("agent_name", sa.String(120), nullable=False),
    sa.Column("invited_by", sa.String(120), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

agent_read = sa.Table(
    "agent_read",
    metadata,
    # The newest entry that an agent has had on screen, on whichever device.
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agent.id"), primary_key=True),
    sa.Column("conversation_id", sa.String(40), sa.ForeignKey("conversation.id"), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
)

rating = sa.Table(
    "rating",
    metadata,
    # The agent's tenure that the customer was asked about.
    sa.Column("conversation_id", sa.String(40), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("agent_id", sa.String(40), nullable=False),
    sa.Column("agent_name", sa.String(120), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("stars", sa.Integer),
    sa.Column("sentence", sa.Text),
    sa.Column("rated_at", UtcDateTime),
    # Until when the customer's next words are the sentence: the customer pressed a button that says so.
    sa.Column("sentence_until", UtcDateTime),
    sa.ForeignKeyConstraint(
        ["conversation_id", "epoch"], ["tenure.conversation_id", "tenure.epoch"], name="fk_rating_tenure"
    ),
    sa.CheckConstraint("stars between 1 and 5", name="stars"),
    sa.CheckConstraint("(stars is null) = (rated_at is null)", name="rated"),
    sa.CheckConstraint("sentence is null or stars is not null", name="sentence"),
)

canned_reply = sa.Table(
    "canned_reply",
    metadata,
    # What is typed after the slash.
    sa.Column("shortcut", sa.String(40), primary_key=True),
    sa.Column("title_de", sa.String(120), nullable=False),
    sa.Column("title_en", sa.String(120), nullable=False),
    sa.Column("text_de", sa.Text, nullable=False),
    sa.Column("text_en", sa.Text, nullable=False),
    # Intents that it answers: it is suggested where the bot understood one of them.
    sa.Column("topics", sa.JSON, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
