"""What the assistant may ask of the customer data system: one small protocol for every adapter.

Guarantee: every verb answers within about two seconds or raises `CrmUnavailable`; "not found" is None or an empty
list. Reading verbs change nothing. Writing verbs are atomic, and repeating one after a failure does no harm. The
protocol checks no permission: whoever shows account data must have seen `proven_customer` first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from actions.crm.contract_verbs import ContractVerbs
from actions.crm.interest_verbs import InterestVerbs
from actions.crm.models import (
    Address,
    AddressHit,
    Appointment,
    BuildArea,
    CodeResult,
    ContactInfo,
    Contract,
    Customer,
    CustomerOverview,
    Fact,
    FiberAvailability,
    Identifier,
    Identity,
    Invoice,
    NewTicket,
    Notification,
    OpenedTicket,
    Order,
    Outage,
    OutageState,
    ProofStarted,
    Ticket,
)
from actions.crm.payment_verbs import PaymentVerbs
from actions.crm.product_sheets import ProductSheetVerbs
from actions.crm.ticket_work import TicketWorkVerbs
from actions.crm.visits import VisitVerbs
from actions.crm.voucher_verbs import VoucherVerbs


class CrmRepository(
    ContractVerbs, InterestVerbs, PaymentVerbs, ProductSheetVerbs, TicketWorkVerbs, VisitVerbs, VoucherVerbs, Protocol
):
    """Customer data and proof of identity; topics of their own have a part of the protocol each."""

    # --- customers and what they have; the lists are newest first ---

    async def find_customer(self, identifier: Identifier) -> Fact[Customer] | None:
        """The one customer with this number, phone or mail address; None when there is none or more than one."""
        ...

    async def contracts(self, customer_number: str) -> list[Fact[Contract]]: ...

    async def contract(self, number: str) -> Fact[Contract] | None: ...

    async def invoices(self, customer_number: str, limit: int = 12) -> list[Fact[Invoice]]: ...

    async def invoice(self, number: str) -> Fact[Invoice] | None: ...

    async def appointments(self, customer_number: str, *, upcoming: bool = True) -> list[Fact[Appointment]]:
        """With `upcoming`, those still to come, the next one first; else all, newest first."""
        ...

    async def orders(self, customer_number: str) -> list[Fact[Order]]: ...

    async def order(self, number: str) -> Fact[Order] | None: ...

    async def overview(self, customer_number: str) -> Fact[CustomerOverview] | None:
        """All an agent needs at one glance, read at one moment."""
        ...

    # --- outages: public ---

    async def outages_at_postcode(
        self, postcode: str, states: Collection[OutageState] = ("active", "planned")
    ) -> list[Fact[Outage]]:
        """Outages that touch any street of the postcode, active ones first."""
        ...

    async def outages_at_address(
        self, address: Address, states: Collection[OutageState] = ("active", "planned")
    ) -> list[Fact[Outage]]:
        """Outages that touch the address's street, active ones first."""
        ...

    # --- addresses and fibre: public ---

    async def find_addresses(
        self, text: str, *, postcode: str | None = None, place: str | None = None, limit: int = 5
    ) -> list[AddressHit]:
        """Addresses that the words may mean ("Lindenstr. 5", typos, ae for ä), best first.

        Several hits: let the customer choose. A postcode or place in `text` counts like the argument.
        """
        ...

    async def address(self, key: str) -> AddressHit | None:
        """The address behind a hit's key."""
        ...

    async def fiber_availability(self, address: Address) -> Fact[FiberAvailability] | None:
        """None: the address is not on record. The record is the address's key."""
        ...

    async def build_area(self, address: Address) -> Fact[BuildArea] | None:
        """The build area that the address lies in."""
        ...

    async def build_areas_at_postcode(self, postcode: str) -> list[Fact[BuildArea]]: ...

    # --- tickets ---

    async def tickets(self, customer_number: str, limit: int = 5) -> list[Fact[Ticket]]: ...

    async def ticket(self, number: str) -> Fact[Ticket] | None: ...

    async def open_ticket(self, new: NewTicket, *, idempotency_key: str) -> OpenedTicket:
        """Open a ticket once per key (at most 200 characters).

        For a fault, an open fault ticket of the same contract from the last 24 hours is returned instead of a second
        one.

        Raises:
            CrmRejected: the customer or contract does not exist, or they do not belong together.
        """
        ...

    # --- the company: public ---

    async def contact_info(self) -> Fact[ContactInfo] | None: ...

    # --- proof of identity, per conversation and session ---

    async def start_proof(
        self, conversation_id: str, session: int, identifier: Identifier, language: str
    ) -> ProofStarted:
        """Send a six-digit code to the mail or phone on file, if the identifier is known.

        The answer is the same for a known and an unknown identifier. Repeated with the same identifier within 60
        seconds, it sends nothing more. At most five codes per hour and conversation ("limited"), and per customer
        (silently, because saying so would reveal the customer).
        """
        ...

    async def check_code(
        self, conversation_id: str, session: int, code: str, *, attempt: str | None = None
    ) -> CodeResult:
        """Compare a typed code with the session's latest one and count the attempt, unless `attempt` (the turn's id)
        was counted just before: then its outcome is told again."""
        ...

    async def proven_customer(self, conversation_id: str, session: int) -> Fact[Customer] | None:
        """The customer whose identity was proven in this session."""
        ...

    async def identity(self, conversation_id: str, session: int) -> Identity: ...

    # --- operation ---

    async def notifications(self, limit: int = 50) -> list[Notification]:
        """Mails and text messages sent, newest first. They hold codes in full: for the demo's outbox only."""
        ...

    async def ping(self) -> None:
        """Return when the system answers, else raise `CrmUnavailable`."""
        ...

    async def close(self) -> None: ...
