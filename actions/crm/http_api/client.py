"""The customer data system behind the HTTP contract.

Guarantee: fulfils `CrmRepository` as the SQL adapter does; `caller` tells how errors are kept apart, `transport` has
the time limits, repetitions and the breaker.
"""

from __future__ import annotations

from collections.abc import Collection

from actions.crm.http_api.client_contracts import HttpContracts
from actions.crm.http_api.client_interest import HttpInterest
from actions.crm.http_api.client_payments import HttpPayments
from actions.crm.http_api.client_product_sheets import HttpProductSheets
from actions.crm.http_api.client_ticket_work import HttpTicketWork
from actions.crm.http_api.client_visits import HttpVisits
from actions.crm.http_api.client_vouchers import HttpVouchers
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
from actions.crm.repository import CrmRepository
from actions.crm.transport import TIME_LIMIT, HttpTransport


class HttpCrm(
    HttpContracts,
    HttpInterest,
    HttpPayments,
    HttpProductSheets,
    HttpTicketWork,
    HttpVisits,
    HttpVouchers,
    CrmRepository,
):
    """`CrmRepository` over HTTP, with a part for each topic. Connects on first use."""

    @classmethod
    def at(cls, base: str, token: str, time_limit: float = TIME_LIMIT) -> HttpCrm:
        """The system at an address, for instance `https://crm.example.org/api`. `time_limit`: seconds for one verb."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, application/problem+json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return cls(HttpTransport("customer data system", base, headers, time_limit=time_limit))

    # --- customers and what they have ---

    async def find_customer(self, identifier: Identifier) -> Fact[Customer] | None:
        found: Fact[Customer] | None = await self._call("find_customer", identifier=identifier)
        return found

    async def contracts(self, customer_number: str) -> list[Fact[Contract]]:
        found: list[Fact[Contract]] = await self._call("contracts", customer_number=customer_number)
        return found

    async def contract(self, number: str) -> Fact[Contract] | None:
        found: Fact[Contract] | None = await self._call("contract", number=number)
        return found

    async def invoices(self, customer_number: str, limit: int = 12) -> list[Fact[Invoice]]:
        found: list[Fact[Invoice]] = await self._call("invoices", customer_number=customer_number, limit=limit)
        return found

    async def invoice(self, number: str) -> Fact[Invoice] | None:
        found: Fact[Invoice] | None = await self._call("invoice", number=number)
        return found

    async def appointments(self, customer_number: str, *, upcoming: bool = True) -> list[Fact[Appointment]]:
        found: list[Fact[Appointment]] = await self._call(
            "appointments", customer_number=customer_number, upcoming=upcoming
        )
        return found

    async def orders(self, customer_number: str) -> list[Fact[Order]]:
        found: list[Fact[Order]] = await self._call("orders", customer_number=customer_number)
        return found

    async def order(self, number: str) -> Fact[Order] | None:
        found: Fact[Order] | None = await self._call("order", number=number)
        return found

    async def overview(self, customer_number: str) -> Fact[CustomerOverview] | None:
        found: Fact[CustomerOverview] | None = await self._call("overview", customer_number=customer_number)
        return found

    # --- outages ---

    async def outages_at_postcode(
        self, postcode: str, states: Collection[OutageState] = ("active", "planned")
    ) -> list[Fact[Outage]]:
        found: list[Fact[Outage]] = await self._call("outages_at_postcode", postcode=postcode, states=states)
        return found

    async def outages_at_address(
        self, address: Address, states: Collection[OutageState] = ("active", "planned")
    ) -> list[Fact[Outage]]:
        found: list[Fact[Outage]] = await self._call("outages_at_address", address=address, states=states)
        return found

    # --- addresses and fibre ---

    async def find_addresses(
        self, text: str, *, postcode: str | None = None, place: str | None = None, limit: int = 5
    ) -> list[AddressHit]:
        found: list[AddressHit] = await self._call(
            "find_addresses", text=text, postcode=postcode, place=place, limit=limit
        )
        return found

    async def address(self, key: str) -> AddressHit | None:
        found: AddressHit | None = await self._call("address", key=key)
        return found

    async def fiber_availability(self, address: Address) -> Fact[FiberAvailability] | None:
        found: Fact[FiberAvailability] | None = await self._call("fiber_availability", address=address)
        return found

    async def build_area(self, address: Address) -> Fact[BuildArea] | None:
        found: Fact[BuildArea] | None = await self._call("build_area", address=address)
        return found

    async def build_areas_at_postcode(self, postcode: str) -> list[Fact[BuildArea]]:
        found: list[Fact[BuildArea]] = await self._call("build_areas_at_postcode", postcode=postcode)
        return found

    # --- tickets ---

    async def tickets(self, customer_number: str, limit: int = 5) -> list[Fact[Ticket]]:
        found: list[Fact[Ticket]] = await self._call("tickets", customer_number=customer_number, limit=limit)
        return found

    async def ticket(self, number: str) -> Fact[Ticket] | None:
        found: Fact[Ticket] | None = await self._call("ticket", number=number)
        return found

    async def open_ticket(self, new: NewTicket, *, idempotency_key: str) -> OpenedTicket:
        opened: OpenedTicket = await self._call("open_ticket", new=new, idempotency_key=idempotency_key)
        return opened

    # --- the company ---

    async def contact_info(self) -> Fact[ContactInfo] | None:
        found: Fact[ContactInfo] | None = await self._call("contact_info")
        return found

    # --- proof of identity ---

    async def start_proof(
        self, conversation_id: str, session: int, identifier: Identifier, language: str
    ) -> ProofStarted:
        started: ProofStarted = await self._call(
            "start_proof",
            conversation_id=conversation_id,
            session=session,
            identifier=identifier,
            language=language,
        )
        return started

    async def check_code(
        self, conversation_id: str, session: int, code: str, *, attempt: str | None = None
    ) -> CodeResult:
        result: CodeResult = await self._call(
            "check_code", conversation_id=conversation_id, session=session, code=code, attempt=attempt
        )
        return result

    async def proven_customer(self, conversation_id: str, session: int) -> Fact[Customer] | None:
        found: Fact[Customer] | None = await self._call(
            "proven_customer", conversation_id=conversation_id, session=session
        )
        return found

    async def identity(self, conversation_id: str, session: int) -> Identity:
        found: Identity = await self._call("identity", conversation_id=conversation_id, session=session)
        return found

    # --- operation ---

    async def notifications(self, limit: int = 50) -> list[Notification]:
        found: list[Notification] = await self._call("notifications", limit=limit)
        return found

    async def ping(self) -> None:
        await self._call("ping")

    async def close(self) -> None:
        await self._transport.close()
