"""What a message refers to: the text that it quotes, and the choice behind the number that it answers with."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import message as message_table
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_parts import part_by_provider_id
from bot.transparency.wording import Language, Wording
from connectors.whatsapp.render import is_numbered

# How ids of what customers said, and what colleagues said in the app, begin where the log keeps them.
_SAID = ("whatsapp:message:", "whatsapp:echo:")
_QUOTED = 60


async def text_of(unit: Unit, provider_id: str) -> str | None:
    """The text behind a provider's id: something that was said to us or in the app, or a part of what was sent."""
    part = await part_by_provider_id(unit, provider_id[:200])
    named = message_table.c.provider_id.in_([f"{said}{provider_id[:180]}" for said in _SAID])
    found = await unit.connection.execute(
        sa.select(message_table.c.text).where(named if part is None else message_table.c.id == part.message_id)
    )
    text: str | None = found.scalars().first()
    return text


async def quoting(unit: Unit, words: Wording, about: str, text: str, language: Language) -> str:
    """The text with what it refers to in front, where we know that."""
    quoted = await text_of(unit, about)
    if quoted is None or not text.strip():
        return text
    cut = quoted if len(quoted) <= _QUOTED else f"{quoted[: _QUOTED - 1].rstrip()}…"
    return words.say("whatsapp_in_quoting", language, quoted=cut, text=text)


async def numbered_choice(unit: Unit, conversation_id: str, number: int) -> str | None:
    """The id of the button with this number in the newest message, if that offered its choices as numbered text."""
    found = await unit.connection.execute(
        sa.select(message_table.c.buttons)
        .where(message_table.c.conversation_id == conversation_id, message_table.c.author_kind != "customer")
        .order_by(message_table.c.seq.desc())
        .limit(1)
    )
    buttons = found.scalar_one_or_none() or []
    if not is_numbered(len(buttons)) or not 1 <= number <= len(buttons):
        return None
    chosen: str = buttons[number - 1]["id"]
    return chosen
