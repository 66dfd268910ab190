"""The demo's payments: one debit for each paid invoice, and the situations of two hand-made customers.

Guarantee: deterministic; every booking belongs to an invoice of the same customer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Table

from actions.crm import demo_people, tables
from actions.crm.tables_payments import payment

Row = dict[str, Any]

_FIRST_PAYMENT = 300_001


def add(rows: dict[Table, list[Row]]) -> None:
    """Add the bookings behind the invoices that `rows` holds."""
    doubled, refunded = set[str](), set[str]()
    for invoice in rows[tables.invoice]:  # each customer's newest first
        if invoice["paid_at"] is None or invoice["amount_cents"] <= 0:
            continue
        _book(rows, invoice, "debit", days=0)
        number = invoice["customer_number"]
        if number == demo_people.TICKET and number not in doubled:
            doubled.add(number)
            _book(rows, invoice, "debit", days=1)
        if number == demo_people.TOMORROW and number not in refunded:
            refunded.add(number)
            _book(rows, invoice, "debit", days=1)
            _book(rows, invoice, "refund", days=4)


def _book(rows: dict[Table, list[Row]], invoice: Row, kind: str, *, days: int) -> None:
    bookings = rows[payment]
    bookings.append(
        {
            "number": f"P-{_FIRST_PAYMENT + len(bookings)}",
            "customer_number": invoice["customer_number"],
            "invoice_number": invoice["number"],
            "kind": kind,
            "cents": invoice["amount_cents"],
            "booked_on": invoice["paid_at"] + timedelta(days=days),
        }
    )
