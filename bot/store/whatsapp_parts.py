"""Parts of outgoing messages: what was handed to the provider, and what became of it. A state never goes back.

A part has its row before its request goes out. Once the provider's id is known, from its answer or from a status that
carries our own id, the part is never sent again, unless the provider says that it failed and may be tried once more:
that is a new attempt, with an id of its own.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from bot.store.rows import plain
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_tables import part as table

# A later state replaces an earlier one, whatever the order in which statuses come.
RANK = {
    "sending": 0,
    "refused": 1,
    "accepted": 2,
    "sent": 3,
    "failed": 4,
    "delivered": 5,
    "read": 6,
    "played": 7,
}


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the provider."""

    message_id: str
    part: int
    parts: int
    attempt: int
    conversation_id: str
    last_seq: int
    provider_id: str | None
    state: str
    error_code: int | None


async def begin_part(
    unit: Unit, message_id: str, part: int, *, parts: int, conversation_id: str, last_seq: int
) -> Part:
    """The part as it stands; a row for it is made before its first request."""
    known = await part_by_number(unit, message_id, part)
    if known is not None:
        return known
    await unit.connection.execute(
        sa.insert(table).values(
            message_id=message_id,
            part=part,
            parts=parts,
            conversation_id=conversation_id,
            last_seq=last_seq,
            state="sending",
            updated_at=unit.now,
        )
    )
    begun = await part_by_number(unit, message_id, part)
    assert begun is not None
    return begun


async def renew_part(unit: Unit, known: Part) -> Part:
    """Another attempt at a part of which the provider said that it failed."""
    attempt = known.attempt + 1
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.message_id == known.message_id, table.c.part == known.part)
        .values(attempt=attempt, provider_id=None, state="sending", error_code=None, error=None, updated_at=unit.now)
    )
    return msgspec.structs.replace(known, attempt=attempt, provider_id=None, state="sending", error_code=None)


async def part_by_number(unit: Unit, message_id: str, part: int) -> Part | None:
    """The part with our own id. Locked until the unit ends."""
    return await _one(unit, (table.c.message_id == message_id) & (table.c.part == part))


async def part_by_provider_id(unit: Unit, provider_id: str) -> Part | None:
    """The part with the provider's id. Locked until the unit ends."""
    return await _one(unit, table.c.provider_id == provider_id)


async def conversation_of_part(unit: Unit, *, message_id: str | None, provider_id: str) -> str | None:
    """Whose conversation the part with one of these ids belongs to, ours or the provider's. Nothing is locked."""
    named = table.c.provider_id == provider_id
    if message_id is not None:
        named = sa.or_(table.c.message_id == message_id, named)
    found = await unit.connection.execute(sa.select(table.c.conversation_id).where(named).limit(1))
    return found.scalar_one_or_none()


async def parts_of(unit: Unit, message_id: str) -> list[Part]:
    """All parts of a shipment that were begun, in order."""
    found = await unit.connection.execute(_PARTS.where(table.c.message_id == message_id).order_by(table.c.part))
    return [msgspec.convert(plain(row), Part) for row in found.mappings()]


async def newest_states(unit: Unit, conversation_id: str) -> list[Part]:
    """What became of each part in a conversation, for the desk."""
    found = await unit.connection.execute(
        _PARTS.where(table.c.conversation_id == conversation_id).order_by(table.c.last_seq, table.c.part)
    )
    return [msgspec.convert(plain(row), Part) for row in found.mappings()]


async def advance_part(
    unit: Unit,
    known: Part,
    state: str,
    *,
    provider_id: str | None = None,
    error_code: int | None = None,
    error: str | None = None,
) -> bool:
    """Note a newer state. False when the part was already further, then only a missing provider's id is noted."""
    values: dict[str, object] = {}
    if provider_id is not None and known.provider_id is None:
        values["provider_id"] = provider_id
    further = RANK[state] > RANK[known.state]
    if further:
        values |= {"state": state, "error_code": error_code, "error": error, "updated_at": unit.now}
    if values:
        await unit.connection.execute(
            sa.update(table).where(table.c.message_id == known.message_id, table.c.part == known.part).values(**values)
        )
    return further


_PARTS = sa.select(
    table.c.message_id,
    table.c.part,
    table.c.parts,
    table.c.attempt,
    table.c.conversation_id,
    table.c.last_seq,
    table.c.provider_id,
    table.c.state,
    table.c.error_code,
)


async def _one(unit: Unit, condition: sa.ColumnElement[bool]) -> Part | None:
    row = (await unit.connection.execute(_PARTS.where(condition).with_for_update())).mappings().one_or_none()
    return None if row is None else msgspec.convert(plain(row), Part)
