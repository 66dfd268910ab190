"""The demo customer data system: created once, in one transaction.

Guarantee: `create_demo` leaves a complete system or none, also when several processes call it at once. In one that has
data it fills tables that a later version brought, and renews dates that have passed (see `demo_refresh`). It raises
`CrmUnavailable` when the database is away.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

# Nothing of the demo is in these two, but they are made with the others.
import actions.crm.tables_interest
import actions.crm.tables_vouchers  # noqa: F401
from actions.crm.database import Database
from actions.crm.demo_data import build
from actions.crm.demo_people import DemoAddress, DemoCustomer, demo_addresses, demo_customers
from actions.crm.demo_refresh import fill_empty, refresh
from actions.crm.tables import customer, metadata

__all__ = ["DemoAddress", "DemoCustomer", "create_demo", "demo_addresses", "demo_customers"]

_LOCK = 0x4B4C_4152  # PostgreSQL advisory lock: one creator at a time
_TIME_LIMIT = 30.0  # seconds; usually it takes less than three


async def create_demo(url: str, today: date, seed: int = 7) -> bool:
    """Create tables and demo data at a SQLAlchemy address, unless customers are there already.

    Dates are relative to `today`; those of data that are there already are renewed. Returns whether it was created.
    """
    database = Database(url, create=True, time_limit=_TIME_LIMIT)

    async def work(connection: AsyncConnection) -> bool:
        if database.dialect == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(metadata.create_all)
        if (await connection.execute(select(func.count()).select_from(customer))).scalar_one():
            await fill_empty(connection, today, seed)
            await refresh(connection, today, seed)
            return False
        for table, rows in build(today, seed).items():
            if rows:
                await connection.execute(insert(table), rows)
        return True

    try:
        return await database.create("create_demo", work)
    finally:
        await database.close()
