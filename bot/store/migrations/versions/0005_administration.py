"""The desk's administration: second factor, lockout, sessions, audit log, settings, wrong answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SQLITE = (
    """create trigger audit_entry_stays before update on audit_entry
       begin select raise(abort, 'the audit log is append-only'); end""",
    """create trigger audit_entry_remains before delete on audit_entry
       begin select raise(abort, 'the audit log is append-only'); end""",
)
_POSTGRESQL = (
    """create function refuse_audit_change() returns trigger language plpgsql as
       $$ begin raise exception 'the audit log is append-only' using errcode = 'integrity_constraint_violation'; end $$""",
    """create trigger audit_entry_stays before update or delete on audit_entry
       for each row execute function refuse_audit_change()""",
    """create trigger audit_entry_remains before truncate on audit_entry
       for each statement execute function refuse_audit_change()""",
)


def upgrade() -> None:
    # Who is logged in logs in again: the old sessions do not say where they were opened.
    op.drop_index(op.f("ix_agent_session_agent_id"), table_name="agent_session")
    op.drop_table("agent_session")
    op.create_table(
        "agent_session",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_session_agent_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_agent_session")),
        sa.UniqueConstraint("id", name=op.f("uq_agent_session_id")),
    )
    op.create_index(op.f("ix_agent_session_agent_id"), "agent_session", ["agent_id"], unique=False)
    op.drop_column("agent", "failures")
    op.drop_column("agent", "locked_until")
    op.add_column("agent", sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("agent", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("agent", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("agent", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.create_table(
        "recovery_code",
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_recovery_code_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "digest", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "login_failure",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failure")),
    )
    op.create_index(op.f("ix_login_failure_since"), "login_failure", ["since"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=True),
        sa.Column("agent_name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_agent_id"), "audit_entry", ["agent_id"], unique=False)
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "id"], unique=False)
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    op.create_table(
        "desk_setting",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_desk_setting")),
    )
    op.create_table(
        "wrong_answer",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("turn_id", sa.String(length=40), nullable=False),
        sa.Column("understood", sa.String(length=60), nullable=True),
        sa.Column("right_intent", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.String(length=40), nullable=False),
        sa.Column("reported_name", sa.String(length=120), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("example", sa.Text(), nullable=True),
        sa.Column("example_intent", sa.String(length=60), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('open', 'accepted', 'rejected')", name=op.f("ck_wrong_answer_state")),
        sa.CheckConstraint(
            "(state = 'accepted') = (example is not null and example_intent is not null)",
            name=op.f("ck_wrong_answer_example"),
        ),
        sa.CheckConstraint("(state = 'open') = (decided_at is null)", name=op.f("ck_wrong_answer_decided")),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"], ["message.conversation_id", "message.seq"], name="fk_wrong_answer_message"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_answer")),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_wrong_answer_message"),
    )
