"""What the assistant tells the customer data system when others vouch for a customer; a part of `CrmRepository`."""

from __future__ import annotations

from typing import Protocol

from actions.crm.models import Identifier
from actions.crm.voucher_models import Vouched, VouchedBy


class VoucherVerbs(Protocol):
    """Identity proven elsewhere."""

    async def vouch(
        self, conversation_id: str, session: int, identifier: Identifier, *, by: VouchedBy, voucher: str
    ) -> Vouched:
        """Prove the session's identity on the word of the channel or the portal.

        `voucher` (at most 200 characters) is good for one session of one conversation: there it may be repeated, in
        any other it is "used". The assistant has checked it; that it is true is for the assistant to answer for.
        """
        ...
