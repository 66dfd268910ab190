"""Customer data from one system, tickets from another.

Guarantee: fulfils `CrmRepository`. Whatever is not a ticket goes to the customer data system unchanged. Tickets exist
in the ticket system only; that their customer and contract belong together is still checked against the customer data.
With the ticket system away, an overview comes without tickets and says so; the verbs of tickets are unavailable.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import msgspec
import structlog

from actions.crm.due import due_at
from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.models import (
    Bilingual,
    CustomerOverview,
    Fact,
    Identifier,
    NewTicket,
    OpenedTicket,
    Ticket,
    TicketKind,
)
from actions.crm.repository import CrmRepository
from actions.crm.ticket_work import NewFile, TicketFile, TicketNote
from actions.crm.tickets import OPEN, Filed, Note, StoredFile, Texts, TicketDraft, TicketSystem

log = structlog.get_logger(__name__)

SAME_FAULT = timedelta(hours=24)  # a second report within this time belongs to the first
_SUBJECT_LENGTH = 120


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class RoutedTickets:
    """`CrmRepository` of two systems. Closing it closes both."""

    def __init__(self, crm: CrmRepository, tickets: TicketSystem, clock: Callable[[], datetime] = _utc_now) -> None:
        self._crm = crm
        self._tickets = tickets
        self._clock = clock
        # Passed through as they are.
        self.find_customer = crm.find_customer
        self.contracts = crm.contracts
        self.contract = crm.contract
        self.invoices = crm.invoices
        self.invoice = crm.invoice
        self.appointments = crm.appointments
        self.orders = crm.orders
        self.order = crm.order
        self.outages_at_postcode = crm.outages_at_postcode
        self.outages_at_address = crm.outages_at_address
        self.find_addresses = crm.find_addresses
        self.address = crm.address
        self.fiber_availability = crm.fiber_availability
        self.build_area = crm.build_area
        self.build_areas_at_postcode = crm.build_areas_at_postcode
        self.contact_info = crm.contact_info
        self.start_proof = crm.start_proof
        self.check_code = crm.check_code
        self.proven_customer = crm.proven_customer
        self.identity = crm.identity
        self.payments = crm.payments
        self.register_interest = crm.register_interest
        self.interest_by_token = crm.interest_by_token
        self.set_updates = crm.set_updates
        self.updates_due = crm.updates_due
        self.send_update = crm.send_update
        self.tariffs_at = crm.tariffs_at
        self.place_order = crm.place_order
        self.withdraw_order = crm.withdraw_order
        self.withdraw_open_order = crm.withdraw_open_order
        self.cancel_contract = crm.cancel_contract
        self.start_contact_change = crm.start_contact_change
        self.confirm_contact_change = crm.confirm_contact_change
        self.vouch = crm.vouch
        self.notifications = crm.notifications
        self.visit_slots = crm.visit_slots
        self.book_visit = crm.book_visit
        self.move_visit = crm.move_visit
        self.cancel_visit = crm.cancel_visit
        self.product_sheet = crm.product_sheet

    async def overview(self, customer_number: str) -> Fact[CustomerOverview] | None:
        """See `CrmRepository.overview`; the tickets are read a moment later than the rest."""
        fact = await self._crm.overview(customer_number)
        if fact is None:
            return None
        try:
            facts = await self.tickets(customer_number)
        except CrmUnavailable as error:
            log.warning("an overview without tickets", cause=error.cause)
            view = msgspec.structs.replace(fact.value, tickets=(), tickets_known=False)
        else:
            view = msgspec.structs.replace(fact.value, tickets=tuple(found.value for found in facts))
        return Fact(value=view, record=fact.record, as_of=fact.as_of)

    async def tickets(self, customer_number: str, limit: int = 5) -> list[Fact[Ticket]]:
        """See `CrmRepository.tickets`."""
        return await self._facts(await self._tickets.search([f"customer/{customer_number}"], limit=limit))

    async def ticket(self, number: str) -> Fact[Ticket] | None:
        """See `CrmRepository.ticket`."""
        found = await self._tickets.by_number(number)
        return None if found is None else (await self._facts([found]))[0]

    async def open_ticket(self, new: NewTicket, *, idempotency_key: str) -> OpenedTicket:
        """See `CrmRepository.open_ticket`."""
        known = await self._tickets.by_key(idempotency_key)
        if known is not None:
            return await self._opened(known, created=False)
        owner, mail = await self._owner(new)
        joined = await self._same_fault(new)
        if joined is not None:
            await self._tickets.join(joined.number, key=idempotency_key)
            return await self._opened(joined, created=False)
        marks = [f"kind/{new.kind}"]
        if owner is not None:
            marks.append(f"customer/{owner}")
        if new.contract_number is not None:
            marks.append(f"contract/{new.contract_number}")
        draft = TicketDraft(
            subject=_subject(new),
            content=new.description,
            requestor=mail,
            marks=tuple(marks),
            due_at=new.due_at or due_at(new.kind, self._clock()),
        )
        filed, created = await self._tickets.file(draft, key=idempotency_key)
        return await self._opened(filed, created=created)

    async def ticket_notes(self, number: str) -> list[Fact[TicketNote]]:
        """See `TicketWorkVerbs.ticket_notes`."""
        notes = await self._tickets.notes(number)
        now = self._clock()
        return [Fact(value=_note(number, note), record=number, as_of=now) for note in notes]

    async def add_ticket_note(self, number: str, text: str, *, idempotency_key: str) -> Fact[TicketNote]:
        """See `TicketWorkVerbs.add_ticket_note`."""
        await self._existing(number, "add_ticket_note")
        note = await self._tickets.add_note(number, text, key=idempotency_key)
        return Fact(value=_note(number, note), record=number, as_of=self._clock())

    async def ticket_files(self, number: str) -> list[Fact[TicketFile]]:
        """See `TicketWorkVerbs.ticket_files`."""
        files = await self._tickets.files(number)
        now = self._clock()
        return [Fact(value=_file(number, file), record=number, as_of=now) for file in files]

    async def add_ticket_file(self, number: str, file: NewFile, *, idempotency_key: str) -> Fact[TicketFile]:
        """See `TicketWorkVerbs.add_ticket_file`."""
        await self._existing(number, "add_ticket_file")
        stored = await self._tickets.add_file(number, file, key=idempotency_key)
        return Fact(value=_file(number, stored), record=number, as_of=self._clock())

    async def reopen_ticket(self, number: str, reason: str, *, idempotency_key: str) -> Fact[Ticket]:
        """See `TicketWorkVerbs.reopen_ticket`."""
        found = await self._existing(number, "reopen_ticket")
        if found.status not in OPEN:
            kind = _kind(found)
            await self._tickets.reopen(number, due_at=due_at(kind, self._clock()))
        await self._tickets.add_note(number, reason, key=idempotency_key)
        return (await self._facts([await self._existing(number, "reopen_ticket")]))[0]

    async def ping(self) -> None:
        """Return when both systems answer."""
        await self._crm.ping()
        await self._tickets.ping()

    async def close(self) -> None:
        """Close both systems."""
        await self._crm.close()
        await self._tickets.close()

    async def _owner(self, new: NewTicket) -> tuple[str | None, str | None]:
        """The customer's number and mail address, once it is certain that customer and contract belong together."""
        owner = new.customer_number
        if new.contract_number is not None:
            contract = await self._crm.contract(new.contract_number)
            if contract is None or owner not in (None, contract.value.customer_number):
                raise CrmRejected("open_ticket", "no such contract of this customer")
            owner = contract.value.customer_number
        if owner is None:
            return None, None
        customer = await self._crm.find_customer(Identifier(kind="number", value=owner))
        if customer is None:
            raise CrmRejected("open_ticket", "no such customer")
        return owner, customer.value.email

    async def _existing(self, number: str, operation: str) -> Filed:
        found = await self._tickets.by_number(number)
        if found is None:
            raise CrmRejected(operation, "no such ticket")
        return found

    async def _same_fault(self, new: NewTicket) -> Filed | None:
        if new.kind != "fault" or new.contract_number is None:
            return None
        marks = [f"contract/{new.contract_number}", "kind/fault"]
        found = await self._tickets.search(marks, statuses=OPEN, since=self._clock() - SAME_FAULT, limit=1)
        return found[0] if found else None

    async def _opened(self, filed: Filed, *, created: bool) -> OpenedTicket:
        return OpenedTicket(ticket=(await self._facts([filed]))[0], created=created)

    async def _facts(self, found: list[Filed]) -> list[Fact[Ticket]]:
        texts = await self._tickets.texts(found)
        now = self._clock()
        return [
            Fact(value=_ticket(filed, text), record=filed.number, as_of=now)
            for filed, text in zip(found, texts, strict=True)
        ]


