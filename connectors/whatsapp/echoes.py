"""What colleagues write in the WhatsApp Business app: in the log once, as a person's, and the bot is silent then.

WhatsApp tells of it when the customer has it. What we have sent ourselves is never taken for a colleague's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.conversation.model import new_id
from bot.service.conversations import Conversations
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_contacts import Contact, add_contact
from bot.store.whatsapp_items import StoredItem
from bot.store.whatsapp_parts import part_by_provider_id
from bot.transparency.wording import Wording, language_of
from connectors.whatsapp.content import is_group, read
from connectors.whatsapp.entries import CHANNEL, cleaned, ids, pieces, shown
from connectors.whatsapp.media import note_file
from connectors.whatsapp.people import Person, greeting_language, verified_phone
from connectors.whatsapp.sent_before import quoting


class Echoes:
    """Puts them into the log."""

    def __init__(self, conversations: Conversations, words: Wording, *, keeps: timedelta) -> None:
        self._conversations = conversations
        self._words = words
        self._keeps = keeps

    async def take_in(
        self, unit: Unit, item: StoredItem, element: dict[str, Any], who: Person, known: Contact | None
    ) -> str | None:
        """One word of a colleague; None where it is not one. To somebody new it begins a conversation."""
        provider_id = element.get("id")
        if is_group(element):
            # Of whom it was said to there, none has it in a conversation of their own.
            return None
        if isinstance(provider_id, str) and await part_by_provider_id(unit, provider_id[:200]) is not None:
            return None
        writes, content, contact_id = self._conversations.written_in_app, read(element), new_id()
        if known is None:
            opened, name = writes.begin(unit, CHANNEL, contact_id, greeting_language(who.number))
            opened.row.verified_phone = verified_phone(who.number)
        else:
            opened = await self._conversations.open(unit, known.conversation_id)
            name = await writes.take_over(opened)
        language = language_of(opened.row.locale)
        text = shown(self._words, content, language)
        if content.about is not None:
            text = await quoting(unit, self._words, content.about, text, language)
        first = None
        for index, piece in enumerate(pieces(text)):
            client_id, provider_key = ids(item.key, index)
            entry = writes.say(
                opened,
                name,
                cleaned(self._words, piece, language)[0],
                client_id=client_id,
                provider_id=provider_key,
                has_files=content.media is not None and first is None,
            )
            first = first or entry
        await opened.save()
        if known is None:
            await add_contact(unit, contact_id, opened.row.id, ours=who.ours, user_id=who.user_id, number=who.number)
        if content.media is not None and first is not None:
            await note_file(unit, first, content.media, keeps=self._keeps)
        return "written_in_app"
