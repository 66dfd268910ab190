"""The tables of contacts who are not customers yet, and of their leads."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from actions.crm.tables import UtcDateTime, customer, metadata, premises, serial

contact = Table(
    "contact",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("email", String(254), nullable=False),
    Column("email_key", String(254), nullable=False, unique=True),  # lower case
    Column("language", String(2), nullable=False),
    Column("customer_number", ForeignKey(customer.c.number), index=True),  # joined later
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

lead = Table(
    "lead",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # the digits of the number
    Column("number", String(16), nullable=False, unique=True),
    Column("contact_id", ForeignKey(contact.c.id), nullable=False),
    Column("premises_key", ForeignKey(premises.c.key), nullable=False),
    Column("wish", String(8), nullable=False),
    Column("updates", String(8), nullable=False, index=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("told", String(120)),  # the state of the build-out that the contact knows; NULL: no build-out here yet
    Column("consented_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("contact_id", "premises_key", "wish"),
)

# Filled by the assistant's writes alone, in an order in which they can be emptied.
WRITTEN = (lead, contact)
