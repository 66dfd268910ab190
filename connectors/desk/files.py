"""What the desk shows and does with files: those of a conversation, and those that an agent sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from aiohttp import web

from bot.bootstrap import Services
from bot.conversation.files import FileRefused
from bot.conversation.model import Message
from bot.store.attachments import Attachment, attachments
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit
from connectors.uploads import Uploads, refused


class FileView(msgspec.Struct, kw_only=True):
    """A file of a conversation as it stands now; `seq` is its message's place."""

    id: str
    seq: int
    kind: str
    state: str
    file_name: str | None
    media_type: str | None
    size: int | None
    expires_at: datetime


async def file_views(unit: Unit, conversation_id: str, events: Sequence[Message]) -> list[FileView]:
    """The files of these entries."""
    places = {event.id: event.seq for event in events if event.files}
    if not places:
        return []
    return [
        FileView(
            id=one.id,
            seq=places[one.message_id],
            kind=one.kind,
            state=one.state,
            file_name=one.file_name,
            media_type=one.media_type,
            size=one.size,
            expires_at=one.expires_at,
        )
        for one in await attachments(unit, conversation_id)
        if one.message_id in places
    ]


class DeskFiles:
    """What the desk's two routes for files do."""

    def __init__(self) -> None:
        self._uploads = Uploads()

    async def send(self, services: Services, request: web.Request, agent: Agent) -> Message:
        """An agent sends a file to the customer. Sent again under its client id it is stored once."""
        upload = await self._uploads.take(request)
        try:
            receipt = await services.files.reply(
                request.match_info["id"],
                agent,
                upload.data,
                client_id=upload.client_id,
                name=upload.name,
                caption=upload.text,
            )
        except FileRefused as error:
            raise refused(error, desk=True) from error
        return receipt.message

    async def content(self, services: Services, request: web.Request) -> tuple[Attachment, bytes] | None:
        """The file that is asked for. The caller looks whether the agent sees its conversation."""
        return await services.files.content(request.match_info["attachment"])
