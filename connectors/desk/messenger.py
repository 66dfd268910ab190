"""What the desk shows and does for conversations over a messenger: the 24 hours, templates, files, what arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.model import Message
from bot.service.templates import templates
from bot.store.outbox import DeliveryRecord
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_attachments import Attachment, attachment_content, attachments
from bot.store.whatsapp_contacts import contact_of_conversation
from bot.store.whatsapp_parts import newest_states
from bot.transparency.wording import Language, Wording, language_of

# Types that a browser may show in the page; all others are saved.
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp"})


class TemplateView(msgspec.Struct, kw_only=True):
    """A template as an agent chooses it, in the customer's language; `{topic}` stands where the topic will."""

    name: str
    text: str


class AttachmentView(msgspec.Struct, kw_only=True):
    """A file that the customer sent; `seq` is its message's place."""

    id: str
    seq: int
    kind: str
    state: str
    file_name: str | None
    media_type: str | None
    size: int | None
    expires_at: datetime


class ReceiptView(msgspec.Struct, kw_only=True):
    """How far the message that ends at `seq` has come."""

    seq: int
    state: str


class MessengerView(msgspec.Struct, kw_only=True):
    """A conversation's messenger."""

    number: str | None
    # Until when free text can be sent.
    window_until: datetime | None
    # The customer does not want to be written to first.
    stopped: bool
    templates: list[TemplateView]
    attachments: list[AttachmentView]
    receipts: list[ReceiptView]


class UseTemplate(msgspec.Struct):
    """Body of a template that an agent sends."""

    client_id: Annotated[str, Meta(min_length=1, max_length=64)]
    template: str
    topic: Annotated[str, Meta(min_length=1, max_length=60)]


async def messenger_view(unit: Unit, conversation_id: str, locale: str, events: list[Message]) -> MessengerView | None:
    """What there is to show, or None for a conversation over no messenger."""
    person = await contact_of_conversation(unit, conversation_id)
    if person is None:
        return None
    places = {event.id: event.seq for event in events}
    language = language_of(locale)
    return MessengerView(
        number=None if person.number is None else f"+{person.number}",
        window_until=person.window_until,
        stopped=person.stopped_at is not None,
        templates=[
            TemplateView(name=one.name, text=one.texts[language].removeprefix("{author} · "))
            for one in templates().values()
        ],
        attachments=[
            _attachment_view(one, places[one.message_id])
            for one in await attachments(unit, conversation_id)
            if one.message_id in places
        ],
        receipts=[
            ReceiptView(seq=part.last_seq, state=part.state)
            for part in await newest_states(unit, conversation_id)
            if part.part == part.parts - 1
        ],
    )


def _attachment_view(one: Attachment, seq: int) -> AttachmentView:
    return AttachmentView(
        id=one.id,
        seq=seq,
        kind=one.kind,
        state=one.state,
        file_name=one.file_name,
        media_type=one.media_type,
        size=one.size,
        expires_at=one.expires_at,
    )


def explained(records: list[DeliveryRecord], words: Wording, language: Language) -> list[DeliveryRecord]:
    """Deliveries whose errors are said in a sentence, with the provider's own words behind it."""
    return [
        msgspec.structs.replace(record, error=_explained(record.error, words, language)) if record.error else record
        for record in records
    ]


def _explained(error: str, words: Wording, language: Language) -> str:
    kind, separator, provider = error.partition(": ")
    key = f"desk_delivery_error_{kind}"
    if not separator or not words.has(key):
        return error
    return f"{words.say(key, language)} ({provider})"


async def attachment_response(services: Services, request: web.Request, _agent: Agent) -> web.Response:
    """A file's content, which no browser may take for a page."""
    async with services.store.read() as unit:
        found = await attachment_content(unit, request.match_info["attachment"])
    if found is None:
        raise web.HTTPNotFound
    attachment, content = found
    media_type = attachment.media_type or "application/octet-stream"
    how = "inline" if media_type in _SHOWN else "attachment"
    ending = media_type.partition("/")[2]
    return web.Response(
        body=content,
        content_type=media_type,
        headers={
            # The customer's name for the file stays text in the page: here it could only do harm.
            "Content-Disposition": f'{how}; filename="{attachment.kind}-{attachment.id[-8:]}.{ending}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
