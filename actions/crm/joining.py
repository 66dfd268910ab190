"""Joining people who asked before they were customers to their customer record."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm.tables import customer
from actions.crm.tables_interest import contact


async def join_contacts(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Join contacts to the customers with the same mail address."""
    owner = select(customer.c.number).where(customer.c.email_key == contact.c.email_key).scalar_subquery()
    await connection.execute(
        update(contact).where(which, contact.c.customer_number.is_(None)).values(customer_number=owner)
    )
