"""Payments over HTTP."""

from __future__ import annotations

from actions.crm.http_api.caller import HttpCaller
from actions.crm.models import Fact
from actions.crm.payment_models import Payment


class HttpPayments(HttpCaller):
    """See `PaymentVerbs`."""

    async def payments(self, customer_number: str, limit: int = 24) -> list[Fact[Payment]]:
        found: list[Fact[Payment]] = await self._call("payments", customer_number=customer_number, limit=limit)
        return found
