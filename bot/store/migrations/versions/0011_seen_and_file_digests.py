"""How far a person at the desk has seen a conversation, and the digest of a message's file as part of the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation", sa.Column("seen_seq", sa.Integer(), server_default="0", nullable=False))
    op.add_column("message", sa.Column("file_digest", sa.String(64)))
