"""From database rows to values, in one place.

Guarantee: pure; one function per value. Every field is checked against its type; a row that does not fit
raises, it is never guessed.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from sqlalchemy import RowMapping

from actions.crm.models import (
    Address,
    Appointment,
    Bilingual,
    BuildArea,
    ContactInfo,
    Contract,
    Customer,
    Invoice,
    Model,
    Notification,
    Order,
    Outage,
    Ticket,
)
from actions.crm.ticket_work import TicketFile, TicketNote

M = TypeVar("M", bound=Model)


def _made(kind: type[M], /, **fields: Any) -> M:
    """The value, every field checked against its type.

    Raises:
        msgspec.ValidationError: a field does not fit.
    """
    return msgspec.convert(fields, kind)


def plain(kind: type[M], row: RowMapping) -> M:
    """A value whose fields are all columns of the same names."""
    return _made(kind, **_pick(row, *kind.__struct_fields__))


def _text(row: RowMapping, name: str) -> Bilingual:
    return _made(Bilingual, de=row[f"{name}_de"], en=row[f"{name}_en"])


def _pick(row: RowMapping, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def address(row: RowMapping) -> Address:
    return _made(Address, **_pick(row, "street", "house_number", "postcode", "place"))


def customer(row: RowMapping) -> Customer:
    plain = _pick(row, "number", "first_name", "last_name", "email", "phone", "language", "blocked")
    return _made(Customer, **plain, address=address(row))


def contract(row: RowMapping) -> Contract:
    plain = _pick(row, "number", "customer_number", "tariff", "technology", "status", "down_mbit", "up_mbit")
    terms = _pick(row, "price_cents", "started", "term_end", "notice_until")
    return _made(Contract, **plain, **terms, address=address(row))


def invoice(row: RowMapping) -> Invoice:
    plain = _pick(row, "number", "customer_number", "contract_number", "period", "issued", "amount_cents", "due")
    return _made(Invoice, **plain, **_pick(row, "paid_at", "lines"))


def outage(row: RowMapping) -> Outage:
    plain = _pick(row, "number", "area", "cause", "state", "since", "expected_until", "solved_at", "updated_at")
    reach = _pick(row, "postcodes", "streets", "technologies")
    return _made(Outage, **plain, **reach, what_changed=_text(row, "what_changed"))


def build_area(row: RowMapping) -> BuildArea:
    plain = _pick(row, "number", "name", "place", "phase", "next_milestone", "milestone_on", "delayed_from")
    rest = _pick(row, "postcodes", "streets", "updated_on")
    return _made(BuildArea, **plain, **rest, note=_text(row, "note"))


def appointment(row: RowMapping) -> Appointment:
    plain = _pick(row, "number", "customer_number", "contract_number", "kind", "status", "starts", "ends")
    return _made(Appointment, **plain, address=address(row))


def ticket(row: RowMapping) -> Ticket:
    plain = _pick(row, "number", "customer_number", "contract_number", "kind", "status", "opened_at", "due_at")
    note = None if row["last_note_de"] is None else _text(row, "last_note")
    return _made(Ticket, **plain, **_pick(row, "description", "noted_at"), last_note=note)


def ticket_note(row: RowMapping) -> TicketNote:
    return _made(TicketNote, ticket_number=row["number"], **_pick(row, "text", "noted_at"))


def ticket_file(row: RowMapping) -> TicketFile:
    return _made(TicketFile, ticket_number=row["number"], **_pick(row, "name", "media_type", "size", "added_at"))


def order(row: RowMapping) -> Order:
    plain = _pick(row, "number", "customer_number", "kind", "product", "status", "ordered_on", "expected_on")
    rest = _pick(row, "withdrawal_until")
    return _made(Order, **plain, **rest, next_step=_text(row, "next_step"), address=address(row))


def contact_info(row: RowMapping) -> ContactInfo:
    plain = _pick(row, "phone", "mail", "web")
    return _made(ContactInfo, company=row["name"], **plain, hours=_text(row, "hours"), address=address(row))


def notification(row: RowMapping) -> Notification:
    plain = _pick(row, "created_at", "medium", "subject", "body")
    return _made(Notification, id=str(row["id"]), to=row["recipient"], **plain)
