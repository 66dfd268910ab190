"""Where a kill test plays: databases, programs and lines, made for one run and taken away after it."""

from __future__ import annotations

import random
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from actions.crm.demo import create_demo
from bench.chaos.processes import Program, free_ports
from bench.chaos.proxy import Line
from bot.bootstrap import open_services
from bot.run import programs as programs_of_one_machine
from bot.settings import ROOT, Settings

PASSWORD = "nur-fuer-diesen-lauf"  # noqa: S105 (of accounts that live as long as the run)
_NAMES = ("Anna Berger", "Ben Adler", "Clara Dietz", "David Ernst", "Eva Falk", "Frank Gross")


class Missing(Exception):
    """This machine lacks something that the scene needs; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """What takes part."""

    # sqlite, or postgresql: then with Redis.
    backend: str
    edges: int = 1
    workers: int = 1
    agents: int = 3
    # A trained model for the real brain with its action server; none for the light brain of the tests.
    model: Path | None = None
    brain_late: float = 0.05
    brain_failing: float = 0.05
    # Seconds. Short, so that everything that a deadline can cause happens in a run.
    brain_timeout: float = 1.5
    turn_deadline: float = 6.0
    queue_deadline: float = 4.0
    agent_deadline: float = 6.0
    # Whether Redis runs; `away` names one that does not, and the nodes have to find out by polling.
    redis: Literal["runs", "away"] = "runs"
    # As people reach the service; without it each edge's own address.
    public_url: str = ""
    seed: int = 1


@dataclass
class Scene:
    """The running parts."""

    cast: Cast
    folder: Path
    # As the audit reaches it, past every line that can be cut.
    database_url: str
    edges: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)
    # Between the processes and PostgreSQL; none with SQLite.
    line: Line | None = None

    def of_kind(self, kind: str) -> list[Program]:
        """The programs of one kind."""
        return [program for program in self.programs if program.kind == kind]

    async def wait_ready(self, seconds: float = 90.0) -> None:
        """Wait until everything can work."""
        for program in self.programs:
            await program.wait_ready(seconds)


def answers(port: int) -> bool:
    """Whether somebody listens on loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def open_scene(cast: Cast) -> AsyncIterator[Scene]:
    """Set the scene, start everything, and take it away at the end.

    Raises:
        Missing: no PostgreSQL or no Redis on loopback.
    """
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="klartext-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        scene = Scene(cast=cast, folder=folder, database_url=f"sqlite+aiosqlite:///{folder / 'klartext.db'}")
        seen_by_processes = scene.database_url
        if cast.backend == "postgresql":
            scene.database_url = await stack.enter_async_context(postgresql())
            scene.line = Line("127.0.0.1", 5432)
            await scene.line.open()
            stack.push_async_callback(scene.line.close)
            seen_by_processes = scene.database_url.replace(":5432/", f":{scene.line.port}/")
        await _fill(scene)
        _write_programs(scene, seen_by_processes)
        for program in scene.programs:
            stack.push_async_callback(program.stop)
            program.start()
        await scene.wait_ready()
        yield scene


@asynccontextmanager
async def postgresql() -> AsyncIterator[str]:
    """An empty database of its own; its address."""
    if not answers(5432):
        raise Missing("no PostgreSQL on loopback")
    server = "postgresql+asyncpg://postgres@127.0.0.1:5432"
    name = f"klartext_chaos_{uuid4().hex[:12]}"
    engine = create_async_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f'create database "{name}"'))
    try:
        yield f"{server}/{name}"
    finally:
        async with engine.connect() as connection:
            await connection.execute(sa.text(f'drop database if exists "{name}" with (force)'))
        await engine.dispose()


async def _fill(scene: Scene) -> None:
    """The schema, the demo's customers and the agents' accounts."""
    crm = f"sqlite+aiosqlite:///{scene.folder / 'crm.db'}"
    await create_demo(crm, date.today())
    async with open_services(Settings(database_url=scene.database_url, crm_url=crm)) as services:
        for name in _NAMES[: scene.cast.agents]:
            login = name.split()[0].lower()
            await services.agents.add(login, name, "agent", PASSWORD)
            scene.logins.append(login)


