"""Processes under measurement: started apart, watched through /proc, ended for good.

A process that ends by itself or does not become ready raises `ProcessEnded` with the end of its log. When the
measurement itself dies, the kernel ends its processes (Linux).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

_TICKS = os.sysconf("SC_CLK_TCK")


class ProcessEnded(Exception):
    """A process that was to be measured is not there (any more). The message holds the end of its log."""


@dataclass(frozen=True)
class Memory:
    """Bytes. `pss` counts pages shared with other processes in part; none where the kernel does not tell."""

    rss: int
    pss: int | None

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.rss + other.rss, None if self.pss is None or other.pss is None else self.pss + other.pss)


class Process:
    """One process with all that it starts itself."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path
    ) -> Process:
        """Start it in a session of its own, with its output in `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_prepare,
            )
        return cls(name, process, log)

    async def wait_until(self, url: str, seconds: float = 180.0, pause: float = 0.05) -> None:
        """Wait until `url` answers 200.

        Raises:
            ProcessEnded: it ended, or does not answer in time.
        """
        until = time.monotonic() + seconds
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            while time.monotonic() < until:
                self.check()
                with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
                    async with http.get(url) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(pause)
        raise ProcessEnded(f"{self.name} is not ready after {seconds:.0f} seconds:\n{self._end_of_log()}")

    def check(self) -> None:
        """Raise `ProcessEnded` if it is gone."""
        if self._process.returncode is not None:
            raise ProcessEnded(f"{self.name} ended with {self._process.returncode}:\n{self._end_of_log()}")

    async def finished(self) -> None:
        """Wait until it ended well; raises `ProcessEnded` when it did not."""
        if await self._process.wait() != 0:
            self.check()

    async def stop(self) -> None:
        """End it, politely first."""
        for number, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._process.wait(), patience)

    def memory(self) -> Memory:
        """What it and its children hold now."""
        total = Memory(0, 0)
        for pid in self._tree():
            total += _memory_of(pid)
        return total

    def processor_seconds(self) -> float:
        """Processor time used by it and its running children since they started."""
        total = 0
        for pid in self._tree():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total / _TICKS

    def _tree(self) -> list[int]:
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    waiting += [int(child) for child in children.read_text().split()]
        return found

    def _end_of_log(self) -> str:
        return self._log.read_text(errors="replace")[-3000:] if self._log.exists() else "no log"


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


def allow_many_files() -> int:
    """Raise this process's limit of open files as far as allowed; the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def _prepare() -> None:
    """In the new process: end with the parent (prctl PR_SET_PDEATHSIG), and allow many sockets."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    allow_many_files()


def _memory_of(pid: int) -> Memory:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return Memory(0, None)
    values = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines[1:])}
    return Memory(values["Rss"], values.get("Pss"))
