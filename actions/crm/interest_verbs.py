"""People who are not customers yet; a part of `CrmRepository`.

Nothing is sent to a mail address before its owner has confirmed it by the link in the first letter, and nothing after
they have ended it. A contact is joined to the customer with the same mail address as soon as one of the two is proven.
"""

from __future__ import annotations

from typing import Protocol

from actions.crm.contract_models import Letter
from actions.crm.interest_models import Interest, NewInterest, UpdateDue
from actions.crm.models import Fact


class InterestVerbs(Protocol):
    """Contacts, leads, and telling when the build-out moves."""

    async def register_interest(self, new: NewInterest, letter: Letter, *, idempotency_key: str) -> Fact[Interest]:
        """Keep a contact and a lead for the address, once per mail address, address and wish; send the letter.

        `{token}` in the letter stands for the contact's secret, of which links are made. Updates are "asked".

        Raises:
            CrmRejected: the address is not on record, or it is no mail address.
        """
        ...

    async def interest_by_token(self, token: str) -> Fact[Interest] | None: ...

    async def set_updates(self, token: str, wanted: bool) -> Fact[Interest] | None:
        """Turn updates on (the mail address is confirmed thereby) or end them. None: nobody has this token."""
        ...

    async def updates_due(self, limit: int = 50) -> list[UpdateDue]:
        """Who is to be told that the build-out at their address has moved."""
        ...

    async def send_update(self, number: str, state: str, letter: Letter) -> bool:
        """Send the letter about this state, once; False where it was sent before, or is not wanted any more."""
        ...
