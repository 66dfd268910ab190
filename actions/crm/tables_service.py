"""The tables of service on site and on tickets: taken windows, customers' notes and files, product sheets, keys."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Integer, LargeBinary, String, Table, Text

from actions.crm.tables import UtcDateTime, appointment, metadata, serial, ticket

# What the customer has added to a ticket.
ticket_note = Table(
    "ticket_note",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("ticket_id", ForeignKey(ticket.c.id), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# What the customer has put on a ticket, with its content.
ticket_file = Table(
    "ticket_file",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("ticket_id", ForeignKey(ticket.c.id), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# The technicians' windows that are taken: the primary key gives a window to one visit only.
visit_booking = Table(
    "visit_booking",
    metadata,
    Column("slot_key", String(24), primary_key=True),
    Column("appointment_number", ForeignKey(appointment.c.number), nullable=False, unique=True),
)

# Writes that carry a key and have been carried out: repeating one finds its record.
done_request = Table(
    "done_request",
    metadata,
    Column("operation", String(32), primary_key=True),
    Column("idempotency_key", String(200), primary_key=True),
    Column("record", String(64), nullable=False),
)

# Product information sheets, by tariff.
product_sheet = Table(
    "product_sheet",
    metadata,
    Column("tariff", String(80), primary_key=True),
    Column("max_mbit", Integer, nullable=False),
    Column("normal_mbit", Integer, nullable=False),
    Column("min_mbit", Integer, nullable=False),
    Column("issued", Date, nullable=False),
)

# Filled by the assistant's writes alone.
WRITTEN = (ticket_note, ticket_file, visit_booking, done_request)
