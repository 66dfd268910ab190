"""One opened repository and what a test of it needs: a clock to turn, the code that was sent, a clean table."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta, timezone
from uuid import uuid4

from aiohttp import web
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import tables, tables_contracts, tables_interest, tables_service
from actions.crm.database import Database
from actions.crm.repository import CrmRepository
from actions.crm.sql import SqlCrm
from actions.crm.tables_vouchers import vouched_proof

TODAY = date(2026, 11, 21)  # a Saturday
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
FIRST_NEW_TICKET = 104_818
LAST_DEMO_APPOINTMENT = "TM-310221"
LAST_DEMO_ORDER = "B-400000"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class Bench:
    """One opened repository with what a test needs around it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = Clock()
        # What comes back is tested here, not how soon: a disk may keep a commit waiting longer than a customer should.
        self.database = Database(url, time_limit=60)
        self.sql = SqlCrm(self.database, self.clock)
        self.crm: CrmRepository = self.sql  # what the test talks to

    async def clean(self) -> None:
        async def work(connection: AsyncConnection) -> None:
            written = (tables.identity_proof, vouched_proof, tables.notification, tables.ticket_request)
            for table in (*written, *tables_service.WRITTEN, *tables_contracts.WRITTEN, *tables_interest.WRITTEN):
                await connection.execute(delete(table))
            new = tables.appointment.c.number > LAST_DEMO_APPOINTMENT
            await connection.execute(delete(tables.appointment).where(new))
            order = tables.customer_order
            await connection.execute(delete(order).where(order.c.number > LAST_DEMO_ORDER))
            await connection.execute(delete(tables.ticket).where(tables.ticket.c.id >= FIRST_NEW_TICKET))

        await self.database.write("clean", work)

    async def stored_files(self) -> list[bytes]:
        """The contents of the files on tickets, oldest first."""

        async def work(connection: AsyncConnection) -> list[bytes]:
            file = tables_service.ticket_file
            return list((await connection.execute(select(file.c.content).order_by(file.c.id))).scalars())

        return await self.database.read("stored_files", work)

    def conversation(self) -> str:
        return uuid4().hex

    async def code(self) -> str:
        """The code that was sent last."""
        newest = (await self.crm.notifications(1))[0]
        found = re.search(r"\b\d{6}\b", newest.body)
        assert found is not None
        return found.group()

    @staticmethod
    def wrong(code: str) -> str:
        return f"{(int(code) + 1) % 10**6:06d}"


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port; its address."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
