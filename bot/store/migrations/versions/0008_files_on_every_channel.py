"""Files on every channel: messages know that they have some, and content that is in use cannot be removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("has_files", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("update message set has_files = true where id in (select message_id from attachment)")
    op.execute("update attachment set digest = null where state <> 'stored'")
    with op.batch_alter_table("attachment") as table:
        table.create_foreign_key(op.f("fk_attachment_digest"), "blob", ["digest"], ["digest"])
        table.create_check_constraint(
            op.f("ck_attachment_stored_has_content"), "(state = 'stored') = (digest is not null)"
        )
        table.create_index(op.f("ix_attachment_message_id"), ["message_id"])
        table.create_index(op.f("ix_attachment_expires_at"), ["expires_at"])
