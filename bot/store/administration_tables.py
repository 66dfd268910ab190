"""Tables of the desk's administration, and what the database itself keeps of it.

- `audit_entry` is append-only: a trigger refuses every change and every deletion, on both databases.
- A recovery code is stored as its digest and deleted when it is used: it opens the desk once.
- An answer of the bot is reported as wrong once, decided once, and no wording becomes a training example twice.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import UtcDateTime, metadata

agent_session = sa.Table(
    "agent_session",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    # What lists and the audit log call the session: it opens nothing.
    sa.Column("id", sa.String(40), nullable=False, unique=True),
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agent.id"), nullable=False, index=True),
    # Where it was opened from, and with what, as the browser says.
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("client", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agent.id"), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
)

login_failure = sa.Table(
    "login_failure",
    metadata,
    # Digest of the login that was typed, whether it exists or not, or of the address it came from.
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    # When the first of these failures was; counting begins anew some time after it.
    sa.Column("since", UtcDateTime, nullable=False, index=True),
    sa.Column("locked_until", UtcDateTime),
)

audit_entry = sa.Table(
    "audit_entry",
    metadata,
    # Sorts by time.
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    # Null where nobody was logged in, as at a refused login, and for the command line.
    sa.Column("agent_id", sa.String(40), index=True),
    sa.Column("agent_name", sa.String(120), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    # What it was done to: a conversation, an account, a setting.
    sa.Column("subject", sa.String(120), nullable=False),
    # What changed, from what to what; never a secret.
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index("ix_audit_entry_subject", "subject", "id"),
)

desk_setting = sa.Table(
    "desk_setting",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("changed_by", sa.String(120), nullable=False),
)

wrong_answer = sa.Table(
    "wrong_answer",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    # The bot's message that was wrong.
    sa.Column("conversation_id", sa.String(40), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("turn_id", sa.String(40), nullable=False),
    # What the bot took it for, and what it was; null where the reporter did not know.
    sa.Column("understood", sa.String(60)),
    sa.Column("right_intent", sa.String(60)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("reported_by", sa.String(40), nullable=False),
    sa.Column("reported_name", sa.String(120), nullable=False),
    sa.Column("reported_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    # The training example as a person accepted it, without personal data.
    sa.Column("example", sa.Text),
    sa.Column("example_intent", sa.String(60)),
    # The form in which two wordings are compared: no wording is accepted twice.
    sa.Column("example_wording", sa.Text),
    sa.Column("decided_by", sa.String(120)),
    sa.Column("decided_at", UtcDateTime),
    # When the example was written into the training data.
    sa.Column("written_at", UtcDateTime),
    sa.ForeignKeyConstraint(
        ["conversation_id", "seq"], ["message.conversation_id", "message.seq"], name="fk_wrong_answer_message"
    ),
    sa.UniqueConstraint("conversation_id", "seq", name="uq_wrong_answer_message"),
    sa.CheckConstraint("state in ('open', 'accepted', 'rejected')", name="state"),
    sa.UniqueConstraint("example_wording", name="uq_wrong_answer_example_wording"),
    sa.CheckConstraint("(state = 'accepted') = (example is not null and example_intent is not null)", name="example"),
    sa.CheckConstraint("(example is null) = (example_wording is null)", name="wording"),
    sa.CheckConstraint("(state = 'open') = (decided_at is null)", name="decided"),
    sa.Index("ix_wrong_answer_state", "state", "id"),
)
