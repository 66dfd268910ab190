"""Fetching the files that customers sent, with the token, within limits, and only what they really are.

A file is stored if its content begins like one of the accepted types; what the sender called it counts for nothing.
A process that dies while fetching leaves the file to the next one.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import structlog

from bot.store.errors import StoreUnavailable
from bot.store.unit_of_work import Store
from bot.store.whatsapp_attachments import (
    Attachment,
    expire_attachments,
    keep_attachment,
    lease_attachments,
    refuse_attachment,
    try_attachment_later,
)
from bot.store.whatsapp_items import forget_items
from connectors.whatsapp.client import GraphClient, MediaRefused, NotReached, Unanswered
from connectors.whatsapp.errors import ApiError
from connectors.whatsapp.intake import CHANNEL

log = structlog.get_logger(__name__)

_MIB = 1024 * 1024
# Largest file of each kind, in bytes.
LIMITS = {"image": 5 * _MIB, "sticker": _MIB, "audio": 16 * _MIB, "video": 16 * _MIB, "document": 16 * _MIB}
_AT_ONCE = 4
# How often files whose time is over are looked for, in looks for new ones.
_EXPIRE_EVERY = 60


def sniff(content: bytes) -> str | None:
    """The media type that the content itself shows, or None for one that is not accepted."""
    head = content[:16]
    for start, media_type in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"%PDF-", "application/pdf"),
        (b"OggS", "audio/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"#!AMR", "audio/amr"),
    ):
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/mpeg"
    return None


class MediaFetcher:
    """Works off the files that wait. Any number of these may run."""

    def __init__(self, store: Store, client: GraphClient | None, *, days: float, poll: float = 1.0) -> None:
        self._store = store
        self._client = client
        # For so long what came in is kept as it came; files have their own time.
        self._days = timedelta(days=days)
        self._poll = poll

    async def run(self) -> None:
        """Work until cancelled. Errors of the database are waited out."""
        looks = 0
        while True:
            try:
                fetched = await self.fetch_due() if self._client is not None else 0
                if looks % _EXPIRE_EVERY == 0:
                    await self.expire()
                looks += 1
            except StoreUnavailable:
                fetched = 0
            if not fetched:
                await asyncio.sleep(self._poll)

    async def expire(self) -> int:
        """Remove what is over its time, files and what came in as it came; how many these were."""
        async with self._store.write() as unit:
            return await expire_attachments(unit) + await forget_items(unit, unit.now - self._days)

    async def fetch_due(self) -> int:
        """Fetch what is due; how many files were tried."""
        async with self._store.write() as unit:
            due = await lease_attachments(unit, CHANNEL, _AT_ONCE)
        await asyncio.gather(*(self._fetch(attachment) for attachment in due))
        return len(due)

    async def _fetch(self, attachment: Attachment) -> None:
        assert self._client is not None
        try:
            content = await self._client.media(attachment.reference, LIMITS.get(attachment.kind, _MIB))
            media_type = sniff(content)
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
            digest = hashlib.sha256(content).hexdigest()
            async with self._store.write() as unit:
                await keep_attachment(unit, attachment, content, digest=digest, media_type=media_type)
