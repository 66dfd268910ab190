"""`klartext run`: everything on one machine, from one command.

Trains when data or configuration changed, brings the database up to date, makes the demo's customer data and the first
agent, starts brain, actions and edge, and says where they are once they answer. Each step is safe to repeat. The brain
takes longest and needs none of the others' data, so it starts first, before even the imports for the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from rich.console import Console

from bot.settings import Settings
from bot.supervisor import Program, Supervisor

FIRST_LOGIN, FIRST_NAME = "anna", "Anna Berger"
_START_TIMEOUT = 120.0
_RENEW_EVERY = 3600.0


class CannotStart(Exception):
    """Something has to be put right first; the message says what, in one line."""


async def prepare(settings: Settings, console: Console) -> str | None:
    """Bring the data up to date; the first agent's password when one had to be made."""
    from actions.crm.demo import create_demo
    from bot.bootstrap import open_services
    from bot.service.agents import new_password

    makes_demo = settings.demo and not settings.crm_url.startswith("http")
    if makes_demo and await create_demo(settings.crm_url, date.today()):
        console.print("Made the demo's customer data.")
    async with open_services(settings) as services:
        if await services.agents.any():
            return None
        password = new_password()
        await services.agents.add(FIRST_LOGIN, FIRST_NAME, "administrator", password)
        return password


async def _renew_demo(settings: Settings) -> None:
    """Keep the demo's dates plausible while it runs for days."""
    from actions.crm.demo import create_demo
    from actions.crm.errors import CrmUnavailable

    while settings.demo and not settings.crm_url.startswith("http"):
        await asyncio.sleep(_RENEW_EVERY)
        with contextlib.suppress(CrmUnavailable):  # looked at again the next time
            await create_demo(settings.crm_url, date.today())


def programs(settings: Settings, model: Path) -> list[Program]:
    """The three processes of one machine."""
    brain, actions = urlsplit(settings.brain_url), urlsplit(settings.actions_url)
    edge_host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 (compared, not bound)
    common = {
        # Addresses and secrets as this process understood them, so that all agree.
        "KLARTEXT_VAR": str(settings.var),
        "KLARTEXT_DATABASE_URL": settings.database_url,
        "KLARTEXT_CRM_URL": settings.crm_url,
        "KLARTEXT_BRAIN_URL": settings.brain_url,
        "KLARTEXT_ACTIONS_URL": settings.actions_url,
        "KLARTEXT_SECRET_KEY": settings.secret_key,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(settings.root), os.environ.get("PYTHONPATH", "")])),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SANIC_HOST": "127.0.0.1",
        # One small matrix at a time: more threads only wait for each other.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    python = sys.executable
    logs = settings.var / "log"
    return [
        Program(
            "edge",
            [python, "-m", "bot.cli", "edge"],
            common,
            _answers(f"http://{edge_host}:{settings.port}/healthz"),
            logs / "edge.log",
        ),
        Program(
            "brain",
            [
                *[python, "-m", "bot.brain.lean", "run", "--model", str(model)],
                *["--interface", brain.hostname or "127.0.0.1", "--port", str(brain.port or 5005)],
                *["--endpoints", str(settings.root / "endpoints.yml")],
                *["--credentials", str(settings.root / "credentials.yml")],
            ],
            common,
            _answers(f"{settings.brain_url}/webhooks/klartext/ready"),
            logs / "brain.log",
        ),
        Program(
            "actions",
            [python, "-m", "bot.logs", "rasa_sdk", "--actions", "actions", "--port", str(actions.port or 5055)],
            common,
            _answers(f"{settings.actions_url}/health"),
            logs / "actions.log",
        ),
    ]


async def run(settings: Settings, console: Console, model: Path) -> None:
    """Start everything and stay until interrupted.

    Raises:
        CannotStart: a port is taken, a log cannot be written, or a process does not become ready.
    """
    for name, url in (
        ("edge", f"http://{settings.host}:{settings.port}"),
        ("brain", settings.brain_url),
        ("actions", settings.actions_url),
    ):
        _check_port(name, url)
    os.chdir(settings.root)
    supervisor = Supervisor(programs(settings, model), say=console.print)
    try:
        await _start(supervisor, "brain")
        password = await prepare(settings, console)
        await _start(supervisor)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        ready = asyncio.create_task(supervisor.wait_until_ready(_START_TIMEOUT))
        interrupted = asyncio.create_task(stopped.wait())
        with console.status("Starting edge, brain and actions …"):
            await asyncio.wait({ready, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            return
        missing = ready.result()
        if missing:
            logs = ", ".join(str(settings.var / "log" / f"{name}.log") for name in missing)
            raise CannotStart(f"not ready after {_START_TIMEOUT:.0f} seconds: {', '.join(missing)}. See {logs}")
        _print_addresses(settings, console, password)
        renewing = asyncio.create_task(_renew_demo(settings))
        await interrupted
        renewing.cancel()
    finally:
        console.print("Stopping …")
        await supervisor.stop()


async def _start(supervisor: Supervisor, *names: str) -> None:
    try:
        await supervisor.start(*names)
    except OSError as error:
        raise CannotStart(f"a process cannot be started: {error}") from error


def _print_addresses(settings: Settings, console: Console, password: str | None) -> None:
    base = settings.public_url
    console.print()
    console.print("[bold]Klartext is running.[/bold] Stop it with Ctrl-C.")
    console.print(f"  Customers:     {base}/")
    console.print(f"  Agents' desk:  {base}/desk")
    if settings.demo:
        console.print(f"  Codes by mail: {base}/demo/outbox  (demo)")
        if not settings.whatsapp:
            console.print(f"  WhatsApp:      {base}/demo/whatsapp  (demo)")
    if password is None:
        console.print(
            f"  Login:         {FIRST_LOGIN}; a new password: [bold]klartext agents password {FIRST_LOGIN}[/bold]"
        )
    else:
        console.print(
            f"  Login:         [bold]{FIRST_LOGIN}[/bold]  password: [bold]{password}[/bold]  (shown only now)"
        )


def _answers(url: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
                session.get(url) as response,
            ):
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    return check


def _check_port(name: str, url: str) -> None:
    parts = urlsplit(url)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((parts.hostname or "127.0.0.1", parts.port or 80))
        except OSError as error:
            variable = "KLARTEXT_PORT" if name == "edge" else f"KLARTEXT_{name.upper()}_URL"
            raise CannotStart(
                f"port {parts.port} for the {name} cannot be used ({error.strerror}): is Klartext running already? "
                f"Another port: {variable}"
            ) from error
