"""Klartext as it runs in service: real processes on SQLite, in a folder and on ports of their own.

An answer counts from the customer's frame on the widget's socket to the bot's event on the same socket; the
acknowledgement comes before it, and everything is in the database by then.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from actions.crm.demo import create_demo
from bench.assistants import Silence
from bench.processes import Process, free_ports
from bot.bootstrap import open_services
from bot.run import programs
from bot.settings import ROOT, Settings

PASSWORD = "nur-fuer-diese-messung"  # noqa: S105 (of an account that lives as long as the measurement)
LOGIN = "anna"
_PATIENCE = 30.0
# No customer of a measurement is throttled.
_MESSAGE_RATE = "100000"


@dataclass
class Place:
    """Where one Klartext lives."""

    folder: Path
    settings: Settings

    @classmethod
    def make(cls, folder: Path) -> Place:
        """Free ports, and databases in `folder`."""
        edge, brain, actions = free_ports(3)
        return cls(
            folder,
            Settings(
                var=folder,
                database_url=f"sqlite+aiosqlite:///{folder / 'klartext.db'}",
                crm_url=f"sqlite+aiosqlite:///{folder / 'crm.db'}",
                brain_url=f"http://127.0.0.1:{brain}",
                actions_url=f"http://127.0.0.1:{actions}",
                port=edge,
                public_url=f"http://127.0.0.1:{edge}",
            ),
        )

    @property
    def url(self) -> str:
        """Address of the edge."""
        return self.settings.public_url

    def environment(self) -> dict[str, str]:
        """Of a `klartext` command that is to live here."""
        settings = self.settings
        return {
            **plain_environment(),
            "KLARTEXT_VAR": str(self.folder),
            "KLARTEXT_DATABASE_URL": settings.database_url,
            "KLARTEXT_CRM_URL": settings.crm_url,
            "KLARTEXT_BRAIN_URL": settings.brain_url,
            "KLARTEXT_ACTIONS_URL": settings.actions_url,
            "KLARTEXT_PORT": str(settings.port),
            "KLARTEXT_MESSAGE_RATE": _MESSAGE_RATE,
            "PYTHONPATH": str(ROOT),
        }

    async def fill(self) -> None:
        """Schema, demo customers and one agent."""
        await create_demo(self.settings.crm_url, date.today())
        async with open_services(self.settings) as services:
            await services.agents.add(LOGIN, "Anna Berger", "agent", PASSWORD)


@dataclass
class Klartext:
    """A running Klartext."""

    place: Place
    http: aiohttp.ClientSession
    processes: dict[str, Process] = field(default_factory=dict)

    def customer(self) -> WidgetCustomer:
        """A new customer's widget."""
        return WidgetCustomer(self.http, self.place.url)


@asynccontextmanager
async def open_place() -> AsyncIterator[Place]:
    """A folder that is gone afterwards, with databases that are ready."""
    folder = Path(tempfile.mkdtemp(prefix="klartext-bench-"))
    try:
        place = Place.make(folder)
        await place.fill()
        yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def open_klartext(model: Path, stand_ins: Mapping[str, Sequence[str]] | None = None) -> AsyncIterator[Klartext]:
    """Start edge, brain and actions as `klartext run` does, and end them afterwards.

    `stand_ins`: other commands by process name, with the port appended, for trying the harness out; an empty one
    leaves the process out.
    """
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(open_place())
        http = await stack.enter_async_context(client_session())
        klartext = Klartext(place, http)
        settings = place.settings
        ready = {
            "edge": (place.url, "/healthz"),
            "brain": (settings.brain_url, "/webhooks/klartext/ready"),
            "actions": (settings.actions_url, "/health"),
        }
        for program in programs(settings, model):
            base, path = ready[program.name]
            command = program.command
            if stand_ins is not None and program.name in stand_ins:
                if not stand_ins[program.name]:
                    continue
                command = [*stand_ins[program.name], base.rpartition(":")[2]]
            environment = {**place.environment(), **program.environment}
            log = place.folder / "log" / f"{program.name}.log"
            process = await Process.start(program.name, command, environment, log, ROOT)
            stack.push_async_callback(process.stop)
            klartext.processes[program.name] = process
        for name, process in klartext.processes.items():
            base, path = ready[name]
            await process.wait_until(f"{base}{path}")
        yield klartext


def plain_environment() -> dict[str, str]:
    """The environment without anybody's settings of Klartext."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KLARTEXT_")}


def klartext_command(*arguments: str) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-m", "bot.cli", *arguments]


def client_session() -> aiohttp.ClientSession:
    """For many customers at once; without cookies, and patient."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_PATIENCE),
    )


class WidgetCustomer:
    """A customer on the widget's socket; a new conversation is a new socket."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self.welcome: dict[str, Any] = {}

    async def begin(self, language: str) -> None:
        """Open a socket and wait until the bot has introduced itself."""
        await self.leave()
        self._ws = await self._http.ws_connect(f"{self._url}/widget/ws")
        await self.send({"type": "hello", "v": 1, "token": None, "last_seq": 0, "locale": language})
        self.welcome = await self.frame("welcome")
        await self.frame("event")

    async def say(self, text: str) -> str:
        """Say something, wait for the acknowledgement and for the bot's first word after it."""
        await self.send({"type": "msg", "client_id": uuid.uuid4().hex, "text": text})
        seq = (await self.frame("ack"))["seq"]
        while True:
            event = await self.frame("event")
            if event["seq"] > seq and event["author"]["kind"] != "customer":
                if event["author"]["kind"] != "bot":
                    raise Silence(f"{text!r}: {event['author']['kind']} says {event['text']!r}")
                return str(event["text"])

    async def press_person(self) -> None:
        """Press the button that is always there."""
        await self.send(
            {"type": "msg", "client_id": uuid.uuid4().hex, "text": "Mensch", "payload": self.welcome["human"]}
        )

    async def send(self, frame: dict[str, Any]) -> None:
        """Send a frame."""
        assert self._ws is not None
        await self._ws.send_str(msgspec.json.encode(frame).decode())

    async def frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; others are passed over."""
        assert self._ws is not None
        while True:
            try:
                message = await asyncio.wait_for(self._ws.receive(), _PATIENCE)
            except asyncio.TimeoutError:
                raise Silence(f"no {kind} within {_PATIENCE:.0f} seconds") from None
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise Silence(f"the socket closed with {self._ws.close_code}")
            frame: dict[str, Any] = msgspec.json.decode(message.data)
            if frame["type"] == "error":
                raise Silence(f"refused: {frame['message']}")
            if frame["type"] == kind:
                return frame

    async def leave(self) -> None:
        """Close the socket."""
        if self._ws is not None:
            await self._ws.close()
            self._ws = None
