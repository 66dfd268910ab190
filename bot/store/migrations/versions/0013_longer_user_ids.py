"""User ids of WhatsApp have up to 256 characters behind their country."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LONGER = (("whatsapp_contact", "user_id", 300), ("whatsapp_address", "address", 320))


def upgrade() -> None:
    # SQLite holds any length, whatever was declared.
    if op.get_bind().dialect.name != "sqlite":
        for table, column, length in _LONGER:
            op.alter_column(table, column, type_=sa.String(length))
