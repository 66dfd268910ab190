"""The customer data system on SQLAlchemy: SQLite and PostgreSQL with the same statements.

Guarantee: fulfils `CrmRepository`. Every verb is one transaction; a database that is away, slow or without tables
raises `CrmUnavailable`, and no other error leaves here but `CrmRejected`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timezone

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import addresses, queries, rows
from actions.crm.database import Database
from actions.crm.lookup import customer_by_identifier, customer_by_number, with_address
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
from actions.crm.proof import Proofs
from actions.crm.queries import first, values
from actions.crm.repository import CrmRepository
from actions.crm.sql_contacts import SqlContacts
from actions.crm.sql_contracts import SqlContracts
from actions.crm.sql_interest import SqlInterest
from actions.crm.sql_part import Clock
from actions.crm.sql_payments import SqlPayments
from actions.crm.sql_product_sheets import SqlProductSheets
from actions.crm.sql_ticket_work import SqlTicketWork
from actions.crm.sql_visits import SqlVisits
from actions.crm.sql_vouchers import SqlVouchers
from actions.crm.tables import (
    build_area,
    build_area_street,
    company,
    contract,
    customer_order,
    invoice,
    notification,
    premises,
    ticket,
    ticket_request,
)


def connect(url: str) -> CrmRepository:
    """The repository at a SQLAlchemy address (`sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`).

    Connects on first use only, so a missing database shows as `CrmUnavailable` of a verb, not here.
    """
    return SqlCrm(Database(url))


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class SqlCrm(
    SqlContacts,
    SqlContracts,
    SqlInterest,
    SqlPayments,
    SqlProductSheets,
    SqlTicketWork,
    SqlVisits,
    SqlVouchers,
    CrmRepository,
):
    """`CrmRepository` on SQL, with a part for each topic. `clock` gives aware UTC datetimes."""

    def __init__(self, database: Database, clock: Clock = _utc_now) -> None:
        super().__init__(database, clock)
        self._proofs = Proofs(database, clock)

    # --- customers and what they have ---

    async def find_customer(self, identifier: Identifier) -> Fact[Customer] | None:
        async def work(connection: AsyncConnection) -> Fact[Customer] | None:
            person = await customer_by_identifier(connection, identifier)
            return None if person is None else self._fact(person, person.number)

        return await self._database.read("find_customer", work)

    async def contracts(self, customer_number: str) -> list[Fact[Contract]]:
        return await self._all("contracts", queries.contracts_of(customer_number), rows.contract)

    async def contract(self, number: str) -> Fact[Contract] | None:
        return await self._one("contract", with_address(contract).where(contract.c.number == number), rows.contract)

    async def invoices(self, customer_number: str, limit: int = 12) -> list[Fact[Invoice]]:
        query = select(invoice).where(invoice.c.customer_number == customer_number)
        newest = query.order_by(invoice.c.period.desc(), invoice.c.number.desc()).limit(limit)
        return await self._all("invoices", newest, rows.invoice)

    async def invoice(self, number: str) -> Fact[Invoice] | None:
        return await self._one("invoice", select(invoice).where(invoice.c.number == number), rows.invoice)

    async def appointments(self, customer_number: str, *, upcoming: bool = True) -> list[Fact[Appointment]]:
        query = (
            queries.next_appointments_of(customer_number, self._clock())
            if upcoming
            else queries.all_appointments_of(customer_number)
        )
        return await self._all("appointments", query, rows.appointment)

    async def orders(self, customer_number: str) -> list[Fact[Order]]:
        table = customer_order.c
        query = with_address(customer_order).where(table.customer_number == customer_number)
        return await self._all("orders", query.order_by(table.ordered_on.desc(), table.number), rows.order)

    async def order(self, number: str) -> Fact[Order] | None:
        query = with_address(customer_order).where(customer_order.c.number == number)
        return await self._one("order", query, rows.order)

    async def overview(self, customer_number: str) -> Fact[CustomerOverview] | None:
        async def work(connection: AsyncConnection) -> Fact[CustomerOverview] | None:
            person = await customer_by_number(connection, customer_number)
            if person is None:
                return None
            unpaid = select(invoice).where(invoice.c.customer_number == customer_number, invoice.c.paid_at.is_(None))
            now = self._clock()
            view = CustomerOverview(
                customer=person,
                contracts=tuple(await values(connection, queries.contracts_of(customer_number), rows.contract)),
                open_invoice=first(await values(connection, unpaid.order_by(invoice.c.due).limit(1), rows.invoice)),
                outage=first(await values(connection, queries.outages_at(person.address, ("active",)), rows.outage)),
                next_appointment=first(
                    await values(
                        connection, queries.next_appointments_of(customer_number, now).limit(1), rows.appointment
                    )
                ),
                tickets=tuple(await values(connection, queries.tickets_of(customer_number, 5), rows.ticket)),
            )
            return self._fact(view, person.number)

        return await self._database.read("overview", work)

    # --- outages ---

    async def outages_at_postcode(
        self, postcode: str, states: Collection[OutageState] = ("active", "planned")
    ) -> list[Fact[Outage]]:
        query = queries.outages_at_postcode(postcode, states)
        return await self._all("outages_at_postcode", query, rows.outage)

    async def outages_at_address(
        self, address: Address, states: Collection[OutageState] = ("active", "planned")
    ) -> list[Fact[Outage]]:
        return await self._all("outages_at_address", queries.outages_at(address, states), rows.outage)

    # --- addresses and fibre ---

    async def find_addresses(
        self, text: str, *, postcode: str | None = None, place: str | None = None, limit: int = 5
    ) -> list[AddressHit]:
        spoken = addresses.read(text)
        postcode = postcode or spoken.postcode

        async def work(connection: AsyncConnection) -> list[AddressHit]:
            query = select(premises.c.street, premises.c.postcode, premises.c.place).distinct()
            if postcode:
                query = query.where(premises.c.postcode == postcode)
            streets = [addresses.Street(*row) for row in (await connection.execute(query)).all()]
            if place:
                streets = [street for street in streets if addresses.same_place(street.place, place)]
            ranked = addresses.rank(spoken.words, streets)[:limit]
            hits = [await queries.hit(connection, street, spoken.house_number, score) for score, street in ranked]
            return sorted(hits, key=lambda hit: (not hit.complete, -hit.score))

        return await self._database.read("find_addresses", work)

    async def address(self, key: str) -> AddressHit | None:
        async def work(connection: AsyncConnection) -> AddressHit | None:
            found = await values(connection, select(premises).where(premises.c.key == key), rows.address)
            return AddressHit(key=key, address=found[0], score=100.0, complete=True) if found else None

        return await self._database.read("address", work)

    async def fiber_availability(self, address: Address) -> Fact[FiberAvailability] | None:
        async def work(connection: AsyncConnection) -> Fact[FiberAvailability] | None:
            query = select(premises).where(
                queries.same_street(premises, address),
                premises.c.number_key == addresses.number_key(address.house_number),
            )
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            area = first(await values(connection, queries.area_at(address), rows.build_area))
            value = FiberAvailability(
                address=rows.address(row), state=row["fiber_state"], area=area, max_down_mbit=row["max_down_mbit"]
            )
            return self._fact(value, row["key"])

        return await self._database.read("fiber_availability", work)

    async def build_area(self, address: Address) -> Fact[BuildArea] | None:
        return await self._one("build_area", queries.area_at(address), rows.build_area)

    async def build_areas_at_postcode(self, postcode: str) -> list[Fact[BuildArea]]:
        inside = select(build_area_street.c.area_number).where(build_area_street.c.postcode == postcode)
        query = select(build_area).where(build_area.c.number.in_(inside)).order_by(build_area.c.number)
        return await self._all("build_areas_at_postcode", query, rows.build_area)

    # --- tickets ---

    async def tickets(self, customer_number: str, limit: int = 5) -> list[Fact[Ticket]]:
        return await self._all("tickets", queries.tickets_of(customer_number, limit), rows.ticket)

    async def ticket(self, number: str) -> Fact[Ticket] | None:
        return await self._one("ticket", select(ticket).where(ticket.c.number == number), rows.ticket)

    async def open_ticket(self, new: NewTicket, *, idempotency_key: str) -> OpenedTicket:
        async def work(connection: AsyncConnection) -> OpenedTicket:
            asked = select(ticket).join(ticket_request, ticket_request.c.ticket_id == ticket.c.id)
            known = await connection.execute(asked.where(ticket_request.c.idempotency_key == idempotency_key))
            if (row := known.mappings().first()) is not None:
                return self._opened(row, created=False)
            await queries.check_owner(connection, new)
            now = self._clock()
            row = await queries.same_fault(connection, new, now)
            created = row is None
            if row is None:
                row = await queries.insert_ticket(connection, new, now)
            await connection.execute(
                insert(ticket_request).values(idempotency_key=idempotency_key, ticket_id=row["id"])
            )
            return self._opened(row, created=created)

        return await self._database.write("open_ticket", work)

    def _opened(self, row: RowMapping, *, created: bool) -> OpenedTicket:
        return OpenedTicket(ticket=self._fact(rows.ticket(row), row["number"]), created=created)

    # --- the company ---

    async def contact_info(self) -> Fact[ContactInfo] | None:
        async def work(connection: AsyncConnection) -> Fact[ContactInfo] | None:
            found = await values(connection, select(company), rows.contact_info)
            return self._fact(found[0], "company") if found else None

        return await self._database.read("contact_info", work)

    # --- proof of identity ---

    async def start_proof(
        self, conversation_id: str, session: int, identifier: Identifier, language: str
    ) -> ProofStarted:
        return await self._proofs.start(conversation_id, session, identifier, language)

    async def check_code(
        self, conversation_id: str, session: int, code: str, *, attempt: str | None = None
    ) -> CodeResult:
        return await self._proofs.check(conversation_id, session, code, attempt)

    async def proven_customer(self, conversation_id: str, session: int) -> Fact[Customer] | None:
        found = await self._proofs.identity(conversation_id, session)
        return found.customer if found.level == "proven" else None

    async def identity(self, conversation_id: str, session: int) -> Identity:
        return await self._proofs.identity(conversation_id, session)

    # --- operation ---

    async def notifications(self, limit: int = 50) -> list[Notification]:
        async def work(connection: AsyncConnection) -> list[Notification]:
            query = select(notification).order_by(notification.c.id.desc()).limit(limit)
            return await values(connection, query, rows.notification)

        return await self._database.read("notifications", work)

    async def ping(self) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(select(company.c.id))

        await self._database.read("ping", work)

    async def close(self) -> None:
        await self._database.close()
