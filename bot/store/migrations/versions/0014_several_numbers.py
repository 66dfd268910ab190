"""WhatsApp: several numbers of our own, each with contacts of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ADDRESS, _CONTACT = "whatsapp_address", "whatsapp_contact"


def upgrade() -> None:
    ours = sa.Column("phone_number_id", sa.String(40), nullable=False, server_default="")
    op.add_column(_CONTACT, ours.copy())
    op.add_column(_CONTACT, sa.Column("our_number", sa.String(20)))
    op.create_index(op.f("ix_whatsapp_contact_joined_into"), _CONTACT, ["joined_into"])
    if op.get_bind().dialect.name != "sqlite":
        op.add_column(_ADDRESS, ours.copy())
        op.drop_constraint(op.f("pk_whatsapp_address"), _ADDRESS, type_="primary")
        op.create_primary_key(op.f("pk_whatsapp_address"), _ADDRESS, ["phone_number_id", "address"])
        return
    # SQLite changes no key: a new table with the old one's rows.
    op.drop_index(op.f("ix_whatsapp_address_contact_id"), table_name=_ADDRESS)
    op.rename_table(_ADDRESS, "whatsapp_address_before")
    op.create_table(
        _ADDRESS,
        ours.copy(),
        sa.Column("address", sa.String(length=160), nullable=False),
        sa.Column("contact_id", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["whatsapp_contact.id"], name=op.f("fk_whatsapp_address_contact_id")),
        sa.PrimaryKeyConstraint("phone_number_id", "address", name=op.f("pk_whatsapp_address")),
    )
    op.execute(
        "INSERT INTO whatsapp_address (phone_number_id, address, contact_id, since) "
        "SELECT '', address, contact_id, since FROM whatsapp_address_before"
    )
    op.drop_table("whatsapp_address_before")
    op.create_index(op.f("ix_whatsapp_address_contact_id"), _ADDRESS, ["contact_id"])
