"""What the customer data system knows of money that moved."""

from __future__ import annotations

from datetime import date
from typing import Literal

from actions.crm.models import Model

PaymentKind = Literal["debit", "transfer", "refund", "returned_debit"]


class Payment(Model, frozen=True, kw_only=True):
    """One booking on a customer's account. It names no bank account."""

    number: str  # "P-300417"
    customer_number: str
    invoice_number: str | None  # None: the booking belongs to no single invoice
    kind: PaymentKind
    cents: int  # always positive; `kind` tells the direction
    booked_on: date
