"""Processes that are killed and come back: what a service manager does, small enough to be watched by a test.

A program that ends, by a kill or by itself, is started again after a short pause until `stop`. When the test itself
dies, the kernel ends its programs (Linux), so nothing is left running.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Program:
    """One process to keep alive."""

    def __init__(
        self,
        kind: str,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        probe: str | None = None,
        pause: float = 0.3,
    ) -> None:
        # What it is (edge, worker, brain, actions, redis) and which one of these.
        self.kind = kind
        self.name = name
        # Answers 200 when the program can work; a worker has no port and is ready once it runs.
        self.probe = probe
        self.kills = 0
        self.freezes = 0
        # Ends that nobody ordered: a crash.
        self.crashes = 0
        self._command = command
        self._environment = environment
        self._log = log
        self._pause = pause
        self._process: asyncio.subprocess.Process | None = None
        self._ordered = False
        self._started_at = 0.0
        self._keeper: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the process runs now."""
        return self._process is not None and self._process.returncode is None

    @property
    def seconds_up(self) -> float:
        """How long the process has been running."""
        return time.monotonic() - self._started_at if self.is_alive else 0.0

    def start(self) -> None:
        """Start, and start again whenever it ends."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it for good."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        if self._process is not None:
            self._signal(signal.SIGCONT)
            self._signal(signal.SIGKILL)
            await self._process.wait()

    def kill(self) -> None:
        """SIGKILL: no goodbye of any kind."""
        self.kills += 1
        self._ordered = True
        self._signal(signal.SIGKILL)

    async def freeze(self, seconds: float) -> None:
        """Hold the process still, as a full disk or a stolen processor does; it then goes on as if nothing were."""
        self.freezes += 1
        process = self._process
        self._signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            if process is self._process:
                self._signal(signal.SIGCONT)

    async def wait_ready(self, seconds: float) -> None:
        """Wait until it answers.

        Raises:
            RuntimeError: it does not, with the end of its log.
        """
        until = time.monotonic() + seconds
        while not await self.is_ready():
            if time.monotonic() > until:
                tail = self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""
                raise RuntimeError(f"{self.name} is not ready after {seconds:.0f} seconds:\n{tail}")
            await asyncio.sleep(0.1)

    async def is_ready(self) -> bool:
        """Whether it can work now."""
        if self.probe is None or not self.is_alive:
            return self.is_alive
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session,
                session.get(self.probe) as response,
            ):
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def _keep(self) -> None:
        while True:
            self._ordered = False
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **self._environment},
                    start_new_session=True,
                    preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                )
            self._started_at = time.monotonic()
            await self._process.wait()
            if not self._ordered:
                self.crashes += 1
            await asyncio.sleep(self._pause)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
