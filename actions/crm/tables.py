"""The tables of the SQL customer data system, for SQLite and PostgreSQL alike.

Guarantee: unique keys and checks hold what the adapter promises (a ticket per idempotency key, at most three counted
attempts per code). Times are stored as UTC and come back aware. The schema is the customer data system's own and
shares nothing with the conversations' database.
"""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC; SQLite has no zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


metadata = MetaData()

MAX_ATTEMPTS = 3

serial = BigInteger().with_variant(Integer, "sqlite")

premises = Table(
    "premises",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("street", String(120), nullable=False),
    Column("house_number", String(12), nullable=False),
    Column("postcode", String(5), nullable=False),
    Column("place", String(80), nullable=False),
    Column("street_key", String(120), nullable=False),  # `addresses.plain` of the street: what spellings share
    Column("number_key", String(12), nullable=False),
    Column("fiber_state", String(16), nullable=False),
    Column("max_down_mbit", Integer, nullable=False),
    UniqueConstraint("postcode", "place", "street_key", "number_key"),
)

customer = Table(
    "customer",
    metadata,
    Column("number", String(7), primary_key=True),
    Column("first_name", String(80), nullable=False),
    Column("last_name", String(80), nullable=False),
    Column("premises_key", ForeignKey(premises.c.key), nullable=False),
    Column("email", String(254)),
    Column("email_key", String(254), index=True),  # lower case, for the lookup
    Column("phone", String(20), index=True),  # E.164
    Column("language", String(2), nullable=False),
    Column("blocked", Boolean, nullable=False),
)

contract = Table(
    "contract",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("customer_number", ForeignKey(customer.c.number), nullable=False, index=True),
    Column("premises_key", ForeignKey(premises.c.key), nullable=False),
    Column("tariff", String(80), nullable=False),
    Column("technology", String(8), nullable=False),
    Column("status", String(12), nullable=False),
    Column("down_mbit", Integer, nullable=False),
    Column("up_mbit", Integer, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("started", Date, nullable=False),
    Column("term_end", Date),
    Column("notice_until", Date),
)

invoice = Table(
    "invoice",
    metadata,
    Column("number", String(24), primary_key=True),
    Column("customer_number", ForeignKey(customer.c.number), nullable=False, index=True),
    Column("contract_number", ForeignKey(contract.c.number), nullable=False),
    Column("period", Date, nullable=False),
    Column("issued", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    Column("due", Date, nullable=False),
    Column("paid_at", Date),
    Column("lines", JSON, nullable=False),
)

outage = Table(
    "outage",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("area", String(120), nullable=False),
    Column("postcodes", JSON, nullable=False),
    Column("streets", JSON, nullable=False),
    Column("technologies", JSON, nullable=False),
    Column("cause", String(24), nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("since", UtcDateTime, nullable=False),
    Column("expected_until", UtcDateTime),
    Column("solved_at", UtcDateTime),
    Column("what_changed_de", Text, nullable=False),
    Column("what_changed_en", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

outage_reach = Table(
    "outage_reach",
    metadata,
    Column("outage_number", ForeignKey(outage.c.number), primary_key=True),
    Column("postcode", String(5), primary_key=True, index=True),
    Column("street_key", String(120), primary_key=True),  # empty: every street of the postcode
)

build_area = Table(
    "build_area",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("place", String(80), nullable=False),
    Column("postcodes", JSON, nullable=False),
    Column("streets", JSON, nullable=False),
    Column("phase", String(24), nullable=False),
    Column("next_milestone", String(24)),
    Column("milestone_on", Date),
    Column("delayed_from", Date),
    Column("note_de", Text, nullable=False),
    Column("note_en", Text, nullable=False),
    Column("updated_on", Date, nullable=False),
)

build_area_street = Table(
    "build_area_street",
    metadata,
    Column("postcode", String(5), primary_key=True),
    Column("street_key", String(120), primary_key=True),  # a street of a postcode lies in one area only
    Column("area_number", ForeignKey(build_area.c.number), nullable=False),
)

appointment = Table(
    "appointment",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("customer_number", ForeignKey(customer.c.number), nullable=False, index=True),
    Column("contract_number", ForeignKey(contract.c.number)),
    Column("premises_key", ForeignKey(premises.c.key), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(12), nullable=False),
    Column("starts", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
)

ticket = Table(
    "ticket",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # the digits of the number
    Column("number", String(16), nullable=False, unique=True),
    Column("customer_number", ForeignKey(customer.c.number), index=True),
    Column("contract_number", ForeignKey(contract.c.number), index=True),
    Column("kind", String(16), nullable=False),
    Column("status", String(24), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("description", Text, nullable=False),
    Column("last_note_de", Text),
    Column("last_note_en", Text),
    Column("noted_at", UtcDateTime),
)

# One row per call that opened a ticket or was led to one: repeating the call leads there again.
ticket_request = Table(
    "ticket_request",
    metadata,
    Column("idempotency_key", String(200), primary_key=True),
    Column("ticket_id", ForeignKey(ticket.c.id), nullable=False),
)

customer_order = Table(
    "customer_order",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("customer_number", ForeignKey(customer.c.number), index=True),
    Column("premises_key", ForeignKey(premises.c.key), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("product", String(80), nullable=False),
    Column("status", String(16), nullable=False),
    Column("ordered_on", Date, nullable=False),
    Column("expected_on", Date),
    Column("withdrawal_until", Date, nullable=False),
    Column("next_step_de", Text, nullable=False),
    Column("next_step_en", Text, nullable=False),
)

company = Table(
    "company",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(80), nullable=False),
    Column("phone", String(20), nullable=False),
    Column("hours_de", Text, nullable=False),
    Column("hours_en", Text, nullable=False),
    Column("mail", String(254), nullable=False),
    Column("street", String(120), nullable=False),
    Column("house_number", String(12), nullable=False),
    Column("postcode", String(5), nullable=False),
    Column("place", String(80), nullable=False),
    Column("web", String(200), nullable=False),
    CheckConstraint("id = 1", name="one_company"),
)

# The newest row of a conversation's session is its current code; older ones are dead.
identity_proof = Table(
    "identity_proof",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("conversation_id", String(64), nullable=False),
    Column("session", Integer, nullable=False),
    Column("identifier_digest", LargeBinary, nullable=False),  # salted: what was typed is not kept
    Column("customer_number", ForeignKey(customer.c.number)),  # NULL: the identifier fits nobody
    Column("sent", Boolean, nullable=False),  # False: nobody has this code, so no guess can be right
    Column("salt", LargeBinary, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_attempt", String(100)),  # the caller's id of the attempt counted last
    Column("proven_at", UtcDateTime),
    CheckConstraint(f"attempts BETWEEN 0 AND {MAX_ATTEMPTS}", name="attempts_bounded"),
    CheckConstraint("proven_at IS NULL OR sent", name="proven_only_if_sent"),
    Index("ix_identity_proof_session", "conversation_id", "session"),
    Index("ix_identity_proof_customer", "customer_number", "created_at"),
    sqlite_autoincrement=True,
)

notification = Table(
    "notification",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("medium", String(4), nullable=False),
    Column("recipient", String(254), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,
)
