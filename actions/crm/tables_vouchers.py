"""The table of identities that others vouched for."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from actions.crm.tables import UtcDateTime, customer, metadata

vouched_proof = Table(
    "vouched_proof",
    metadata,
    # The key decides that a voucher is good once, also where it is given to two processes at the same moment.
    Column("voucher", String(200), primary_key=True),
    Column("conversation_id", String(64), nullable=False),
    Column("session", Integer, nullable=False),
    Column("customer_number", ForeignKey(customer.c.number), nullable=False),
    Column("vouched_by", String(8), nullable=False),
    Column("proven_at", UtcDateTime, nullable=False),
    CheckConstraint("vouched_by IN ('phone', 'portal')", name="known_guarantor"),
    Index("ix_vouched_proof_session", "conversation_id", "session"),
)
