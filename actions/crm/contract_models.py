"""What a customer can order or change: tariffs, orders, the end of a contract, contact data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from actions.crm.models import Bilingual, Contract, Customer, Expired, Fact, Locked, Model, Order, OrderKind, Wrong
from actions.crm.models import Technology as LineTechnology


class Tariff(Model, frozen=True, kw_only=True):
    """A product that can be ordered."""

    name: str  # the same in both languages
    technology: LineTechnology
    down_mbit: int
    up_mbit: int
    price_cents: int  # per month, VAT included
    setup_cents: int  # once
    term_months: int  # first term; afterwards it runs month by month


class Letter(Model, frozen=True, kw_only=True):
    """What the customer gets in writing about a write, in the customer's language. It goes to the mail address on
    file, else as a text message without its subject."""

    subject: str
    body: str


class NewOrder(Model, frozen=True, kw_only=True):
    """What a proven customer has confirmed."""

    kind: OrderKind
    product: str  # a tariff's name, or what is ordered in plain words
    customer_number: str
    contract_number: str
    address_key: str | None = None  # None: where the contract's line ends
    expected_on: date | None = None  # the day it should take effect
    note: str = ""  # for the team, as the customer said it
    next_step: Bilingual


class PlacedOrder(Model, frozen=True, kw_only=True):
    order: Fact[Order]
    created: bool  # by this call or an earlier one with its key; False: an open order of the same kind was there


class CancelledContract(Model, frozen=True, kw_only=True):
    contract: Fact[Contract]
    created: bool  # by this call or an earlier one with its key; False: it was cancelled already


class ContactCode(Model, frozen=True, kw_only=True):
    """A code that went to a new mail address or phone, to see that it is the customer's."""

    result: Literal["sent", "limited"]  # limited: five codes were sent for this customer this hour
    expires_at: datetime | None


class ContactChanged(Model, frozen=True, kw_only=True, tag="changed"):
    customer: Fact[Customer]


ContactResult = ContactChanged | Wrong | Expired | Locked
