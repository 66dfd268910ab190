"""The word of the customer portal: whoever is logged in there need not prove again who they are.

The portal signs the customer's number and the time with a secret that it shares with the edge. Guarantee: only such a
signature changes anything, it is good for `LIFETIME` and for one session of one conversation, and a refused one changes
nothing and says why. Comparing takes the same time for every wrong signature.

A signature is `<time>.<mac>`: the time in seconds since 1970, and the HMAC-SHA256 of `<time>.<customer number>` in
hexadecimal digits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from actions.crm.errors import CrmUnavailable
from actions.crm.models import Customer, Identifier
from actions.crm.repository import CrmRepository
from bot.service.conversations import Conversations
from bot.service.outcomes import Refused
from bot.settings import Settings
from bot.store.errors import UnknownConversation
from bot.store.log import read_conversation
from bot.store.unit_of_work import Store

LIFETIME = timedelta(minutes=5)
# How far the portal's clock may be ahead of ours.
CLOCK_AHEAD = timedelta(minutes=1)

_SIGNATURE = re.compile(r"(\d{1,12})\.([0-9a-f]{64})")


def sign(secret: str, user: str, at: datetime) -> str:
    """The portal's signature for a customer number at a moment."""
    seconds = int(at.timestamp())
    return f"{seconds}.{_mac(secret, seconds, user)}"


def check_signature(secret: str, user: str, signature: str, now: datetime) -> None:
    """Return if the signature is good.

    Raises:
        Refused: `identify_signature`, it is not the portal's for this user; `identify_expired`, it is too old.
    """
    found = _SIGNATURE.fullmatch(signature)
    # Compared also where the form is wrong, so that every wrong one takes the same time.
    seconds, given = (int(found[1]), found[2]) if found else (0, "")
    if not hmac.compare_digest(_mac(secret, seconds, user), given):
        raise Refused("identify_signature")
    age = now.timestamp() - seconds
    if not -CLOCK_AHEAD.total_seconds() <= age <= LIFETIME.total_seconds():
        raise Refused("identify_expired")


class Portal:
    """Takes over logins from the portal."""

    def __init__(self, store: Store, conversations: Conversations, crm: CrmRepository, settings: Settings) -> None:
        self._store = store
        self._conversations = conversations
        self._crm = crm
        self._secret = settings.identify_secret

    async def identify(self, conversation_id: str, user: str, signature: str) -> None:
        """The customer with this number speaks from now on in this session, on the portal's word. Repeatable.

        Raises:
            Refused: `identify_signature`, `identify_expired`, `identify_used` in another conversation or session,
                `identify_unknown` to the customer data system, or `identify_unavailable`. Nothing has changed.
            UnknownConversation, StoreUnavailable: nothing has changed.
        """
        async with self._store.read() as unit:
            row = await read_conversation(unit, conversation_id)
            now = unit.now
        if row is None:
            raise UnknownConversation(conversation_id)
        check_signature(self._secret, user, signature, now)
        session = self._conversations.next_session(row, now)
        voucher = "portal:" + hashlib.sha256(f"{user}:{signature}".encode()).hexdigest()
        try:
            vouched = await self._crm.vouch(
                row.id, session, Identifier(kind="number", value=user), by="portal", voucher=voucher
            )
        except CrmUnavailable as error:
            raise Refused("identify_unavailable") from error
        if vouched.customer is None:
            raise Refused(f"identify_{vouched.result}")
        await self._note(row.id, session, vouched.customer.value)

    async def _note(self, conversation_id: str, session: int, customer: Customer) -> None:
        """Let agents see it, if the session has begun: another begins with the customer's next message."""
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            row = opened.row
            if row.session != session:
                return
            row.customer_number, row.customer_name, row.customer_level = customer.number, customer.name, "proven"
            unit.announce(row.id, None)
            await opened.save()


def _mac(secret: str, seconds: int, user: str) -> str:
    return hmac.new(secret.encode(), f"{seconds}.{user}".encode(), hashlib.sha256).hexdigest()