def _write_programs(scene: Scene, database_url: str) -> None:
    cast, folder = scene.cast, scene.folder
    brain_port, actions_port, redis_port, *edge_ports = free_ports(3 + cast.edges)
    settings = Settings(
        var=folder,
        database_url=database_url,
        crm_url=f"sqlite+aiosqlite:///{folder / 'crm.db'}",
        brain_url=f"http://127.0.0.1:{brain_port}",
        actions_url=f"http://127.0.0.1:{actions_port}",
    )
    common = {
        "KLARTEXT_VAR": str(folder),
        "KLARTEXT_DATABASE_URL": database_url,
        "KLARTEXT_CRM_URL": settings.crm_url,
        "KLARTEXT_BRAIN_URL": settings.brain_url,
        "KLARTEXT_ACTIONS_URL": settings.actions_url,
        "KLARTEXT_REDIS_URL": "",
        "KLARTEXT_BRAIN_TIMEOUT": str(cast.brain_timeout),
        "KLARTEXT_TURN_DEADLINE": str(cast.turn_deadline),
        "KLARTEXT_QUEUE_DEADLINE": str(cast.queue_deadline),
        "KLARTEXT_AGENT_DEADLINE": str(cast.agent_deadline),
        "KLARTEXT_PUBLIC_URL": cast.public_url,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    if cast.backend == "postgresql":
        away = f"redis://127.0.0.1:{redis_port}/0"
        common["KLARTEXT_REDIS_URL"] = _redis(scene, redis_port) if cast.redis == "runs" else away
    klartext = [sys.executable, "-m", "bot.cli"]
    scene.programs += _brain(scene, settings, common)
    for number, port in enumerate(edge_ports):
        url = f"http://127.0.0.1:{port}"
        scene.edges.append(url)
        environment = {**common, "KLARTEXT_PORT": str(port)}
        log = folder / f"edge{number}.log"
        command = [*klartext, "edge", "--no-workers"]
        scene.programs.append(Program("edge", f"edge {number}", command, environment, log, probe=f"{url}/healthz"))
    for number in range(cast.workers):
        log = folder / f"worker{number}.log"
        scene.programs.append(Program("worker", f"worker {number}", [*klartext, "worker"], common, log))


def _redis(scene: Scene, port: int) -> str:
    """A Redis of our own, which can be killed too; else the one on the usual port."""
    server = shutil.which("redis-server")
    if server is None:
        if not answers(6379):
            raise Missing("no Redis on loopback")
        return "redis://127.0.0.1:6379/15"
    command = [server, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(scene.folder)]
    scene.programs.append(Program("redis", "redis", command, {}, scene.folder / "redis.log"))
    return f"redis://127.0.0.1:{port}/0"


def _brain(scene: Scene, settings: Settings, common: dict[str, str]) -> list[Program]:
    cast, folder = scene.cast, scene.folder
    ready = f"{settings.brain_url}/webhooks/klartext/ready"
    if cast.model is not None:
        probes = {"brain": ready, "actions": f"{settings.actions_url}/health"}
        return [
            Program(
                program.name,
                program.name,
                program.command,
                {**program.environment, **common},
                folder / f"{program.name}.log",
                probe=probes[program.name],
            )
            for program in programs_of_one_machine(settings, cast.model)
            if program.name in probes
        ]
    command = [sys.executable, "-m", "tests.fakes.brain", "--port", settings.brain_url.rpartition(":")[2]]
    moods = ["--late", str(cast.brain_late), "--latest", "2.5", "--failing", str(cast.brain_failing)]
    seed = random.Random(cast.seed).randrange(10**6)  # noqa: S311
    return [
        Program("brain", "brain", [*command, *moods, "--seed", str(seed)], common, folder / "brain.log", probe=ready)
    ]
