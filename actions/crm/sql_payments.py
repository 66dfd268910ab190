"""Payments on SQL."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from actions.crm import rows
from actions.crm.models import Fact
from actions.crm.payment_models import Payment
from actions.crm.sql_part import SqlPart
from actions.crm.tables_payments import payment


class SqlPayments(SqlPart):
    """See `PaymentVerbs`."""

    async def payments(self, customer_number: str, limit: int = 24) -> list[Fact[Payment]]:
        query = select(payment).where(payment.c.customer_number == customer_number)
        newest = query.order_by(payment.c.booked_on.desc(), payment.c.number.desc()).limit(limit)
        return await self._all("payments", newest, partial(rows.plain, Payment))
