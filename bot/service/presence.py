"""Who is at the desk: connected, looking, choosing to be given conversations.

While a desk is connected, the deadlines of what its agent holds and has looked at move on. What somebody was only given
stays due until they look, so that nobody waits for a desk that is merely open.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.settings import Settings
from bot.store import agents as accounts
from bot.store import sessions, teams
from bot.store.tables import tenure as tenure_table
from bot.store.unit_of_work import Store


class Presence:
    """What the sockets of desks say."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def connected(self, agent_id: str, connection_id: str, session_id: str | None = None) -> None:
        """A desk of the agent is connected over this socket, in this session."""
        async with self._store.write() as unit:
            await accounts.seen(unit, agent_id)
            await teams.connected(unit, connection_id, agent_id)
            if session_id is not None:
                await sessions.session_is_used(unit, session_id)
            await unit.connection.execute(
                sa.update(tenure_table)
                .where(
                    tenure_table.c.agent_id == agent_id,
                    tenure_table.c.ended_at.is_(None),
                    tenure_table.c.seen_at.is_not(None),
                )
                .values(deadline_at=unit.now + timedelta(seconds=self._settings.agent_deadline))
            )

    async def gone(self, connection_id: str) -> None:
        """The socket is closed: nobody is there over it any more."""
        async with self._store.write() as unit:
            await teams.disconnected(unit, connection_id)

    async def active(self, agent_id: str) -> None:
        """The agent does something at the desk."""
        async with self._store.write() as unit:
            await teams.active(unit, agent_id)

    async def set_available(self, agent_id: str, available: bool) -> None:
        """The agent wants to be given conversations, or not."""
        async with self._store.write() as unit:
            await teams.set_available(unit, agent_id, available)
