"""The queries that several verbs share, and finding a customer by what they have at hand.

Guarantee: an identifier in any usual spelling finds its customer; one that fits nobody, or more than one person,
finds nobody. Statements only: transactions belong to the caller.
"""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import rows
from actions.crm.models import Customer, Identifier
from actions.crm.tables import customer, premises

_ADDRESS = (premises.c.street, premises.c.house_number, premises.c.postcode, premises.c.place)


def with_address(table: Table) -> Select[Any]:
    """All columns of a table and the address of its premises."""
    return select(table, *_ADDRESS).join(premises, premises.c.key == table.c.premises_key)


def storable(text: str) -> str:
    """The text without what a database cannot keep: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def normalised(identifier: Identifier) -> str:
    """The form that different spellings of an identifier share; "" when it cannot be one of its kind."""
    value = storable(identifier.value).strip()[:254]
    if identifier.kind == "number":
        digits = re.sub(r"[^0-9]", "", value)
        return digits if len(digits) == 7 else ""
    if identifier.kind == "email":
        return value.lower() if re.fullmatch(r"[^@\s]+@[^@\s]+", value) else ""
    try:
        parsed = phonenumbers.parse(value, "DE")
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_mobile(phone: str) -> bool:
    """Whether text messages reach the number; False for anything that is no number."""
    try:
        parsed = phonenumbers.parse(phone, "DE")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE


async def customer_by_number(connection: AsyncConnection, number: str) -> Customer | None:
    row = (await connection.execute(with_address(customer).where(customer.c.number == number))).mappings().first()
    return None if row is None else rows.customer(row)


async def customer_by_identifier(connection: AsyncConnection, identifier: Identifier) -> Customer | None:
    """The only customer whom the identifier fits."""
    value = normalised(identifier)
    if not value:
        return None
    column = {"number": customer.c.number, "email": customer.c.email_key, "phone": customer.c.phone}[identifier.kind]
    found = (await connection.execute(with_address(customer).where(column == value).limit(2))).mappings().all()
    return rows.customer(found[0]) if len(found) == 1 else None
