"""Fetching the files that customers sent, with the token, within limits, and only what they really are.

A file is stored if its content begins like one of the accepted types; what the sender called it counts for nothing.
A process that dies while fetching leaves the file to the next one.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from bot.conversation.files import LIMITS, clean_name, sniff
from bot.conversation.model import Message
from bot.store.attachments import (
    Attachment,
    add_attachment,
    any_to_fetch,
    content_of,
    lease_attachments,
    refuse_attachment,
    try_attachment_later,
)
from bot.store.errors import StoreUnavailable
from bot.store.late_files import keep_late_file
from bot.store.unit_of_work import Store, Unit
from bot.store.whatsapp_items import forget_items
from connectors.whatsapp.client import GraphClient, MediaRefused, NotReached, Unanswered
from connectors.whatsapp.content import Media
from connectors.whatsapp.entries import CHANNEL
from connectors.whatsapp.errors import ApiError

log = structlog.get_logger(__name__)

_AT_ONCE = 4
# How often items whose time is over are looked for, in looks for new files.
_FORGET_EVERY = 60


async def note_file(unit: Unit, message: Message, media: Media, *, keeps: timedelta) -> None:
    """The file of a message of this unit is to be fetched, and kept for so long."""
    await add_attachment(
        unit,
        message,
        CHANNEL,
        reference=media.reference[:200],
        kind=media.kind,
        file_name=clean_name(media.file_name),
        expires_at=unit.now + keeps,
    )


class MediaFetcher:
    """Works off the files that wait. Any number of these may run."""

    def __init__(self, store: Store, client: GraphClient | None, *, days: float, poll: float = 1.0) -> None:
        self._store = store
        self._client = client
        # For so long what came in is kept as it came.
        self._days = timedelta(days=days)
        self._poll = poll

    async def run(self) -> None:
        """Work until cancelled. Errors of the database are waited out."""
        looks = 0
        while True:
            try:
                fetched = await self.fetch_due() if self._client is not None else 0
                if looks % _FORGET_EVERY == 0:
                    await self.forget()
                looks += 1
            except StoreUnavailable:
                fetched = 0
            if not fetched:
                await asyncio.sleep(self._poll)

    async def forget(self) -> int:
        """Empty what came in and is over its time; how many items these were."""
        async with self._store.write() as unit:
            return await forget_items(unit, unit.now - self._days)

    async def fetch_due(self) -> int:
        """Fetch what is due; how many files were tried."""
        async with self._store.read() as unit:
            if not await any_to_fetch(unit, CHANNEL):
                return 0
        async with self._store.write() as unit:
            due = await lease_attachments(unit, CHANNEL, _AT_ONCE)
        await asyncio.gather(*(self._fetch(attachment) for attachment in due))
        return len(due)

    async def _fetch(self, attachment: Attachment) -> None:
        assert self._client is not None
        try:
            data = await self._client.media(attachment.reference, LIMITS.get(attachment.kind, LIMITS["sticker"]))
            media_type = sniff(data)
            if media_type is None:
                raise MediaRefused("refused", "its type is not accepted")
        except MediaRefused as refused:
            async with self._store.write() as unit:
                await refuse_attachment(unit, attachment, refused.state, str(refused))
        except (ApiError, NotReached, Unanswered) as error:
            log.warning("a file could not be fetched", attachment=attachment.id, error=str(error))
            async with self._store.write() as unit:
                await try_attachment_later(unit, attachment, str(error))
        else:
            content = await asyncio.to_thread(
                content_of, data, kind=attachment.kind, media_type=media_type, name=attachment.file_name
            )
            async with self._store.write() as unit:
                await keep_late_file(unit, attachment, content)
