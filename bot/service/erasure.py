"""Erasing outside of the store's tables: the brain's memory, transcripts in the ticket system, and the space that
erased rows leave in files.

Guarantee: what an erasure owes elsewhere is a row that stays until it is done, so a place that is away, or a process
that dies, only delays it. The ticket system can delete nothing at our word: its team is asked, once, and it stays owed
until the transcript is seen to be gone. Any number of processes may run this; doing a thing twice changes nothing.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from actions.crm.errors import CrmError
from bot.service.conversations import Conversations
from bot.store.cases import cases
from bot.store.erasure import FREED_SPACE, TICKETS, AskedBy, done, owe, owed
from bot.store.errors import StoreUnavailable
from bot.store.unit_of_work import Store
from bot.transparency.wording import Wording

log = structlog.get_logger(__name__)
_AT_ONCE = 100
# How soon the ticket system is asked again when it was away, and looked at again when it was asked.
_AWAY, _LOOK_AGAIN = timedelta(minutes=5), timedelta(hours=6)


class Memory(Protocol):
    """What is needed of the brain's memory."""

    async def forget(self, conversation_id: str) -> int: ...

    async def free_space(self) -> None: ...


class Tickets(Protocol):
    """What is needed of a ticket system."""

    async def ask_removal(self, number: str, text: str, *, key: str) -> int: ...


class Erasures:
    """Erases conversations, and works off what that leaves to do."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        memory: Memory,
        words: Wording,
        tickets: Tickets | None = None,
        *,
        language: str = "de",
        poll: float = 2.0,
    ) -> None:
        """`language`: what the ticket system's team reads."""
        self._store = store
        self._words = words
        self._tickets = tickets
        self._language = language
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
            if place not in {FREED_SPACE, TICKETS}:
                await self._memory.forget(conversation_id)
                await self._done(conversation_id, place)
        for conversation_id, place in due:
            if place == TICKETS:
                await self._ask_for_removal(conversation_id)
        if freed:
            # Once for all of them.
            await self.free_space()
            for conversation_id, place in freed:
                await self._done(conversation_id, place)
        return len(due)

    async def _ask_for_removal(self, conversation_id: str) -> None:
        """Ask the ticket system's team once; done when a later look finds nothing there any more."""
        async with self._store.read() as unit:
            tickets = [one.external_ref for one in await cases(unit, conversation_id) if one.external_ref]
        text = self._words.say("case_ticket_erase", self._language)
        again, left = _LOOK_AGAIN, 0
        try:
            if self._tickets is None:
                raise CrmError("there is no ticket system any more")
            for number in tickets:
                left += await self._tickets.ask_removal(number, text, key=conversation_id)
        except CrmError as error:
            log.warning("an erasure waits for the ticket system", tickets=tickets, error=str(error))
            again, left = _AWAY, 1
        if left:
            async with self._store.write() as unit:
                await owe(unit, conversation_id, TICKETS, unit.now + again)
        else:
            await self._done(conversation_id, TICKETS)

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
