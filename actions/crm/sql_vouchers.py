"""Vouchers on SQL."""

from __future__ import annotations

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm.lookup import customer_by_identifier, customer_by_number, storable
from actions.crm.models import Customer, Identifier
from actions.crm.sql_part import SqlPart
from actions.crm.tables_vouchers import vouched_proof
from actions.crm.voucher_models import Vouched, VouchedBy

_vouched = vouched_proof.c


class SqlVouchers(SqlPart):
    """See `VoucherVerbs`. Nothing is kept of a voucher that proves nothing."""

    async def vouch(
        self, conversation_id: str, session: int, identifier: Identifier, *, by: VouchedBy, voucher: str
    ) -> Vouched:
        key = storable(voucher)[:200]

        async def work(connection: AsyncConnection) -> Vouched:
            known = select(vouched_proof).where(_vouched.voucher == key)
            row = (await connection.execute(known)).mappings().first()
            if row is not None:
                if (row["conversation_id"], row["session"]) != (conversation_id, session):
                    return Vouched(result="used", customer=None)
                return self._vouched_for(await customer_by_number(connection, row["customer_number"]))
            person = await customer_by_identifier(connection, identifier)
            if person is not None:
                await connection.execute(
                    insert(vouched_proof).values(
                        voucher=key,
                        conversation_id=conversation_id,
                        session=session,
                        customer_number=person.number,
                        vouched_by=by,
                        proven_at=self._clock(),
                    )
                )
            return self._vouched_for(person)

        return await self._database.write("vouch", work)

    def _vouched_for(self, person: Customer | None) -> Vouched:
        if person is None:
            return Vouched(result="unknown", customer=None)
        return Vouched(result="proven", customer=self._fact(person, person.number))


async def newest_vouched(connection: AsyncConnection, conversation_id: str, session: int) -> RowMapping | None:
    """The latest voucher of a session."""
    of_session = (_vouched.conversation_id == conversation_id) & (_vouched.session == session)
    query = select(vouched_proof).where(of_session).order_by(_vouched.proven_at.desc()).limit(1)
    return (await connection.execute(query)).mappings().first()
