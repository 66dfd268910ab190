"""The table of payments."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, String, Table

from actions.crm.tables import customer, invoice, metadata

payment = Table(
    "payment",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("customer_number", ForeignKey(customer.c.number), nullable=False, index=True),
    Column("invoice_number", ForeignKey(invoice.c.number)),
    Column("kind", String(16), nullable=False),
    Column("cents", Integer, nullable=False),
    Column("booked_on", Date, nullable=False),
    CheckConstraint("cents > 0", name="a_payment_is_positive"),
)
