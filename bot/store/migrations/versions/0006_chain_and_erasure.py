"""A hash chain for each conversation; erasures on record, and what of them is still to be done elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "position", name=op.f("pk_chain")),
        sa.UniqueConstraint("conversation_id", "kind", "subject", name="uq_chain_subject"),
    )
    op.create_table(
        "erasure",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=10), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_epoch", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("asked_by in ('customer', 'company', 'retention')", name=op.f("ck_erasure_asked_by")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_erasure_conversation_id")),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_erasure")),
    )
    op.create_table(
        "erasure_task",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "place", name=op.f("pk_erasure_task")),
    )
    op.create_index(op.f("ix_erasure_task_due_at"), "erasure_task", ["due_at"])
    op.add_column("conversation", sa.Column("chain_length", sa.Integer(), server_default="0", nullable=False))
    op.add_column("conversation", sa.Column("chain_link", sa.String(length=64), server_default="", nullable=False))
