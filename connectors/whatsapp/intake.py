"""Applying what came in: each item in one transaction with its effect, the items of one sender in their order.

An item that cannot be applied is tried again, a little later each time; one that still cannot is left, kept as it came
and counted. A process that dies in between has applied nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from bot.conversation.files import clean_name
from bot.conversation.limits import TEXT_LIMIT, TextRefused, clean_text
from bot.conversation.model import Draft, Message, new_id
from bot.service.conversations import Conversations
from bot.store.attachments import add_attachment
from bot.store.conversations import OpenConversation, new_conversation
from bot.store.erasure import is_erased
from bot.store.errors import StoreUnavailable
from bot.store.tokens import issued_button
from bot.store.unit_of_work import Store, Unit
from bot.store.wakeup import Hint
from bot.store.whatsapp_contacts import (
    Contact,
    add_contact,
    change_contact,
    contact_of,
    heard_from,
    move,
)
from bot.store.whatsapp_items import (
    StoredItem,
    forget_item,
    postpone_item,
    settle_item,
    take_item,
    waiting_items,
)
from bot.transparency import openings
from bot.transparency.wording import Language, Wording, language_of
from connectors.whatsapp.answers import Answers
from connectors.whatsapp.content import Content, is_group, read
from connectors.whatsapp.envelope import load, number_of, storable, user_id_of
from connectors.whatsapp.notices import keep_template_state, report_change, report_error
from connectors.whatsapp.people import greeting_language, said_at, verified_phone
from connectors.whatsapp.sent_before import numbered_choice, text_of
from connectors.whatsapp.statuses import apply_status

log = structlog.get_logger(__name__)

CHANNEL = "whatsapp"
# Stands in hints for "an item came in".
ITEMS = "whatsapp:items"
# Most entries of the log that one message becomes; WhatsApp's own limit for a text fits into two.
_MOST_ENTRIES = 5
_QUOTED = 60
# What an item did that asked for the conversation's erasure: nothing of it is kept.
_ERASED = "erased"


class Intake:
    """Works off what the webhook stored. Any number of these may run, on any number of nodes."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        words: Wording,
        *,
        public_url: str,
        file_days: float,
        poll: float = 0.5,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._words = words
        self._answers = Answers(words)
        self._public_url = public_url
        self._keeps = timedelta(days=file_days)
        self._poll = poll
        self._wake = asyncio.Event()
        # SQLite has one writer: who waits for it must not wait for us all. PostgreSQL's connections are for others too.
        self._room = asyncio.Semaphore(1 if store.database.is_sqlite else 8)

    async def run(self) -> None:
        """Work until cancelled. Errors of the database are waited out."""
        forget = self._store.wakeup.subscribe(self._on_hint)
        try:
            while True:
                self._wake.clear()
                try:
                    applied = await self.apply_waiting()
                except StoreUnavailable as error:
                    log.warning("items wait for the database", error=str(error))
                    await asyncio.sleep(1)
                    continue
                if not applied:
                    with contextlib.suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), self._poll)
        finally:
            forget()

    def _on_hint(self, hint: Hint) -> None:
        if hint.conversation_id == ITEMS:
            self._wake.set()

    async def apply_waiting(self, most: int = 200) -> int:
        """Apply what can be applied now, one item of each sender; how many were looked at."""
        async with self._store.read() as unit:
            keys = await waiting_items(unit, most)
        await asyncio.gather(*(self._one(key) for key in keys))
        return len(keys)

    async def _one(self, key: str) -> None:
        async with self._room:
            await self._try(key)

    async def _try(self, key: str) -> None:
        try:
            async with self._store.write() as unit:
                item = await take_item(unit, key)
                if item is not None:
                    await self._apply(unit, item)
        except StoreUnavailable as error:
            # Either the database is away, then this raises too; or it does not take this one item.
            await self._later(key, f"database: {error}")
        except IntegrityError as error:
            # Another node was first with the same contact or message: the next try finds it.
            await self._later(key, f"again: {type(error.orig).__name__}")
        except Exception as error:
            log.exception("an item could not be applied", item=key)
            await self._later(key, f"{type(error).__name__}: {error}")

    async def _later(self, key: str, error: str) -> None:
        async with self._store.write() as unit:
            item = await take_item(unit, key)
            if item is not None and await postpone_item(unit, item, error):
                log.error("an item is left as it came", item=key, error=error)

    async def _apply(self, unit: Unit, item: StoredItem) -> None:
        kept = load(storable(item.raw))
        element = kept.get("element")
        if item.kind == "message" and isinstance(element, dict):
            outcome = await self._message(unit, item, element, kept.get("sender") or {})
        elif item.kind == "status" and isinstance(element, dict):
            outcome = await apply_status(unit, self._conversations, element)
        elif item.kind == "call" and isinstance(element, dict):
            outcome = await self._call(unit, item, element, kept.get("sender") or {})
        elif item.kind == "preference" and isinstance(element, dict):
            outcome = await self._preference(unit, element, kept.get("sender") or {})
        else:
            outcome = None
            if item.kind == "change" and isinstance(element, dict):
                report_change(element)
                await keep_template_state(unit, element)
            elif item.kind == "error":
                report_error(element)
        await settle_item(unit, item.key, "kept" if outcome is None else "applied", outcome or item.kind)
        if outcome == _ERASED:
            await forget_item(unit, item.key)

    async def _preference(self, unit: Unit, element: dict[str, Any], sender: dict[str, Any]) -> str | None:
        """The customer's wish about messages that the company starts, made in WhatsApp's own settings."""
        known = await contact_of(unit, user_id=sender.get("user_id"), number=sender.get("number"))
        wish = element.get("value")
        if known is None or wish not in ("stop", "resume"):
            return None
        await change_contact(unit, known.id, stopped_at=unit.now if wish == "stop" else None)
        return "preference"

    async def _message(
        self, unit: Unit, item: StoredItem, element: dict[str, Any], sender: dict[str, Any]
    ) -> str | None:
        user_id, number = sender.get("user_id"), sender.get("number")
        if user_id is None and number is None:
            return None
        content = read(element)
        known = await contact_of(unit, user_id=user_id, number=number)
        if is_group(element):
            return await self._said_in_group(unit, item, content, known)
        if content.is_notice:
            return await self._notice(unit, item, element, content, known)
        known, opened = await self._heard(unit, item, element, known, user_id, number)
        await self._take_in(opened, item, content, known)
        return _ERASED if await is_erased(unit, known.conversation_id) else "message"

    async def _heard(
        self,
        unit: Unit,
        item: StoredItem,
        element: dict[str, Any],
        known: Contact | None,
        user_id: str | None,
        number: str | None,
    ) -> tuple[Contact, OpenConversation]:
        """The contact and the conversation of somebody who has just been heard from; both begin with the first word."""
        if known is None:
            contact_id, opened = await self._begin(unit, user_id, number)
            # The first words are one unit with the contact; the message then finds both.
            await opened.save()
            known = await add_contact(unit, contact_id, opened.row.id, user_id=user_id, number=number)
        opened = await self._conversations.open(unit, known.conversation_id)
        await heard_from(unit, known, str(element.get("id") or item.key)[:200], said_at(element, item.received_at))
        opened.row.verified_phone = verified_phone(number or known.number) or opened.row.verified_phone
        return known, opened

    async def _call(self, unit: Unit, item: StoredItem, element: dict[str, Any], sender: dict[str, Any]) -> str | None:
        """A call that a customer makes: shown as such, and the customer is told that nobody answers it, and what works
        instead. What WhatsApp tells of the same call afterwards is only kept."""
        user_id, number = sender.get("user_id"), sender.get("number")
        if element.get("event") != "connect" or (user_id is None and number is None):
            return None
        known = await contact_of(unit, user_id=user_id, number=number)
        known, opened = await self._heard(unit, item, element, known, user_id, number)
        language = language_of(opened.row.locale)
        answer = partial(self._answers.on_call, language)
        await self._append(opened, item, 0, self._words.say("whatsapp_in_call", language), heard="", answer=answer)
        await opened.save()
        return "call"

    async def _said_in_group(self, unit: Unit, item: StoredItem, content: Content, known: Contact | None) -> str:
        """Said in a group, where an answer would reach others too. It stands in the sender's own conversation for
        agents; the sender is told so there, once, while we may write. Nobody is written to who has not written to us:
        what strangers say in a group is kept, and counted."""
        if known is None:
            return "group_of_strangers"
        opened = await self._conversations.open(unit, known.conversation_id)
        language = language_of(opened.row.locale)
        text = self._words.say("whatsapp_in_group", language, text=self._shown(content, language))
        answer = None
        may_write = known.window_until is not None and known.window_until > unit.now
        if known.told_group_at is None and may_write:
            await change_contact(unit, known.id, told_group_at=unit.now)
            answer = partial(self._answers.on_group, language)
        for index, piece in enumerate(_pieces(text)):
            await self._append(opened, item, index, piece, heard="", answer=answer if index == 0 else None)
        await opened.save()
        return "group"

    async def _begin(self, unit: Unit, user_id: str | None, number: str | None) -> tuple[str, OpenConversation]:
        contact_id, language = new_id(), greeting_language(number)
        stored = self._words.say("whatsapp_stored", language, address=f"{self._public_url}/transparency")
        opened = new_conversation(
            unit,
            channel=CHANNEL,
            address=contact_id,
            locale=language,
            opening=openings.started(self._words, language, stored=stored),
            pushes=True,
        )
        opened.row.verified_phone = verified_phone(number)
        return contact_id, opened

    async def _notice(
        self, unit: Unit, item: StoredItem, element: dict[str, Any], content: Content, known: Contact | None
    ) -> str | None:
        """WhatsApp says something about the sender, such as another number or user id, with which the conversation
        goes. It is no word of theirs: it opens no conversation and no 24 hours."""
        if known is None:
            # Nobody whom we know; who writes from the new address is new.
            return None
        moved = content.moved
        if moved is not None:
            number, user_id = number_of(moved.number), user_id_of(moved.user_id)
            since = said_at(element, item.received_at)
            known = await move(unit, known, user_id=user_id, number=number, since=since)
        opened = await self._conversations.open(unit, known.conversation_id)
        if moved is not None:
            opened.row.verified_phone = verified_phone(known.number) or opened.row.verified_phone
        await self._append(opened, item, 0, self._shown(content, language_of(opened.row.locale)), heard="")
        await opened.save()
        return "notice" if moved is None else "moved"

    async def _take_in(self, opened: OpenConversation, item: StoredItem, content: Content, known: Contact) -> None:
        unit, row = opened.unit, opened.row
        language = language_of(row.locale)
        text, payload, heard = self._shown(content, language), None, content.heard
        if content.button_id is not None:
            issued = await issued_button(unit, row.id, content.button_id)
            if issued is not None:
                payload, text, heard = issued.payload, issued.title, None
        elif content.text is not None and content.text.strip().isdigit():
            numbered = await numbered_choice(unit, row.id, int(content.text.strip()[:3]))
            if numbered is not None:
                issued = await issued_button(unit, row.id, numbered)
                payload = None if issued is None else issued.payload
        if content.about is not None and payload is None:
            text, heard = await self._quoting(unit, content, text, heard, language)
        answer = await self._answers.on(unit, content, known, language, heard)
        if content.stops is not None:
            await change_contact(unit, known.id, stopped_at=unit.now if content.stops else None)
        first = None
        for index, piece in enumerate(_pieces(text)):
            whole = index == 0 and len(text) <= TEXT_LIMIT
            message = await self._append(
                opened,
                item,
                index,
                piece,
                heard=heard if whole or heard == "" else None,
                payload=payload,
                answer=answer,
                has_files=content.media is not None and first is None,
            )
            first = first or message
        if content.media is not None and first is not None:
            await opened.save()
            await add_attachment(
                unit,
                first,
                CHANNEL,
                reference=content.media.reference[:200],
                kind=content.media.kind,
                file_name=clean_name(content.media.file_name),
                expires_at=unit.now + self._keeps,
            )
        else:
            await opened.save()

    async def _append(
        self,
        opened: OpenConversation,
        item: StoredItem,
        index: int,
        text: str,
        *,
        heard: str | None,
        payload: str | None = None,
        answer: Callable[[Message], Draft] | None = None,
        has_files: bool = False,
    ) -> Any:
        try:
            text = clean_text(text)
        except TextRefused:
            text, heard = self._words.say("whatsapp_in_empty", language_of(opened.row.locale)), ""
        key = item.key if index == 0 else f"{item.key}#{index + 1}"
        return await self._conversations.take_in(
            opened,
            text,
            client_id=hashlib.sha256(key.encode()).hexdigest(),
            payload=payload,
            provider_id=f"{CHANNEL}:{key}",
            heard=heard,
            answer=answer,
            has_files=has_files,
        )

    def _shown(self, content: Content, language: Language) -> str:
        shown = content.text or ""
        if content.key is not None:
            shown = self._words.say(content.key, language, **(content.values or {}))
        if content.led_by is not None:
            key, values = content.led_by
            shown = self._words.say(key, language, text=shown, **values).rstrip()
        return shown

    async def _quoting(
        self, unit: Unit, content: Content, text: str, heard: str | None, language: Language
    ) -> tuple[str, str | None]:
        """The log shows which message is meant, where we know it; the bot gets what the customer wrote."""
        quoted = await text_of(unit, content.about or "")
        if quoted is None or not text.strip():
            return text, heard
        shown = quoted if len(quoted) <= _QUOTED else f"{quoted[: _QUOTED - 1].rstrip()}…"
        return self._words.say(
            "whatsapp_in_quoting", language, quoted=shown, text=text
        ), text if heard is None else heard


def _pieces(text: str) -> list[str]:
    """A text in pieces that an entry of the log can hold; what is beyond `_MOST_ENTRIES` stays in the item alone."""
    text = text[: TEXT_LIMIT * _MOST_ENTRIES]
    return [text[start : start + TEXT_LIMIT] for start in range(0, len(text), TEXT_LIMIT)] or [""]
