"""Files over HTTP, for every channel whose clients fetch: taken in within limits, given out so that they cannot harm.

A file is read up to its limit and no further, however large it is said or turns out to be. Nothing of it is stored
before the service has looked into it; a connection that breaks on the way has stored nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from bot.conversation.files import LARGEST, SHOWN, FileRefused, safe_name
from bot.conversation.limits import TEXT_LIMIT
from bot.store.attachments import Attachment
from connectors.frames import ApiError

# A process holds so many files in memory at once, and waits so long, in seconds, for one of them to arrive.
_AT_ONCE, _PATIENCE = 16, 180.0
# What a field beside the file may have, in bytes.
_FIELD_LIMIT = TEXT_LIMIT * 8
_ENVELOPE = 64 * 1024
_MIB = 1024 * 1024


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sent."""

    client_id: str
    text: str
    name: str | None
    data: bytes


class Uploads:
    """Takes files in, so many at once."""

    def __init__(self) -> None:
        self._under_way = 0

    async def take(self, request: web.Request) -> Upload:
        """Read a form with `client_id`, perhaps `text`, and `file`.

        Raises:
            ApiError: it is too large, not complete, not such a form, or there is no room at the moment.
        """
        if (request.content_length or 0) > LARGEST + _ENVELOPE:
            raise _too_large(LARGEST)
        if not request.content_type.startswith("multipart/"):
            raise ApiError(400, "bad_frame", "error_bad_frame")
        async with self._room():
            try:
                return await asyncio.wait_for(_read(request), _PATIENCE)
            except (ValueError, AssertionError, HttpProcessingError, asyncio.TimeoutError) as error:
                raise ApiError(400, "file_broken", "error_file_broken") from error

    @asynccontextmanager
    async def _room(self) -> AsyncIterator[None]:
        if self._under_way >= _AT_ONCE:
            raise ApiError(503, "busy", "error_file_busy")
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


async def _read(request: web.Request) -> Upload:
    fields: dict[str, str] = {}
    name: str | None = None
    data: bytes | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ValueError("a form within the form")
        if part.name == "file" and data is None:
            name, data = part.filename, await _content(part, LARGEST)
        elif part.name in {"client_id", "text"}:
            fields[part.name] = (await _content(part, _FIELD_LIMIT)).decode()
        else:
            raise ValueError("an unknown field")
    if data is None or not fields.get("client_id"):
        raise ValueError("a field is missing")
    return Upload(client_id=fields["client_id"], text=fields.get("text", ""), name=name, data=data)


async def _content(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > limit:
            raise _too_large(limit)
    return bytes(content)


def _too_large(limit: int) -> ApiError:
    return ApiError(413, "file_size", "error_file_size", limit=str(limit // _MIB))


def refused(error: FileRefused, *, desk: bool = False) -> ApiError:
    """What a refusal means to whoever sent the file."""
    key = "desk_error_file_type" if desk and error.code == "file_type" else f"error_{error.code}"
    values = {"limit": str(error.limit // _MIB)} if error.code == "file_size" else {}
    return ApiError({"file_size": 413, "file_many": 429}.get(error.code, 422), error.code, key, **values)


def file_response(found: tuple[Attachment, bytes] | None) -> web.Response:
    """A file's content, which no browser may take for a page, or 404."""
    if found is None:
        raise web.HTTPNotFound
    attachment, content = found
    media_type = attachment.media_type or "application/octet-stream"
    how = "inline" if media_type in SHOWN else "attachment"
    # The sender's name for the file stays text in the page: here it could only do harm.
    name = safe_name(attachment.kind, attachment.id, media_type)
    return web.Response(
        body=content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'{how}; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )
