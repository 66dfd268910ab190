"""How far each agent has read which conversation: what is unread follows them to another device.

A place only moves on. It is kept for conversations that are not closed; a closed one is read by opening it again.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.model import Holder
from bot.store.desk_tables import agent_read as table
from bot.store.tables import conversation
from bot.store.unit_of_work import Unit

_OPEN = conversation.c.holder != Holder.CLOSED.value


async def keep_read(unit: Unit, agent_id: str, places: Mapping[str, int]) -> None:
    """Keep the newest entry that the agent has read in each of these conversations, by id."""
    insert = sqlite.insert if unit.connection.dialect.name == "sqlite" else postgresql.insert
    # In one order, so that two devices of the same agent do not wait for each other.
    for conversation_id, seq in sorted(places.items()):
        statement = insert(table).values(agent_id=agent_id, conversation_id=conversation_id, seq=seq)
        newer = statement.excluded.seq > table.c.seq
        await unit.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["agent_id", "conversation_id"], set_={"seq": statement.excluded.seq}, where=newer
            )
        )


async def read_places(unit: Unit, agent_id: str) -> dict[str, int]:
    """How far the agent has read each conversation that is not closed."""
    found = await unit.connection.execute(
        sa.select(table.c.conversation_id, table.c.seq)
        .join(conversation, conversation.c.id == table.c.conversation_id)
        .where(table.c.agent_id == agent_id, _OPEN)
    )
    return {row.conversation_id: row.seq for row in found}


async def forget_read_of_closed(unit: Unit, most: int) -> int:
    """Remove places in conversations that are closed; how many these were."""
    closed = (
        sa.select(table.c.conversation_id)
        .join(conversation, conversation.c.id == table.c.conversation_id)
        .where(~_OPEN)
        .distinct()
        .limit(most)
    )
    return (await unit.connection.execute(sa.delete(table).where(table.c.conversation_id.in_(closed)))).rowcount
