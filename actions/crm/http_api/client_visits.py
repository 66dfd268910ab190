"""Visits over HTTP."""

from __future__ import annotations

from datetime import date

from actions.crm.http_api.caller import HttpCaller
from actions.crm.models import Appointment, Fact
from actions.crm.visits import NewVisit, VisitChange, VisitSlot


class HttpVisits(HttpCaller):
    """See `VisitVerbs`."""

    async def visit_slots(
        self, contract_number: str, *, not_before: date | None = None, limit: int = 12
    ) -> list[Fact[VisitSlot]]:
        found: list[Fact[VisitSlot]] = await self._call(
            "visit_slots", contract_number=contract_number, not_before=not_before, limit=limit
        )
        return found

    async def book_visit(self, new: NewVisit, *, idempotency_key: str) -> VisitChange:
        changed: VisitChange = await self._call("book_visit", new=new, idempotency_key=idempotency_key)
        return changed

    async def move_visit(self, number: str, slot_key: str, *, idempotency_key: str) -> VisitChange:
        changed: VisitChange = await self._call(
            "move_visit", number=number, slot_key=slot_key, idempotency_key=idempotency_key
        )
        return changed

    async def cancel_visit(self, number: str, *, idempotency_key: str) -> Fact[Appointment]:
        cancelled: Fact[Appointment] = await self._call("cancel_visit", number=number, idempotency_key=idempotency_key)
        return cancelled
