"""Vouchers over HTTP."""

from __future__ import annotations

from actions.crm.http_api.caller import HttpCaller
from actions.crm.models import Identifier
from actions.crm.voucher_models import Vouched, VouchedBy


class HttpVouchers(HttpCaller):
    """See `VoucherVerbs`."""

    async def vouch(
        self, conversation_id: str, session: int, identifier: Identifier, *, by: VouchedBy, voucher: str
    ) -> Vouched:
        vouched: Vouched = await self._call(
            "vouch", conversation_id=conversation_id, session=session, identifier=identifier, by=by, voucher=voucher
        )
        return vouched