def _kind(filed: Filed) -> TicketKind:
    try:
        kind: TicketKind = msgspec.convert(filed.marked("kind"), TicketKind)
    except msgspec.ValidationError:
        return "other"  # made by a person in the ticket system
    return kind


def _note(number: str, note: Note) -> TicketNote:
    return TicketNote(ticket_number=number, text=note.text, noted_at=note.at)


def _file(number: str, file: StoredFile) -> TicketFile:
    return TicketFile(
        ticket_number=number, name=file.name, media_type=file.media_type, size=file.size, added_at=file.at
    )


def _ticket(filed: Filed, texts: Texts) -> Ticket:
    kind = _kind(filed)
    note = texts.last_note
    return Ticket(
        number=filed.number,
        customer_number=filed.marked("customer"),
        contract_number=filed.marked("contract"),
        kind=kind,
        status=filed.status,
        opened_at=filed.opened_at,
        due_at=filed.due_at or due_at(kind, filed.opened_at),
        description=texts.description,
        # Written by a person, in the language that person chose.
        last_note=None if note is None else Bilingual(de=note, en=note),
        noted_at=texts.noted_at,
    )


def _subject(new: NewTicket) -> str:
    first_line = new.description.strip().partition("\n")[0]
    return f"[{new.kind}] {new.contract_number or new.customer_number or ''} {first_line}"[:_SUBJECT_LENGTH].strip()
