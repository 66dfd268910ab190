"""The statements behind the SQL adapter's verbs.

Guarantee: statements and small steps inside a transaction that the caller holds; nothing here begins or ends one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, RowMapping, Select, Table, case, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import addresses, rows
from actions.crm.due import due_at
from actions.crm.errors import CrmRejected
from actions.crm.lookup import storable, with_address
from actions.crm.models import Address, AddressHit, NewTicket
from actions.crm.tables import (
    appointment,
    build_area,
    build_area_street,
    contract,
    customer,
    outage,
    outage_reach,
    premises,
    ticket,
)

T = TypeVar("T")

SAME_FAULT = timedelta(hours=24)  # a second report within this time belongs to the first
OPEN = ("new", "in_progress", "waiting_for_customer")
LIVE = ("confirmed", "moved")


async def values(connection: AsyncConnection, query: Select[Any], make: Callable[[RowMapping], T]) -> list[T]:
    return [make(row) for row in (await connection.execute(query)).mappings().all()]


def first(found: Sequence[T]) -> T | None:
    return found[0] if found else None


def contracts_of(customer_number: str) -> Select[Any]:
    query = with_address(contract).where(contract.c.customer_number == customer_number)
    return query.order_by(contract.c.started.desc(), contract.c.number)


def all_appointments_of(customer_number: str) -> Select[Any]:
    query = with_address(appointment).where(appointment.c.customer_number == customer_number)
    return query.order_by(appointment.c.starts.desc(), appointment.c.number)


def next_appointments_of(customer_number: str, now: datetime) -> Select[Any]:
    query = with_address(appointment).where(
        appointment.c.customer_number == customer_number, appointment.c.ends > now, appointment.c.status.in_(LIVE)
    )
    return query.order_by(appointment.c.starts, appointment.c.number)


def tickets_of(customer_number: str, limit: int) -> Select[Any]:
    query = select(ticket).where(ticket.c.customer_number == customer_number)
    return query.order_by(ticket.c.opened_at.desc(), ticket.c.id.desc()).limit(limit)


def outages_at_postcode(postcode: str, states: Collection[str]) -> Select[Any]:
    return _outages(outage_reach.c.postcode == postcode, states)


def outages_at(address: Address, states: Collection[str]) -> Select[Any]:
    street = or_(outage_reach.c.street_key == "", outage_reach.c.street_key == addresses.plain(address.street))
    return _outages((outage_reach.c.postcode == address.postcode) & street, states)


def _outages(reached: ColumnElement[bool], states: Collection[str]) -> Select[Any]:
    numbers = select(outage_reach.c.outage_number).where(reached)
    urgency = case((outage.c.state == "active", 0), (outage.c.state == "planned", 1), else_=2)
    query = select(outage).where(outage.c.number.in_(numbers), outage.c.state.in_(tuple(states)))
    return query.order_by(urgency, outage.c.since.desc(), outage.c.number)


def area_at(address: Address) -> Select[Any]:
    inside = select(build_area_street.c.area_number).where(same_street(build_area_street, address))
    return select(build_area).where(build_area.c.number.in_(inside))


def same_street(table: Table, address: Address) -> ColumnElement[bool]:
    return (table.c.postcode == address.postcode) & (table.c.street_key == addresses.plain(address.street))


async def hit(connection: AsyncConnection, street: addresses.Street, house_number: str, score: float) -> AddressHit:
    """The house on the street, or the street alone when the house is not on record."""
    query = select(premises).where(
        premises.c.postcode == street.postcode,
        premises.c.place == street.place,
        premises.c.street == street.street,
        premises.c.number_key == addresses.number_key(house_number),
    )
    row = (await connection.execute(query)).mappings().first()
    if row is not None:
        return AddressHit(key=row["key"], address=rows.address(row), score=score, complete=True)
    alone = Address(street=street.street, house_number="", postcode=street.postcode, place=street.place)
    return AddressHit(key="", address=alone, score=score, complete=False)


async def check_owner(connection: AsyncConnection, new: NewTicket) -> None:
    """Check that the ticket's customer and contract exist and belong together.

    Raises:
        CrmRejected: they do not.
    """
    if new.contract_number is not None:
        query = select(contract.c.customer_number).where(contract.c.number == new.contract_number)
        owner = (await connection.execute(query)).scalar_one_or_none()
        if owner is None or new.customer_number not in (None, owner):
            raise CrmRejected("open_ticket", "no such contract of this customer")
    if new.customer_number is not None:
        query = select(customer.c.number).where(customer.c.number == new.customer_number)
        if (await connection.execute(query)).first() is None:
            raise CrmRejected("open_ticket", "no such customer")


async def same_fault(connection: AsyncConnection, new: NewTicket, now: datetime) -> RowMapping | None:
    """The open fault ticket that a new fault of the same contract belongs to."""
    if new.kind != "fault" or new.contract_number is None:
        return None
    query = select(ticket).where(
        ticket.c.contract_number == new.contract_number,
        ticket.c.kind == "fault",
        ticket.c.status.in_(OPEN),
        ticket.c.opened_at > now - SAME_FAULT,
    )
    return (await connection.execute(query.order_by(ticket.c.id.desc()).limit(1))).mappings().first()


async def insert_ticket(connection: AsyncConnection, new: NewTicket, now: datetime) -> RowMapping:
    """Insert under the next number. Two at once cannot get the same one: writes run as if alone."""
    last = (await connection.execute(select(func.max(ticket.c.id)))).scalar_one()
    number = (last or 100_000) + 1
    statement = insert(ticket).values(
        id=number,
        number=f"T-{number}",
        customer_number=new.customer_number,
        contract_number=new.contract_number,
        kind=new.kind,
        status="new",
        opened_at=now,
        due_at=new.due_at or due_at(new.kind, now),
        description=storable(new.description),
    )
    return (await connection.execute(statement.returning(ticket))).mappings().one()
