"""The tables of tariffs, and of what customers order and change."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from actions.crm.tables import MAX_ATTEMPTS, UtcDateTime, contract, customer, customer_order, metadata, serial

tariff = Table(
    "tariff",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("technology", String(8), nullable=False),
    Column("down_mbit", Integer, nullable=False),
    Column("up_mbit", Integer, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("setup_cents", Integer, nullable=False),
    Column("term_months", Integer, nullable=False),
)

# Where a technology other than DSL (everywhere) and fibre (by house, see `premises`) can be ordered.
network = Table(
    "network",
    metadata,
    Column("postcode", String(5), primary_key=True),
    Column("technology", String(8), primary_key=True),
)

# What an order is about besides the product.
order_detail = Table(
    "order_detail",
    metadata,
    Column("order_number", ForeignKey(customer_order.c.number), primary_key=True),
    Column("contract_number", ForeignKey(contract.c.number), nullable=False, index=True),
    Column("note", Text, nullable=False),
)

contact_change = Table(
    "contact_change",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("customer_number", ForeignKey(customer.c.number), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("value", String(254), nullable=False),  # normalised
    Column("shown", String(254), nullable=False),  # as the customer wrote it
    Column("salt", LargeBinary, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_attempt", String(100)),
    Column("done", Boolean, nullable=False),
    CheckConstraint(f"attempts BETWEEN 0 AND {MAX_ATTEMPTS}", name="contact_attempts_bounded"),
    sqlite_autoincrement=True,
)

# Filled by the assistant's writes alone.
WRITTEN = (order_detail, contact_change)
