"""Two conversations of one person become one.

Whoever writes under two addresses has two conversations until it is told that both are theirs. From that transaction
on one of them goes on. The other ends with a pointer to it and one word to the customer, and nothing of it is lost:
its log and chain stay as they are, an agent's replies that were held back are sent, and what the customer asked in it
and nobody has answered yet is asked in the one that goes on, once. Which one that is decides
`bot/store/whatsapp_contacts.py`: never one that only the bot holds where a person is busy with the other.
"""

from __future__ import annotations

import hashlib

from bot.conversation.handover import Reason
from bot.conversation.limits import TEXT_LIMIT
from bot.conversation.model import Holder
from bot.service.conversations import Conversations
from bot.store.inbox import unanswered
from bot.store.unit_of_work import Unit
from bot.transparency import openings
from bot.transparency.wording import Wording, language_of


class Joining:
    """Ends the one and carries over what it owes."""

    def __init__(self, conversations: Conversations, words: Wording) -> None:
        self._conversations = conversations
        self._words = words

    async def unite(self, unit: Unit, stays_id: str, goes_id: str) -> None:
        """From now on the first goes on in the second's place. Both are locked already."""
        owed = await unanswered(unit, goes_id)
        goes = await self._conversations.open(unit, goes_id)
        if goes.row.holder is Holder.AGENT:
            await self._conversations.release_held(goes)
        opening = openings.joined(self._words, language_of(goes.row.locale))
        goes.change_holder(Reason.JOINED, opening, detail=stays_id)
        await goes.save()
        stays = await self._conversations.open(unit, stays_id)
        for one in owed:
            text = self._words.say("joined_question", language_of(stays.row.locale), text=one.text)
            await self._conversations.take_in(
                stays,
                text if len(text) <= TEXT_LIMIT else one.text,
                client_id=hashlib.sha256(f"joined:{one.message_id}".encode()).hexdigest(),
                payload=one.payload,
                heard=one.text if one.heard is None else one.heard,
            )
        stays.show_desks()
        await stays.save()
