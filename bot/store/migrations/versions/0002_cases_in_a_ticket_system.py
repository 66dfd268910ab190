"""Cases know their ticket in the ticket system, its status there, and when both were last compared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("service_case", sa.Column("external_ref", sa.String(length=40), nullable=True))
    op.add_column("service_case", sa.Column("external_status", sa.String(length=24), nullable=True))
    op.add_column("service_case", sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_service_case_synced_at", "service_case", ["synced_at"], unique=False)
