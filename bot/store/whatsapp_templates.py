"""What the provider said last about each template: the newest word replaces the one before."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from bot.store.rows import plain
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_tables import template_state as table


class TemplateState(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's word about a template in a language."""

    name: str
    language: str
    state: str
    reason: str | None
    at: datetime


async def record_template_state(unit: Unit, name: str, language: str, state: str, reason: str | None) -> None:
    """Keep what the provider said now."""
    key = (table.c.name == name[:120]) & (table.c.language == language[:20])
    values = {"state": state[:40], "reason": None if reason is None else reason[:200], "at": unit.now}
    changed = await unit.connection.execute(sa.update(table).where(key).values(**values))
    if changed.rowcount == 0:
        await unit.connection.execute(sa.insert(table).values(name=name[:120], language=language[:20], **values))


async def template_states(unit: Unit) -> list[TemplateState]:
    """What is known of every template that the provider spoke of."""
    found = await unit.connection.execute(sa.select(table).order_by(table.c.name, table.c.language))
    return [TemplateState(**plain(row)) for row in found.mappings()]
