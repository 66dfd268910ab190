"""One database, reset to the same content for each run, and the nodes that work on it.

All times come from one clock that only a test moves, so that the same steps always leave the same rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.conversation.roles import Role
from bot.service.agents import Agents
from bot.service.brain_protocol import Reply, TurnRequest, TurnResponse
from bot.service.conversations import Conversations
from bot.service.deadlines import Deadlines
from bot.service.delivery import Delivery, NotSent, Overtaken, Sent, Uncertain, begin_request
from bot.service.turns import Turns
from bot.settings import Settings
from bot.store import inbox, schema
from bot.store.conversations import new_conversation
from bot.store.engine import Database
from bot.store.outbox import Shipment
from bot.store.tables import metadata
from bot.store.tokens import Agent
from bot.store.unit_of_work import Store
from bot.store.wakeup import WakeUp
from bot.transparency import openings
from bot.transparency.wording import Language, Wording, wording
from tests.model.actors import Actor, StagedDatabase, StagedWakeUp

# A Sunday: with weekday hours nobody is at the desk.
SUNDAY = datetime(2026, 3, 15, 9, 0, tzinfo=timezone.utc)
PUSH = "push"

SETTINGS = Settings(brain_timeout=5, turn_deadline=20, queue_deadline=60, agent_deadline=60, session_idle=600)
# As long as the service's own: longer than the brain may take.
LEASE = timedelta(seconds=SETTINGS.brain_timeout + 5)

# Who names a language in the world changes to it.
NAMES: dict[Language, str] = {"de": "Deutsch", "en": "English"}

Answer = Callable[[Actor, TurnRequest], Awaitable[TurnResponse]]
Send = Callable[[Actor, Shipment], Awaitable[Sent]]


async def answer_all(_actor: Actor, request: TurnRequest) -> TurnResponse:
    """Answers at once, and repeats what it answers, in the language of a customer who changes it."""
    language = next((one for one, name in NAMES.items() if request.text and name in request.text), request.locale)
    return TurnResponse(replies=[Reply(text=f"Antwort auf: {request.text}")], language=language)


async def send_well(_actor: Actor, shipment: Shipment) -> Sent:
    """A provider that takes everything."""
    return Sent(provider_id=f"p-{shipment.message.seq}")


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = SUNDAY

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class StagedBrain:
    """A brain in this process: what it says is the test's choice, made when the turn asks."""

    def __init__(self, actor: Actor, answer: Answer) -> None:
        self._actor = actor
        self._answer = answer
        self.requests: list[TurnRequest] = []

    async def ask(self, request: TurnRequest) -> TurnResponse:
        """As `BrainClient.ask`."""
        self.requests.append(request)
        # A turn keeps its lease and what it asked for; everything else it reads again.
        lease = (self._actor.memory or ())[:3]
        self._actor.memory = (*lease, request.epoch, request.turn_id, request.after_turn)
        return await self._answer(self._actor, request)


class StagedSender:
    """A channel that pushes: what becomes of a message is the test's choice."""

    def __init__(self, store: Store, actor: Actor, send: Send) -> None:
        self._store = store
        self._actor = actor
        self._send = send

    async def send(self, shipment: Shipment) -> Sent:
        """As `Sender.send`."""
        claim = (shipment.message.id, shipment.attempts)
        self._actor.memory = (*claim, "asks")
        try:
            async with self._store.write() as unit:
                await begin_request(unit, shipment)
            self._actor.sent.append((shipment.message.seq, shipment.message.author.kind))
            self._actor.memory = (*claim, "begun")
            return await self._send(self._actor, shipment)
        except (NotSent, Overtaken, Uncertain) as error:
            self._actor.memory = (*claim, type(error).__name__)
            raise


@dataclass
class Node:
    """A process of its own: its services, over its own way into the shared database."""

    actor: Actor
    store: Store
    conversations: Conversations
    turns: Turns
    deadlines: Deadlines
    delivery: Delivery
    brain: StagedBrain

    async def take_a_turn(self) -> None:
        """What a worker does: lease one conversation and work on it."""
        async with self.store.write() as unit:
            leases = await inbox.lease_due(unit, 1, LEASE)
        for lease in leases:
            self.actor.memory = (lease.message_id, lease.attempts, lease.deadline_at)
            await self.turns.work(lease)


