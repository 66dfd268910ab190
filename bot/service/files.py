"""Files in conversations, for every channel: stored with their message in one commit, or not at all.

What `receive` and `reply` return is committed and may be acknowledged; the same client id again returns the first
receipt, whatever file came with it. A process that dies on the way has stored neither message nor file.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from bot.conversation.files import SENDABLE, FileRefused, check_file, clean_name
from bot.conversation.limits import CLIENT_ID_LIMIT, clean_text
from bot.conversation.model import Author, AuthorKind, Draft, EventKind, Message
from bot.service.conversations import CUSTOMER_ORIGIN, Conversations
from bot.service.outcomes import Receipt, Refused
from bot.settings import Settings
from bot.store.attachments import (
    Attachment,
    Content,
    add_stored_attachment,
    attachment_content,
    content_of,
    customer_volume,
    expire_attachments,
)
from bot.store.errors import StoreUnavailable
from bot.store.log import message_by_client_id
from bot.store.tokens import Agent
from bot.store.unit_of_work import Store
from bot.transparency import openings
from bot.transparency.wording import Language, Wording, language_of

log = structlog.get_logger(__name__)

# What one customer may send within a day: files, and bytes together.
MOST_FILES, MOST_BYTES = 40, 100 * 1024 * 1024
_DAY = timedelta(days=1)
# Seconds between two looks for files whose time is over.
_EXPIRE_EVERY = 60.0


def shown(words: Wording, language: Language, kind: str, name: str | None, caption: str) -> str:
    """A message with a file as text: what stands in the log, in lists, and wherever files are not shown."""
    text = ": ".join(filter(None, (name, caption)))
    return words.say(f"file_{kind}_with", language, text=text) if text else words.say(f"file_{kind}", language)


class Files:
    """The use cases on files."""

    def __init__(self, store: Store, conversations: Conversations, words: Wording, settings: Settings) -> None:
        self._store = store
        self._conversations = conversations
        self._words = words
        self._keeps = timedelta(days=settings.file_days)

    async def receive(
        self, conversation_id: str, data: bytes, *, client_id: str, name: str | None, caption: str = ""
    ) -> Receipt:
        """Store a file that a customer sent, with what is said about it. The bot hears the caption.

        Raises:
            FileRefused: type, size or number of files; nothing was stored.
            TextRefused: the caption is too long.
            Refused: the client id is unusable.
            UnknownConversation, StoreUnavailable: nothing was stored.
        """
        content = await _checked(data, name)
        caption = _caption(caption)
        _check_client_id(client_id)
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            known = await message_by_client_id(unit, conversation_id, CUSTOMER_ORIGIN, client_id)
            if known is not None:
                return Receipt(message=known, repeated=True)
            count, size = await customer_volume(unit, conversation_id, unit.now - _DAY)
            if count >= MOST_FILES or size + len(data) > MOST_BYTES:
                raise FileRefused("file_many")
            language = language_of(opened.row.locale)
            message = await self._conversations.take_in(
                opened,
                clean_text(shown(self._words, language, content.kind, content.name, caption)),
                client_id=client_id,
                heard=caption,
                answer=None if caption else partial(self._unseen, content.kind, language),
                has_files=True,
                file_digest=content.digest,
            )
            await opened.save()
            await add_stored_attachment(unit, message, opened.row.channel, content, expires_at=unit.now + self._keeps)
        return Receipt(message=message, repeated=False)

    async def reply(
        self, conversation_id: str, agent: Agent, data: bytes, *, client_id: str, name: str | None, caption: str = ""
    ) -> Receipt:
        """An agent sends a file to the customer.

        Raises:
            FileRefused: type or size; nothing was sent.
            TextRefused: the caption is too long.
            Refused: `not_holder`, somebody else holds the conversation; nothing was sent.
        """
        content = await _checked(data, name)
        if content.media_type not in SENDABLE:
            raise FileRefused("file_type")
        caption = _caption(caption)
        _check_client_id(client_id)
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            known = await message_by_client_id(unit, conversation_id, agent.id, client_id)
            if known is not None:
                return Receipt(message=known, repeated=True)
            await self._conversations.check_holds(opened, agent)
            await self._conversations.release_held(opened)
            text = caption or shown(self._words, language_of(opened.row.locale), content.kind, content.name, "")
            message = opened.append(
                Draft(kind=EventKind.MESSAGE, author=Author(kind=AuthorKind.HUMAN, name=agent.name), text=text),
                origin=agent.id,
                client_id=client_id,
                has_files=True,
                file_digest=content.digest,
            )
            await opened.save()
            await add_stored_attachment(unit, message, opened.row.channel, content, expires_at=unit.now + self._keeps)
        return Receipt(message=message, repeated=False)

    async def content(
        self, attachment_id: str, *, conversation_id: str | None = None
    ) -> tuple[Attachment, bytes] | None:
        """A stored file; with `conversation_id` only one of that conversation."""
        async with self._store.report() as unit:
            found = await attachment_content(unit, attachment_id)
        if found is None or conversation_id not in {None, found[0].conversation_id}:
            return None
        return found

    async def run(self) -> None:
        """Remove files whose time is over, until cancelled. Errors of the database are waited out."""
        while True:
            try:
                await self.expire()
            except StoreUnavailable as error:
                log.warning("files wait for the database", error=str(error))
            await asyncio.sleep(_EXPIRE_EVERY)

    async def expire(self) -> int:
        """Remove what is over its time; how many files these were."""
        async with self._store.write() as unit:
            return await expire_attachments(unit)

    def _unseen(self, kind: str, language: Language, message: Message) -> Draft:
        key = "file_reply_voice" if kind == "audio" else "file_reply"
        return openings.file_unseen(self._words, language, message.id, kind, key)


async def _checked(data: bytes, name: str | None) -> Content:
    """Looked into and counted beside the loop, for a file may be large."""
    kind, media_type = check_file(data)
    return await asyncio.to_thread(content_of, data, kind=kind, media_type=media_type, name=clean_name(name))


def _caption(raw: str) -> str:
    return clean_text(raw) if raw.strip() else ""


def _check_client_id(client_id: str) -> None:
    if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
        raise Refused("client_id")
