"""What the desk shows and does for conversations over a messenger: the 24 hours, templates, what arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from bot.service.templates import templates
from bot.store.log import read_conversation
from bot.store.outbox import DeliveryRecord
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_contacts import contact_of_conversation, joined_conversations
from bot.store.whatsapp_parts import newest_states
from bot.transparency.format import spoken_phone
from bot.transparency.wording import Language, Wording, language_of


class TemplateView(msgspec.Struct, kw_only=True):
    """A template as an agent chooses it, in the customer's language; `{topic}` stands where the topic will."""

    name: str
    text: str


class ReceiptView(msgspec.Struct, kw_only=True):
    """How far the message that ends at `seq` has come."""

    seq: int
    state: str


class JoinedView(msgspec.Struct, kw_only=True):
    """Another conversation of the same person, which goes on in this one; its entries are fetched like any others."""

    id: str
    opened_at: datetime
    ended_at: datetime


class MessengerView(msgspec.Struct, kw_only=True):
    """A conversation's messenger."""

    number: str | None
    # Our own number that they write to.
    our_number: str | None
    # Until when free text can be sent.
    window_until: datetime | None
    # The customer does not want to be written to first.
    stopped: bool
    templates: list[TemplateView]
    receipts: list[ReceiptView]
    joined: list[JoinedView]


class UseTemplate(msgspec.Struct):
    """Body of a template that an agent sends."""

    client_id: Annotated[str, Meta(min_length=1, max_length=64)]
    template: str
    topic: Annotated[str, Meta(min_length=1, max_length=60)]


async def messenger_view(unit: Unit, conversation_id: str, locale: str) -> MessengerView | None:
    """What there is to show, or None for a conversation over no messenger."""
    person = await contact_of_conversation(unit, conversation_id)
    if person is None:
        return None
    language = language_of(locale)
    return MessengerView(
        number=None if person.number is None else spoken_phone(f"+{person.number}"),
        our_number=None if person.our_number is None else spoken_phone(f"+{person.our_number}"),
        window_until=person.window_until,
        stopped=person.stopped_at is not None,
        templates=[
            TemplateView(name=one.name, text=one.texts[language].removeprefix("{author} · "))
            for one in templates().values()
        ],
        receipts=[
            ReceiptView(seq=part.last_seq, state=part.state)
            for part in await newest_states(unit, conversation_id)
            if part.part == part.parts - 1
        ],
        joined=[
            JoinedView(id=row.id, opened_at=row.opened_at, ended_at=row.last_at)
            for one in await joined_conversations(unit, conversation_id)
            if (row := await read_conversation(unit, one)) is not None
        ],
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
