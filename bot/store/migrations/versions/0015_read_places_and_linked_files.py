"""How far each agent has read, on every device of theirs; files that came before files had links get theirs.

The links are written behind this revision, see `bot/store/schema.py`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_read",
        sa.Column("agent_id", sa.String(40), nullable=False),
        sa.Column("conversation_id", sa.String(40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_read_agent_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_agent_read_conversation_id")),
        sa.PrimaryKeyConstraint("agent_id", "conversation_id", name=op.f("pk_agent_read")),
    )
