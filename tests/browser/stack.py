"""The real system for tests: `klartext run` with its own ports and its own folder.

Guarantee: what runs here is what a user starts: edge, brain, actions and supervisor as processes of their own, SQLite
and the demo CRM, nothing replaced. Whatever does not come up in time raises `NotUp` with the end of the logs; `stop`
leaves no process behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
# How a process of the system is recognised by its command line.
PROGRAMS = {"edge": "bot.cli edge", "brain": "bot.brain.lean run", "actions": "rasa_sdk"}
# Training included, on a machine that is busy with something else.
_START_TIMEOUT = 240.0
_LIFE_TIMEOUT = 120.0
_LOG_SHOWN = 3000  # characters


class NotUp(AssertionError):
    """The system, or a part of it, is not running although it should be."""


@dataclass(frozen=True)
class Login:
    """What an agent types to log in, and the name that customers see."""

    login: str
    password: str
    name: str


class Stack:
    """One running system. `agent` is the account that the first start made."""

    def __init__(self, var: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: more of the environment, by variable."""
        self.var = var
        edge, brain, actions = _free_ports(3)
        self.base = f"http://127.0.0.1:{edge}"
        self._alive = {
            "edge": f"{self.base}/healthz",
            "brain": f"http://127.0.0.1:{brain}/webhooks/klartext/ready",
            "actions": f"http://127.0.0.1:{actions}/health",
        }
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KLARTEXT_")},
            "KLARTEXT_VAR": str(var),
            "KLARTEXT_PORT": str(edge),
            "KLARTEXT_PUBLIC_URL": self.base,
            "KLARTEXT_BRAIN_URL": f"http://127.0.0.1:{brain}",
            "KLARTEXT_ACTIONS_URL": f"http://127.0.0.1:{actions}",
            # So that a line of output is a line of the file.
            "COLUMNS": "200",
            **(settings or {}),
        }
        self._output = var / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self.agent: Login | None = None

    @property
    def crm_file(self) -> Path:
        """The demo CRM's database."""
        return self.var / "crm.db"

    async def start(self) -> None:
        """Start and wait until customers can be served."""
        self.var.mkdir(parents=True, exist_ok=True)
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: ASYNC220 (it outlives this event loop's other work)
                [sys.executable, "-m", "bot.cli", "run"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        await self._until(self._has_started, _START_TIMEOUT, "klartext run")
        found = re.search(r"Login:\s+(\S+)\s+password:\s+(\S+)", self._output.read_text(encoding="utf-8"))
        if found:
            self.agent = Login(found[1], found[2], "Anna Berger")

    async def _has_started(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise NotUp(f"klartext run ended with {self._process.returncode}\n{self._logs()}")
        return "Login:" in self._output.read_text(encoding="utf-8")

    async def stop(self) -> None:
        """Stop as Ctrl-C does, and wait until everything is gone."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGINT)
        try:
            await asyncio.to_thread(process.wait, 30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise NotUp(f"klartext run did not stop within 30 seconds\n{self._logs()}") from None

    async def add_agent(self, login: str, name: str) -> Login:
        """A second account, made with the command line."""
        command = [sys.executable, "-m", "bot.cli", "agents", "add", login, name]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=True
        )
        found = re.search(r"password (\S+)", done.stdout)
        assert found, done.stdout
        return Login(login, found[1], name)

    # --- single processes ---

    def process_of(self, name: str) -> int:
        """The process id of edge, brain or actions.

        Raises:
            NotUp: it does not run.
        """
        assert self._process is not None
        for number, command in _children(self._process.pid):
            if PROGRAMS[name] in command:
                return number
        raise NotUp(f"{name} does not run\n{self._logs()}")

    def kill(self, name: str) -> int:
        """End a process as a crash does; its process id."""
        number = self.process_of(name)
        os.kill(number, signal.SIGKILL)
        return number

    async def until_back(self, name: str, killed: int) -> None:
        """Wait until the supervisor has started another process and it does its work."""

        async def is_back() -> bool:
            try:
                return self.process_of(name) != killed and await _answers(self._alive[name])
            except NotUp:
                return False

        await self._until(is_back, _LIFE_TIMEOUT, name)

    async def until_up(self) -> None:
        """Wait until all three do their work."""
        for name, url in self._alive.items():
            await self._until(functools.partial(_answers, url), _LIFE_TIMEOUT, name)

    @contextlib.contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The process exists and does not answer, for as long as this lasts."""
        number = self.process_of(name)
        os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(number, signal.SIGCONT)

    @contextlib.contextmanager
    def down(self, name: str) -> Iterator[None]:
        """Killed, and not started again before this ends: the supervisor stands still meanwhile."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            self.kill(name)
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def without_crm(self) -> Iterator[None]:
        """The CRM's database is away for as long as this lasts."""
        files = [path for path in self.var.glob("crm.db*") if path.is_file()]
        aside = self.var / "away"
        aside.mkdir(exist_ok=True)
        for path in files:
            path.rename(aside / path.name)
        try:
            yield
        finally:
            for path in aside.iterdir():
                path.replace(self.var / path.name)

    # --- waiting ---

    async def _until(self, condition: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not await condition():
            if loop.time() > until:
                raise NotUp(f"{what} is not up after {seconds:.0f} seconds\n{self._logs()}")
            await asyncio.sleep(0.1)

    def _logs(self) -> str:
        files = [self._output, *sorted((self.var / "log").glob("*.log"))]
        return "\n".join(
            f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')[-_LOG_SHOWN:]}"
            for path in files
            if path.is_file()
        )


def _free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


async def _answers(url: str) -> bool:
    try:
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
        return False


def _children(parent: int) -> Iterator[tuple[int, str]]:
    """Process id and command line of each child that runs. Linux: reads /proc."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # ended meanwhile
        # Behind the name, which may hold spaces: state, parent.
        state, owner = status.rpartition(")")[2].split()[:2]
        if int(owner) == parent and state != "Z":
            yield int(folder.name), command
