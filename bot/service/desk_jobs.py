"""What happens at the desk by itself: replies held back go out, waiting conversations are given to people.

Any number of nodes may run this; the conversation's lock decides who acts. A process that dies on the way has done
nothing, and the next look finds the same work.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.service.desk_work import DeskWork
from bot.store import held, teams
from bot.store.errors import StoreUnavailable
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)


class DeskJobs:
    """Looks for work a few times a second."""

    def __init__(self, store: Store, work: DeskWork, *, poll: float = 0.5) -> None:
        self._store = store
        self._work = work
        self._poll = poll

    async def run(self) -> None:
        """Work until cancelled. Errors of the database are waited out."""
        while True:
            with contextlib.suppress(StoreUnavailable):
                await self.step()
            await asyncio.sleep(self._poll)

    async def step(self) -> None:
        """Send what is due, then give away what waits."""
        async with self._store.read() as unit:
            due = await held.due(unit)
            waiting = await teams.waiting_for_assignment(unit)
        await self._each(due, self._work.release_due)
        await self._each(waiting, self._work.assign)

    async def _each(self, conversation_ids: Sequence[str], act: Callable[[str], Awaitable[object]]) -> None:
        for conversation_id in conversation_ids:
            try:
                await act(conversation_id)
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("work of the desk failed", conversation=conversation_id, work=act.__name__)
