"""The real edge on SQLite, over real HTTP and sockets; the brain is a real server that a test can switch."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from actions.crm.demo import create_demo
from bot.bootstrap import Services
from bot.settings import Settings
from connectors.edge import SERVICES, create_app
from tests.fakes.brain import FakeBrain

PASSWORD = "ein-gutes-passwort"


def without_marks(page: str) -> str:
    """A page as its reader has it: without the marks around what stays on one line."""
    return re.sub(r'<span class="together">(.*?)</span>', r"\1", page)


class Customer:
    """A customer's client on the widget socket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.welcome: dict[str, Any] = {}
        self.locale = "de"
        # What came while something else was waited for: frames of different kinds keep no common order.
        self._passed: deque[dict[str, Any]] = deque()

    async def hello(self, token: str | None = None, last_seq: int = 0, locale: str = "de") -> dict[str, Any]:
        """Open or begin a conversation."""
        self.locale = locale
        await self.send({"type": "hello", "v": 1, "token": token, "last_seq": last_seq, "locale": locale})
        self.welcome = await self.frame("welcome")
        return self.welcome

    async def send(self, frame: object) -> None:
        """Send a frame."""
        await (self.ws.send_str(frame) if isinstance(frame, str) else self.ws.send_json(frame))

    async def say(self, text: str, client_id: str | None = None, **more: str) -> dict[str, Any]:
        """Say something and wait for the acknowledgement of it."""
        client_id = client_id or uuid.uuid4().hex
        await self.send({"type": "msg", "client_id": client_id, "text": text, **more})
        return await self._next(lambda frame: frame["type"] == "ack" and frame.get("client_id") == client_id)

    async def frame(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame of this kind; those of others stay for whoever waits for them."""
        return await self._next(lambda frame: kind is None or frame["type"] == kind)

    async def _next(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for place, frame in enumerate(self._passed):
            if wanted(frame):
                del self._passed[place]
                return frame
        while not wanted(frame := await self._receive()):
            self._passed.append(frame)
        return frame

    async def _receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = await asyncio.wait_for(self.ws.receive_json(), 10)
        return frame

    async def event(self, containing: str) -> dict[str, Any]:
        """The next event whose text contains this; those before it in the log are passed over."""
        while True:
            event = await self.frame("event")
            if containing in event["text"]:
                return event


class Agent:
    """An agent's client on the desk's interface."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def post(self, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """Send a change; status and body."""
        async with self.session.post(
            f"{self.base}/desk/api/{path}", json=body or {}, headers={"X-Klartext-Desk": "1", **headers}
        ) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Ask; status and body."""
        async with self.session.get(f"{self.base}/desk/api/{path}") as response:
            return response.status, await response.json()


class Edge:
    """A running edge."""

    def __init__(self, server: TestServer, services: Services, brain: FakeBrain) -> None:
        self.server = server
        self.services = services
        self.brain = brain
        self.base = str(server.make_url("")).rstrip("/")

    @asynccontextmanager
    async def customer(self, **headers: str) -> AsyncIterator[Customer]:
        """A customer's socket, not yet opened."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.base}/widget/ws", headers=headers) as ws,
        ):
            yield Customer(ws)

    @asynccontextmanager
    async def agent(self, login: str = "anna") -> AsyncIterator[Agent]:
        """An agent who is logged in."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            agent = Agent(session, self.base)
            status, _ = await agent.post("login", {"login": login, "password": PASSWORD})
            assert status == 200
            yield agent


@pytest.fixture
async def brain() -> AsyncIterator[FakeBrain]:
    """A switchable brain."""
    fake = FakeBrain()
    await fake.start()
    yield fake
    await fake.close()


@pytest.fixture
def settings(tmp_path: Path, brain: FakeBrain) -> Settings:
    """Settings of the edge under test; tests override the fixture to change them."""
    return Settings(
        # What the desk writes into the training data stays here.
        root=tmp_path,
        var=tmp_path,
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'klartext.db'}",
        crm_url=f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}",
        brain_url=brain.url,
    )


@asynccontextmanager
async def running(settings: Settings, brain: FakeBrain) -> AsyncIterator[Edge]:
    """An edge on a free port."""
    app = create_app(settings)
    server = TestServer(app)
    await server.start_server()
    try:
        yield Edge(server, app[SERVICES], brain)
    finally:
        await server.close()


@pytest.fixture
async def edge(settings: Settings, brain: FakeBrain) -> AsyncIterator[Edge]:
    """An edge with demo data and two agents."""
    await create_demo(settings.crm_url, date.today())
    async with running(settings, brain) as started:
        await started.services.agents.add("anna", "Anna Berger", "agent", PASSWORD)
        await started.services.agents.add("ben", "Ben Adler", "agent", PASSWORD)
        yield started