class World:
    """A database with its schema, two agents, and a way back to a remembered state."""

    def __init__(self, database: Database, words: Wording, settings: Settings) -> None:
        self.database = database
        self.words = words
        self.settings = settings
        self.clock = Clock()
        self.store = Store(database, WakeUp(), self.clock)
        self.conversations = Conversations(self.store, words, settings, frozenset({PUSH}))
        self.anna = Agent(id="anna", login="anna", name="Anna Berger", role=Role.SUPERVISOR)
        self.ben = Agent(id="ben", login="ben", name="Ben Adler", role=Role.SUPERVISOR)
        self.deadlines = Deadlines(self.store, self.conversations)
        # Not on any stage: goes on when it is called.
        free = Actor("free")
        self.turns = Turns(self.store, self.conversations, StagedBrain(free, answer_all), words, settings)
        self.delivery = Delivery(self.store, {PUSH: StagedSender(self.store, free, send_well)}, at_once=1)
        self._remembered: dict[str, list[dict[str, Any]]] = {}
        # SQLite copies its own file faster than rows can be written one by one.
        self._file = sqlite3.connect(database.engine.url.database or "") if database.is_sqlite else None
        self._copy = sqlite3.connect(":memory:")

    @classmethod
    async def open(cls, url: str, **changes: Any) -> World:
        """A world in an empty database, with the two agents' accounts."""
        settings = replace(SETTINGS, database_url=url, **changes)
        database = Database.connect(url)
        await schema.upgrade(database)
        world = cls(database, wording(), settings)
        async with world.store.write() as unit:
            for agent in (world.anna, world.ben):
                await unit.connection.execute(
                    sa.insert(metadata.tables["agent"]).values(
                        id=agent.id, login=agent.login, name=agent.name, role="agent", password_hash="-",
                        created_at=unit.now,
                    )
                )  # fmt: skip
        await world.remember()
        return world

    @cached_property
    def agents(self) -> Agents:
        """Made when asked for: its password check is slow by intent."""
        return Agents(self.store, self.settings)

    async def close(self) -> None:
        """Close the connections."""
        self._copy.close()
        if self._file is not None:
            self._file.close()
        await self.database.close()

    async def remember(self) -> None:
        """From now on `reset` leads here."""
        if self._file is not None:
            self._file.backup(self._copy)
            return
        async with self.store.read() as unit:
            self._remembered = {
                table.name: [dict(row) for row in (await unit.connection.execute(sa.select(table))).mappings()]
                for table in metadata.sorted_tables
            }

    async def reset(self) -> None:
        """Back to the remembered content, and to the beginning of time."""
        self.clock.now = SUNDAY
        if self._file is not None:
            self._copy.backup(self._file)
            return
        async with self.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(sa.delete(table))
            for table in metadata.sorted_tables:
                if rows := self._remembered[table.name]:
                    await connection.execute(sa.insert(table), rows)

    def node(self, actor: Actor, answer: Answer, send: Send, settings: Settings | None = None) -> Node:
        """The services of one process."""
        settings = settings or self.settings
        store = Store(StagedDatabase(self.database.engine, actor), StagedWakeUp(actor), self.clock)
        conversations = Conversations(store, self.words, settings, frozenset({PUSH}))
        brain = StagedBrain(actor, answer)
        return Node(
            actor=actor,
            store=store,
            conversations=conversations,
            turns=Turns(store, conversations, brain, self.words, settings),
            deadlines=Deadlines(store, conversations),
            delivery=Delivery(store, {PUSH: StagedSender(store, actor, send)}, at_once=1),
            brain=brain,
        )

    async def work(self) -> None:
        """Work off every turn that is due, with a brain that answers."""
        while True:
            async with self.store.write() as unit:
                leases = await inbox.lease_due(unit, 1, LEASE)
            if not leases:
                return
            for lease in leases:
                await self.turns.work(lease)

    async def begin(self, channel: str) -> str:
        """A new conversation on a website, or on a channel that pushes."""
        if channel != PUSH:
            return (await self.conversations.start_widget("de")).conversation.id
        async with self.store.write() as unit:
            opened = new_conversation(
                unit,
                channel=PUSH,
                address=new_id(),
                locale="de",
                opening=openings.started(self.words, "de"),
                pushes=True,
            )
            await opened.save()
        return opened.row.id
