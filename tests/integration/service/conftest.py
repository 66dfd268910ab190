"""Services over a real database of each kind, with a brain that is a real HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.conversation.model import Message
from bot.service.agents import Agents
from bot.service.brain import BrainClient
from bot.service.conversations import Conversations
from bot.service.deadlines import Deadlines
from bot.service.outcomes import Receipt
from bot.service.presence import Presence
from bot.service.turns import Turns
from bot.settings import Settings
from bot.store import inbox, schema
from bot.store.engine import Database
from bot.store.log import messages_after, read_conversation
from bot.store.tokens import Agent
from bot.store.unit_of_work import Store
from bot.store.wakeup import WakeUp
from bot.transparency.wording import wording
from tests.fakes.brain import FakeBrain


@dataclass
class Desk:
    """Everything a test of the services needs."""

    store: Store
    settings: Settings
    conversations: Conversations
    turns: Turns
    deadlines: Deadlines
    agents: Agents
    presence: Presence
    brain: FakeBrain
    anna: Agent
    ben: Agent

    async def start(self) -> str:
        """A fresh conversation's id."""
        return (await self.conversations.start_widget("de")).conversation.id

    async def say(self, conversation_id: str, text: str, client_id: str | None = None) -> Receipt:
        """The customer says something."""
        self._count = getattr(self, "_count", 0) + 1
        return await self.conversations.receive(conversation_id, text, client_id=client_id or f"c{self._count}")

    async def work(self) -> None:
        """Work off everything that is due now, one conversation after the other."""
        while True:
            async with self.store.write() as unit:
                leases = await inbox.lease_due(unit, 10, timedelta(seconds=30))
            if not leases:
                return
            for lease in leases:
                await self.turns.work(lease)

    async def log(self, conversation_id: str) -> list[Message]:
        """The whole log."""
        async with self.store.read() as unit:
            return await messages_after(unit, conversation_id, 0)

    async def epoch(self, conversation_id: str) -> int:
        """The current epoch."""
        async with self.store.read() as unit:
            row = await read_conversation(unit, conversation_id)
        assert row is not None
        return row.epoch


@pytest.fixture
def brain_timeout() -> float:
    """Seconds, and half of a turn's deadline. Short for brains that fail; a test whose brain works parametrizes it."""
    return 1.0


@pytest.fixture
async def desk(database_url: str, brain_timeout: float) -> AsyncIterator[Desk]:
    """Services over an empty database."""
    settings = Settings(
        database_url=database_url,
        brain_timeout=brain_timeout,
        turn_deadline=2 * brain_timeout,
        queue_deadline=300,
        agent_deadline=300,
    )
    database = Database.connect(database_url)
    await schema.upgrade(database)
    store = Store(database, WakeUp())
    words = wording()
    conversations = Conversations(store, words, settings, frozenset({"push"}))
    fake = FakeBrain()
    await fake.start()
    client = BrainClient(fake.url, settings.brain_timeout)
    agents = Agents(store, settings)
    yield Desk(
        store=store,
        settings=settings,
        conversations=conversations,
        turns=Turns(store, conversations, client, words, settings),
        deadlines=Deadlines(store, conversations),
        agents=agents,
        presence=Presence(store, settings),
        brain=fake,
        anna=await agents.add("anna", "Anna Berger", "agent", "geheim"),
        ben=await agents.add("ben", "Ben Adler", "agent", "geheim"),
    )
    await client.close()
    await fake.close()
    await store.wakeup.close()
    await database.close()
