"""What the assistant may ask about payments; a part of `CrmRepository`."""

from __future__ import annotations

from typing import Protocol

from actions.crm.models import Fact
from actions.crm.payment_models import Payment


class PaymentVerbs(Protocol):
    """Money that moved."""

    async def payments(self, customer_number: str, limit: int = 24) -> list[Fact[Payment]]:
        """Bookings of a customer, newest first."""
        ...
