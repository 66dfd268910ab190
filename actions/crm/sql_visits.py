"""Visits of technicians on SQL: one technician per region and window.

Guarantee: a taken window is a row of `visit_booking`, whose primary key is the window: two visits cannot have it.
"""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm import rows, visit_windows
from actions.crm.done_requests import done_before, keep_done
from actions.crm.errors import CrmRejected
from actions.crm.lookup import with_address
from actions.crm.models import Appointment, Fact
from actions.crm.queries import LIVE
from actions.crm.sql_part import SqlPart
from actions.crm.tables import appointment, contract, premises
from actions.crm.tables_service import visit_booking
from actions.crm.visits import NewVisit, VisitChange, VisitSlot

_FIRST_NUMBER = 200_001


class SqlVisits(SqlPart):
    """See `VisitVerbs`."""

    async def visit_slots(
        self, contract_number: str, *, not_before: date | None = None, limit: int = 12
    ) -> list[Fact[VisitSlot]]:
        async def work(connection: AsyncConnection) -> list[Fact[VisitSlot]]:
            place = await _place(connection, contract_number)
            if place is None:
                return []
            taken = set((await connection.execute(select(visit_booking.c.slot_key))).scalars())
            all_windows = visit_windows.windows(visit_windows.region_of(place["postcode"]), self._clock(), not_before)
            free = (slot for slot in all_windows if slot.key not in taken)
            return [self._fact(slot, slot.key) for slot in islice(free, max(limit, 0))]

        return await self._database.read("visit_slots", work)

    async def book_visit(self, new: NewVisit, *, idempotency_key: str) -> VisitChange:
        async def work(connection: AsyncConnection) -> VisitChange:
            if (known := await done_before(connection, "book_visit", idempotency_key)) is not None:
                return await self._changed(connection, known)
            place = await _place(connection, new.contract_number)
            if place is None:
                raise CrmRejected("book_visit", "no such contract")
            slot = self._window(place, new.slot_key, "book_visit")
            if not await _is_free(connection, slot):
                return VisitChange(outcome="slot_taken", appointment=None)
            number = await _next_number(connection)
            values = {
                "number": number,
                "customer_number": place["customer_number"],
                "contract_number": new.contract_number,
                "premises_key": place["premises_key"],
                "kind": new.kind,
                "status": "confirmed",
            }
            await connection.execute(insert(appointment).values(**values, starts=slot.starts, ends=slot.ends))
            await connection.execute(insert(visit_booking).values(slot_key=slot.key, appointment_number=number))
            await keep_done(connection, "book_visit", idempotency_key, number)
            return await self._changed(connection, number)

        return await self._database.write("book_visit", work)

    async def move_visit(self, number: str, slot_key: str, *, idempotency_key: str) -> VisitChange:
        async def work(connection: AsyncConnection) -> VisitChange:
            if await done_before(connection, "move_visit", idempotency_key) is not None:
                return await self._changed(connection, number)
            found = await _existing(connection, number, "move_visit")
            if found["status"] not in (*LIVE, "missed"):
                raise CrmRejected("move_visit", f"the appointment is {found['status']}")
            slot = self._window(found, slot_key, "move_visit")
            if not await _is_free(connection, slot):
                return VisitChange(outcome="slot_taken", appointment=self._fact(rows.appointment(found), number))
            await _release(connection, number)
            moved = update(appointment).where(appointment.c.number == number)
            await connection.execute(moved.values(status="moved", starts=slot.starts, ends=slot.ends))
            await connection.execute(insert(visit_booking).values(slot_key=slot.key, appointment_number=number))
            await keep_done(connection, "move_visit", idempotency_key, number)
            return await self._changed(connection, number)

        return await self._database.write("move_visit", work)

    async def cancel_visit(self, number: str, *, idempotency_key: str) -> Fact[Appointment]:
        async def work(connection: AsyncConnection) -> Fact[Appointment]:
            found = await _existing(connection, number, "cancel_visit")
            if await done_before(connection, "cancel_visit", idempotency_key) is None:
                if found["status"] == "done":
                    raise CrmRejected("cancel_visit", "the appointment is done")
                await _release(connection, number)
                await connection.execute(
                    update(appointment).where(appointment.c.number == number).values(status="cancelled")
                )
                await keep_done(connection, "cancel_visit", idempotency_key, number)
                found = await _existing(connection, number, "cancel_visit")
            return self._fact(rows.appointment(found), number)

        return await self._database.write("cancel_visit", work)

    def _window(self, place: RowMapping, key: str, operation: str) -> VisitSlot:
        slot = visit_windows.window(visit_windows.region_of(place["postcode"]), key, self._clock())
        if slot is None:
            raise CrmRejected(operation, "no such window at this address")
        return slot

    async def _changed(self, connection: AsyncConnection, number: str) -> VisitChange:
        found = await _existing(connection, number, "visit")
        return VisitChange(outcome="done", appointment=self._fact(rows.appointment(found), number))


async def _place(connection: AsyncConnection, contract_number: str) -> RowMapping | None:
    """The contract's customer and the premises where its line ends."""
    query = select(contract.c.customer_number, contract.c.premises_key, premises.c.postcode)
    joined = query.join(premises, premises.c.key == contract.c.premises_key)
    return (await connection.execute(joined.where(contract.c.number == contract_number))).mappings().first()


async def _existing(connection: AsyncConnection, number: str, operation: str) -> RowMapping:
    query: Any = with_address(appointment).where(appointment.c.number == number)
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    if row is None:
        raise CrmRejected(operation, "no such appointment")
    return row


async def _is_free(connection: AsyncConnection, slot: VisitSlot) -> bool:
    query = select(visit_booking.c.slot_key).where(visit_booking.c.slot_key == slot.key)
    return (await connection.execute(query)).first() is None


async def _release(connection: AsyncConnection, number: str) -> None:
    await connection.execute(delete(visit_booking).where(visit_booking.c.appointment_number == number))


async def _next_number(connection: AsyncConnection) -> str:
    """Numbers have six digits, so the greatest as text is the greatest. Writes run as if alone."""
    last: str | None = (await connection.execute(select(func.max(appointment.c.number)))).scalar_one()
    return f"TM-{int(last.removeprefix('TM-')) + 1 if last else _FIRST_NUMBER}"
