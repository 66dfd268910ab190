"""A customer who does not want to wait leaves, and is answered elsewhere: by mail, telephone or WhatsApp.

Guarantee: the wish is a message of the customer's own, so agent, ticket, transcript, export and erasure have it, and
the request is a case in the same transaction. The same client id again is the same wish. Where a person took the
conversation meanwhile, they have the wish in front of them and there is no case. On failure nothing is stored.
"""

from __future__ import annotations

from bot.conversation.contact import Way, reaches
from bot.conversation.handover import Reason
from bot.conversation.limits import CLIENT_ID_LIMIT
from bot.conversation.model import Draft, EventKind, Holder
from bot.service.conversations import CUSTOMER_ORIGIN, Conversations
from bot.service.outcomes import Receipt, Refused
from bot.store.cases import Case, case_of_tenure
from bot.store.conversations import OpenConversation
from bot.store.log import current_tenure, message_by_client_id
from bot.store.unit_of_work import Store
from bot.transparency import openings
from bot.transparency.wording import Wording, language_of

# The request became a case just now: the wish belongs to it.
_CASE_JUST_MADE = frozenset({Reason.CASE_CHOSEN, Reason.OUT_OF_HOURS, Reason.QUEUE_EXPIRED})


class Leaving:
    """Takes down how a customer wants to be answered."""

    def __init__(self, store: Store, conversations: Conversations, words: Wording) -> None:
        self._store = store
        self._conversations = conversations
        self._words = words

    async def leave(self, conversation_id: str, way: Way, contact: str, *, client_id: str) -> Receipt:
        """Store the wish and make a case of the request; when this returns it is committed.

        Raises:
            Refused: `contact`, nobody can be reached there; `client_id`; `closed`, the conversation has ended.
            UnknownConversation, StoreUnavailable: nothing was stored.
        """
        contact = " ".join(contact.split())
        if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Refused("client_id")
        if not reaches(way, contact):
            raise Refused("contact")
        async with self._store.write(urgent=True) as unit:
            opened = await self._conversations.open(unit, conversation_id)
            known = await message_by_client_id(unit, conversation_id, CUSTOMER_ORIGIN, client_id)
            if known is not None:
                return Receipt(message=known, repeated=True)
            if opened.row.holder is Holder.CLOSED:
                raise Refused("closed")
            language = language_of(opened.row.locale)
            case = await self._case_just_made(opened)
            wish = self._words.say(f"leave_{way}", language, contact=contact)
            message = await self._conversations.take_in(opened, wish, client_id=client_id, heard="")
            if case is not None:
                text = self._words.say("leave_noted", language, number=case.number)
                author = openings.system_author(self._words, language)
                opened.append(Draft(kind=EventKind.MESSAGE, author=author, text=text))
            elif opened.row.holder is not Holder.AGENT:
                await self._conversations.handover.make_case(opened, answered_elsewhere=True)
            await opened.save()
        return Receipt(message=message, repeated=False)

    async def _case_just_made(self, opened: OpenConversation) -> Case | None:
        row = opened.row
        tenure = await current_tenure(opened.unit, row.id)
        if tenure.reason not in _CASE_JUST_MADE or row.last_turn_id is not None:
            return None
        return await case_of_tenure(opened.unit, row.id, row.epoch - 1)
