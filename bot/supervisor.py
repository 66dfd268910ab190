"""Starts brain, actions and edge as processes of one machine, and starts again whichever of them dies.

Nothing is lost when one dies: what was committed is in the database, the rest was never acknowledged. A process that
dies again and again is started after longer and longer pauses, at most `_LONGEST_PAUSE` seconds. When the supervisor is
told to stop, it stops all of them; when it is killed itself, the kernel does so where it can (Linux).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
# A process that ran this long was well: its next death is its first again.
_WELL_AFTER = 30.0
_STOP_PATIENCE = 8.0
_LOG_LIMIT = 10 * 1024 * 1024


@dataclass
class Program:
    """A process to keep alive."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    # Whether it can do its work now.
    is_ready: Callable[[], Awaitable[bool]]
    log: Path
    process: asyncio.subprocess.Process | None = field(default=None, init=False)
    # Set as soon as there is a process for the first time.
    began: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    restarts: int = field(default=0, init=False)


class Supervisor:
    """Keeps programs running until it is stopped."""

    def __init__(self, programs: Sequence[Program], say: Callable[[str], None]) -> None:
        self.programs = programs
        self._say = say
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, *names: str) -> None:
        """Start the programs with these names, or all; those that run already go on. Returns when they have begun.

        Raises:
            OSError: one cannot be started, or its log cannot be written.
        """
        for program in self.programs:
            if program.name not in self._tasks and (not names or program.name in names):
                keeping = self._tasks[program.name] = asyncio.create_task(self._keep(program))
                beginning = asyncio.create_task(program.began.wait())
                await asyncio.wait({keeping, beginning}, return_when=asyncio.FIRST_COMPLETED)
                beginning.cancel()
                if keeping.done():
                    keeping.result()

    async def wait_until_ready(self, timeout: float) -> list[str]:
        """Wait, at most `timeout` seconds, until all are ready; the names of those that are not."""
        until = time.monotonic() + timeout
        waiting = list(self.programs)
        while waiting and time.monotonic() < until:
            waiting = [program for program in waiting if not await program.is_ready()]
            if waiting:
                await asyncio.sleep(0.2)
        return [program.name for program in waiting]

    async def stop(self) -> None:
        """Stop every program, politely first."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        running = [program.process for program in self.programs if program.process is not None]
        for process in running:
            _signal(process, signal.SIGTERM)
        if running:
            await asyncio.wait([asyncio.ensure_future(process.wait()) for process in running], timeout=_STOP_PATIENCE)
        for process in running:
            _signal(process, signal.SIGKILL)

    async def _keep(self, program: Program) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            began = time.monotonic()
            program.log.parent.mkdir(parents=True, exist_ok=True)
            _rotate(program.log)
            with program.log.open("ab") as log:
                program.process = await asyncio.create_subprocess_exec(
                    *program.command,
                    stdout=log,
                    stderr=log,
                    stdin=asyncio.subprocess.DEVNULL,
                    env={**os.environ, **program.environment},
                    start_new_session=True,
                    preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                )
            program.began.set()
            code = await program.process.wait()
            pause = _SHORTEST_PAUSE if time.monotonic() - began > _WELL_AFTER else min(pause * 2, _LONGEST_PAUSE)
            program.restarts += 1
            self._say(f"{program.name} ended ({_reason(code)}), starting it again; its log: {program.log}")
            await asyncio.sleep(pause)


def _reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """To the program and to what it started itself."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def _die_with_parent() -> None:
    """Ask the kernel to end this process when the supervisor is gone (prctl PR_SET_PDEATHSIG)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))
