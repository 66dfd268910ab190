"""Whether a request for a claimed message may have gone out: one that was claimed before counts as begun."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("begun", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE outbox SET begun = true WHERE state = 'claimed'")
