"""The bot's own word on what it cannot read: said by the edge, without asking the brain."""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.model import Button, Draft, EventKind, Holder, Message, new_id
from bot.store.entries import Conversation
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_contacts import Contact, change_contact
from bot.transparency import openings
from bot.transparency.wording import Language, Wording, language_of
from connectors.whatsapp.content import Content

# Makes the word on a message, once that is written.
Answer = Callable[[Message], Draft]


class Answers:
    """Makes these words."""

    def __init__(self, words: Wording) -> None:
        self._words = words

    async def on(
        self, unit: Unit, content: Content, known: Contact, row: Conversation, heard: str | None
    ) -> Answer | None:
        """The bot's own word on what it cannot read; about what is not supported it is said once."""
        language = language_of(row.locale)
        if content.answer is None or heard != "":
            return None
        if content.answer == "whatsapp_reply_unsupported":
            if known.told_unsupported_at is not None:
                return None
            if row.holder in {Holder.BOT, Holder.CLOSED}:
                # While a person is asked for or there, the bot says nothing: it is not told yet.
                await change_contact(unit, known.id, told_unsupported_at=unit.now)
        key, media, stops = content.answer, content.media, content.stops is not None

        def word(message: Message) -> Draft:
            if media is not None:
                return openings.file_unseen(self._words, language, message.id, media.kind, key)
            return Draft(
                kind=EventKind.MESSAGE,
                author=openings.bot_author(self._words, language),
                text=self._words.say(key, language),
                buttons=() if stops else (openings.human_button(self._words, language),),
            )

        return word

    def on_call(self, language: Language, _message: Message) -> Draft:
        """Nobody answers calls; what works instead."""
        say = self._words.say
        callback = Button(
            id=new_id(), title=say("intent_title_callback_request", language), payload="/callback_request"
        )
        return Draft(
            kind=EventKind.MESSAGE,
            author=openings.bot_author(self._words, language),
            text=say("whatsapp_reply_call", language),
            buttons=(callback, openings.human_button(self._words, language)),
        )

    def on_group(self, language: Language, _message: Message) -> Draft:
        """Nobody answers in groups."""
        return Draft(
            kind=EventKind.MESSAGE,
            author=openings.bot_author(self._words, language),
            text=self._words.say("whatsapp_reply_group", language),
            buttons=(openings.human_button(self._words, language),),
        )
