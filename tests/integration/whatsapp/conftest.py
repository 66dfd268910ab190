"""The real edge beside a stand-in of the provider, over real HTTP, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.bootstrap import Services
from bot.conversation.model import Message
from bot.settings import Settings
from bot.store.log import messages_after
from bot.store.tables import conversation as conversation_table
from bot.store.tables import inbox as inbox_table
from bot.store.tables import outbox as outbox_table
from bot.store.tables import trace as trace_table
from bot.store.whatsapp_contacts import Contact, contact_of
from bot.store.whatsapp_tables import item as item_table
from connectors.edge import SERVICES, create_app
from connectors.whatsapp.channel import PATH
from connectors.whatsapp.standin import Phones, StandIn, Webhooks
from tests.fakes.brain import FakeBrain

PHONE_NUMBER_ID, TOKEN, SECRET, VERIFY = "106540352242922", "token", "secret", "verify"
# Another number of the same account, which tests set beside the first.
SECOND = "106540352242999"
EVA = "4915112345678"


class Rig:
    """One or more edges over one database, and the provider."""

    def __init__(self, servers: Sequence[TestServer], services: Services, standin: StandIn, brain: FakeBrain) -> None:
        self.servers = servers
        self.services = services
        self.standin = standin
        self.phones = Phones(standin)
        self.brain = brain
        self.hooks = [str(server.make_url(PATH)) for server in servers]

    async def items(self) -> list[Any]:
        """Everything that came in."""
        async with self.services.store.read() as unit:
            found = await unit.connection.execute(sa.select(item_table).order_by(item_table.c.place))
            return list(found)

    async def count(self, state: str = "%") -> int:
        """How many items came in, or are in this state."""
        async with self.services.store.read() as unit:
            found = await unit.connection.execute(
                sa.select(sa.func.count()).select_from(item_table).where(item_table.c.state.like(state))
            )
            return int(found.scalar_one())

    async def applied(self) -> None:
        """Wait until nothing waits to be applied."""

        async def done() -> bool:
            return await self.count("new") == 0

        await until(done, 60)

    async def answered(self) -> None:
        """Wait until everything is applied and nothing waits for the bot."""
        await self.applied()

        async def done() -> bool:
            async with self.services.store.read() as unit:
                found = await unit.connection.execute(sa.select(sa.func.count()).where(inbox_table.c.state == "open"))
                return found.scalar_one() == 0

        await until(done)

    async def turns_ended(self) -> None:
        """Wait until each answer of the brain was applied or thrown away."""

        async def done() -> bool:
            async with self.services.store.read() as unit:
                found = await unit.connection.execute(sa.select(sa.func.count()).select_from(trace_table))
                return found.scalar_one() == len(self.brain.requests)

        await until(done)

    async def logs(self) -> dict[str, list[Message]]:
        """The log of every WhatsApp conversation."""
        async with self.services.store.read() as unit:
            ids = (await unit.connection.execute(sa.select(conversation_table.c.id))).scalars().all()
            return {one: await messages_after(unit, one, 0) for one in ids}

    async def log(self) -> list[Message]:
        """The log of the only conversation."""
        (only,) = (await self.logs()).values()
        return only

    async def outbox(self) -> list[Any]:
        """What is owed, in order."""
        async with self.services.store.read() as unit:
            return list(await unit.connection.execute(sa.select(outbox_table).order_by(outbox_table.c.seq)))

    async def contact(
        self, number: str | None = EVA, user_id: str | None = None, ours: str = PHONE_NUMBER_ID
    ) -> Contact:
        """Who has this number, as our number knows them."""
        async with self.services.store.write() as unit:
            found = await contact_of(unit, ours=ours, user_id=user_id, number=number)
        assert found is not None
        return found

    async def shows(self, text: str, number: str = EVA, count: int = 1) -> None:
        """Wait until the phone shows so many messages with this text."""

        async def done() -> bool:
            return sum(text in message.text for message in self.phones.shown(number)) >= count

        await until(done)


def signature(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The header with which the provider signs a body."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


async def posted(rig: Rig, body: bytes, headers: dict[str, str] | None = None, hook: int = 0) -> int:
    """Post a webhook; the status of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(rig.hooks[hook], data=body, headers=signature(body) if headers is None else headers) as response,
    ):
        await response.read()
        return response.status


async def until(done: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait for something that will be true."""
    for _ in range(int(seconds / 0.02)):
        if await done():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come true in time")


@asynccontextmanager
async def provider(settings: Settings) -> AsyncIterator[tuple[StandIn, Settings]]:
    """A stand-in, and settings that lead to it."""
    hooks = Webhooks(SECRET, PHONE_NUMBER_ID)
    templates = frozenset({"request_update"})
    standin = StandIn(
        hooks, phone_number_id=PHONE_NUMBER_ID, more_numbers=frozenset({SECOND}), token=TOKEN, templates=templates
    )
    await standin.start()
    try:
        yield standin, replace(settings, whatsapp_api_base=standin.url)
    finally:
        await standin.close()
        await hooks.close()


@asynccontextmanager
async def rig_of(settings: Settings, brain: FakeBrain, *, edges: int = 1) -> AsyncIterator[Rig]:
    """Edges on free ports, and the provider."""
    async with provider(settings) as (standin, settings_with):
        apps: list[web.Application] = [create_app(settings_with) for _ in range(edges)]
        servers = [TestServer(app) for app in apps]
        for server in servers:
            await server.start_server()
        standin.webhooks.address = str(servers[0].make_url(PATH))
        try:
            yield Rig(servers, apps[0][SERVICES], standin, brain)
        finally:
            for server in servers:
                await server.close()


@pytest.fixture
async def brain() -> AsyncIterator[FakeBrain]:
    """A switchable brain."""
    fake = FakeBrain()
    await fake.start()
    yield fake
    await fake.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, brain: FakeBrain) -> Settings:
    """Settings of the edge under test."""
    return Settings(
        var=tmp_path,
        demo=False,
        database_url=database_url,
        crm_url=f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}",
        brain_url=brain.url,
        whatsapp_phone_number_id=PHONE_NUMBER_ID,
        whatsapp_access_token=TOKEN,
        whatsapp_app_secrets=(SECRET, "the-next-secret"),
        whatsapp_verify_token=VERIFY,
    )


@pytest.fixture
async def quiet_rig(settings: Settings, brain: FakeBrain) -> AsyncIterator[Rig]:
    """One edge that sends nothing, so that no status comes in beside what a test posts."""
    async with rig_of(replace(settings, whatsapp_access_token=None), brain) as started:
        yield started


@pytest.fixture
async def rig(settings: Settings, brain: FakeBrain) -> AsyncIterator[Rig]:
    """One edge and the provider."""
    async with rig_of(settings, brain) as started:
        yield started
