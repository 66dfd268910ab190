"""Applying what came in: each item in one transaction with its effect, the items of one sender in their order.

An item that cannot be applied is tried again, a little later each time; one that still cannot is left, kept as it came
and counted. A process that dies in between has applied nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from bot.conversation.limits import TEXT_LIMIT
from bot.conversation.model import Draft, Message, new_id
from bot.service.conversations import Conversations
from bot.service.joining import Joining
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
    UNKNOWN_NUMBER,
    StoredItem,
    forget_item,
    postpone_item,
    settle_item,
    take_item,
    waiting_items,
)
from bot.transparency import openings
from bot.transparency.wording import Wording, language_of
from connectors.whatsapp.answers import Answers
from connectors.whatsapp.content import Content, is_group, read
from connectors.whatsapp.echoes import Echoes
from connectors.whatsapp.entries import CHANNEL, cleaned, ids, pieces, shown
from connectors.whatsapp.envelope import load, number_of, storable, user_id_of
from connectors.whatsapp.media import note_file
from connectors.whatsapp.notices import keep_template_state, report_change, report_error
from connectors.whatsapp.people import Person, greeting_language, said_at, verified_phone
from connectors.whatsapp.sent_before import numbered_choice, quoting
from connectors.whatsapp.statuses import apply_status

log = structlog.get_logger(__name__)

# Stands in hints for "an item came in".
ITEMS = "whatsapp:items"
# Kinds of items that somebody wants something of us with, at one of our numbers.
_TO_A_NUMBER = frozenset({"message", "call", "preference", "echo"})
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
        numbers: Sequence[str],
        public_url: str,
        file_days: float,
        poll: float = 0.5,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._words = words
        self._answers = Answers(words)
        self._joining = Joining(conversations, words)
        self._numbers = numbers
        self._public_url = public_url
        self._keeps = timedelta(days=file_days)
        self._echoes = Echoes(conversations, words, keeps=self._keeps)
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
        ours = kept.get("ours") or {}
        who = self._who(kept.get("sender") or {}, ours)
        outcome: str | None = None
        if item.kind in _TO_A_NUMBER and who is None:
            # Not ours to answer, and never from another number.
            log.error("something came to a number that is not set", phone_number_id=ours.get("id"), item=item.key)
            await settle_item(unit, item.key, "kept", UNKNOWN_NUMBER)
            return
        if isinstance(element, dict):
            outcome = await self._effect(unit, item, element, who)
        elif item.kind == "error":
            report_error(element)
        await settle_item(unit, item.key, "kept" if outcome is None else "applied", outcome or item.kind)
        if outcome == _ERASED:
            await forget_item(unit, item.key)

    def _who(self, sender: dict[str, Any], ours: dict[str, Any]) -> Person | None:
        """Who wrote to which of our numbers; None where the number is not ours. While none is set, any is."""
        told = ours.get("id")
        if not self._numbers:
            number = told or ""
        elif told is None and len(self._numbers) == 1:
            number = self._numbers[0]
        elif told in self._numbers:
            number = told
        else:
            return None
        return Person(
            user_id=sender.get("user_id"), number=sender.get("number"), ours=number, our_number=ours.get("number")
        )

    async def _effect(self, unit: Unit, item: StoredItem, element: dict[str, Any], who: Person | None) -> str | None:
        """What the item changed, or None."""
        if item.kind == "status":
            return await apply_status(unit, self._conversations, element)
        if item.kind == "change":
            report_change(element)
            await keep_template_state(unit, element)
        elif item.kind == "error":
            report_error(element)
        if item.kind not in _TO_A_NUMBER or who is None or not who.is_somebody:
            return None
        if item.kind == "call" and element.get("event") != "connect":
            # What WhatsApp tells of the same call afterwards is only kept.
            return None
        known = await contact_of(
            unit, ours=who.ours, user_id=who.user_id, number=who.number, unite=partial(self._unite, unit)
        )
        if item.kind == "echo":
            return await self._echoes.take_in(unit, item, element, who, known)
        if item.kind == "preference":
            return await self._preference(unit, element, known)
        if item.kind == "call":
            return await self._call(unit, item, element, who, known)
        return await self._message(unit, item, element, who, known)

    async def _unite(self, unit: Unit, stays: Contact, goes: Contact) -> None:
        await self._joining.unite(unit, stays.conversation_id, goes.conversation_id)

    async def _preference(self, unit: Unit, element: dict[str, Any], known: Contact | None) -> str | None:
        """The customer's wish about messages that the company starts, made in WhatsApp's own settings."""
        wish = element.get("value")
        if known is None or wish not in ("stop", "resume"):
            return None
        await change_contact(unit, known.id, stopped_at=unit.now if wish == "stop" else None)
        return "preference"

    async def _message(
        self, unit: Unit, item: StoredItem, element: dict[str, Any], who: Person, known: Contact | None
    ) -> str | None:
        content = read(element)
        if is_group(element):
            return await self._said_in_group(unit, item, content, known)
        if content.is_notice:
            return await self._notice(unit, item, element, content, known)
        known, opened = await self._heard(unit, item, element, who, known)
        await self._take_in(opened, item, content, known)
        return _ERASED if await is_erased(unit, known.conversation_id) else "message"

    async def _heard(
        self,
        unit: Unit,
        item: StoredItem,
        element: dict[str, Any],
        who: Person,
        known: Contact | None,
    ) -> tuple[Contact, OpenConversation]:
        """The contact and the conversation of somebody who has just been heard from; both begin with the first word."""
        if known is None:
            contact_id, opened = self._begin(unit, who.number)
            # The first words are one unit with the contact; the message then finds both.
            await opened.save()
            known = await add_contact(
                unit, contact_id, opened.row.id, ours=who.ours, user_id=who.user_id, number=who.number
            )
        opened = await self._conversations.open(unit, known.conversation_id)
        said = said_at(element, item.received_at)
        await heard_from(unit, known, str(element.get("id") or item.key)[:200], said, who.our_number)
        opened.row.verified_phone = verified_phone(who.number or known.number) or opened.row.verified_phone
        return known, opened

    async def _call(
        self, unit: Unit, item: StoredItem, element: dict[str, Any], who: Person, known: Contact | None
    ) -> str | None:
        """A call that a customer makes: shown as such, and the customer is told that nobody answers it, and what works
        instead."""
        _, opened = await self._heard(unit, item, element, who, known)
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
        text = self._words.say("whatsapp_in_group", language, text=shown(self._words, content, language))
        answer = None
        may_write = known.window_until is not None and known.window_until > unit.now
        if known.told_group_at is None and may_write:
            await change_contact(unit, known.id, told_group_at=unit.now)
            answer = partial(self._answers.on_group, language)
        for index, piece in enumerate(pieces(text)):
            await self._append(opened, item, index, piece, heard="", answer=answer if index == 0 else None)
        await opened.save()
        return "group"

    def _begin(self, unit: Unit, number: str | None) -> tuple[str, OpenConversation]:
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
            unite = partial(self._unite, unit)
            known = await move(unit, known, user_id=user_id, number=number, since=since, unite=unite)
        opened = await self._conversations.open(unit, known.conversation_id)
        if moved is not None:
            opened.row.verified_phone = verified_phone(known.number) or opened.row.verified_phone
        text = shown(self._words, content, language_of(opened.row.locale))
        await self._append(opened, item, 0, text, heard="")
        await opened.save()
        return "notice" if moved is None else "moved"

    async def _take_in(self, opened: OpenConversation, item: StoredItem, content: Content, known: Contact) -> None:
        unit, row = opened.unit, opened.row
        language = language_of(row.locale)
        text, payload, heard = shown(self._words, content, language), None, content.heard
        if content.button_id is not None:
            issued = await issued_button(unit, row.id, content.button_id)
            if issued is not None:
                payload, text, heard = issued.payload, issued.title, None
        elif content.text is not None and content.text.strip().isdecimal():
            numbered = await numbered_choice(unit, row.id, int(content.text.strip()[:3]))
            if numbered is not None:
                issued = await issued_button(unit, row.id, numbered)
                payload = None if issued is None else issued.payload
        if content.about is not None and payload is None:
            # The log shows which message is meant, where we know it; the bot gets what the customer wrote.
            quoted = await quoting(unit, self._words, content.about, text, language)
            text, heard = quoted, text if heard is None and quoted != text else heard
        answer = await self._answers.on(unit, content, known, row, heard)
        if content.stops is not None:
            await change_contact(unit, known.id, stopped_at=unit.now if content.stops else None)
        first = None
        for index, piece in enumerate(pieces(text)):
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
        await opened.save()
        if content.media is not None and first is not None:
            await note_file(unit, first, content.media, keeps=self._keeps)

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
        text, is_seen = cleaned(self._words, text, language_of(opened.row.locale))
        client_id, provider_id = ids(item.key, index)
        return await self._conversations.take_in(
            opened,
            text,
            client_id=client_id,
            payload=payload,
            provider_id=provider_id,
            heard=heard if is_seen else "",
            answer=answer,
            has_files=has_files,
        )
