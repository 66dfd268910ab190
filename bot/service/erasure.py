"""Erasing outside of the store's tables: the brain's memory, and the space that erased rows leave in files.

Guarantee: what an erasure owes elsewhere is a row that stays until it is done, so a place that is away, or a process
that dies, only delays it. Any number of processes may run this; doing a thing twice changes nothing.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from bot.service.conversations import Conversations
from bot.store.erasure import FREED_SPACE, AskedBy, done, owed
from bot.store.errors import StoreUnavailable
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)
_AT_ONCE = 100


class Memory(Protocol):
    """What is needed of the brain's memory."""

    async def forget(self, conversation_id: str) -> int: ...

    async def free_space(self) -> None: ...


class Erasures:
    """Erases conversations, and works off what that leaves to do."""

    def __init__(self, store: Store, conversations: Conversations, memory: Memory, *, poll: float = 2.0) -> None:
        self._store = store
        self._conversations = conversations
        self._memory = memory
        self._poll = poll

    async def erase(self, conversation_id: str, asked_by: AskedBy) -> bool:
        """Erase a conversation everywhere; False when it was erased before. The space of it is freed in the night.

        Raises:
            UnknownConversation, StoreUnavailable: nothing was erased.
        """
        return await self._conversations.erase(conversation_id, asked_by)

    async def run(self) -> None:
        """Work until cancelled. Whatever is away is waited out."""
        while True:
            try:
                await self.step()
            except StoreUnavailable as error:
                log.warning("erasures wait for the database", error=str(error))
            except Exception as error:
                # The brain's memory is away. It is asked again at the next look.
                log.warning("erasures wait", error=type(error).__name__)
            await asyncio.sleep(self._poll)

    async def step(self) -> int:
        """Erase what is due; how many things that were."""
        async with self._store.read() as unit:
            due = await owed(unit, _AT_ONCE)
        freed = [one for one in due if one[1] == FREED_SPACE]
        for conversation_id, place in due:
            if place != FREED_SPACE:
                await self._memory.forget(conversation_id)
                await self._done(conversation_id, place)
        if freed:
            # Once for all of them.
            await self.free_space()
            for conversation_id, place in freed:
                await self._done(conversation_id, place)
        return len(due)

    async def free_space(self) -> None:
        """Leave nothing of what was erased in the databases' files.

        Raises:
            StoreUnavailable: somebody else held them; to be tried again.
        """
        await self._store.database.free_space()
        await self._memory.free_space()

    async def _done(self, conversation_id: str, place: str) -> None:
        async with self._store.write() as unit:
            await done(unit, conversation_id, place)
