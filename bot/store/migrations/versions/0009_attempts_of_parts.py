"""A part of a message to WhatsApp may be attempted again after the provider said that it failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("whatsapp_part", sa.Column("attempt", sa.Integer(), server_default="0", nullable=False))
