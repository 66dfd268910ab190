"""The witness: keeps the ends of all chains outside of the database, so that cutting one off or making it anew shows.

Every minute it writes one line with the end of each chain that grew since the last line, into a file of its own:
`klartext.ends.jsonl` beside a SQLite database, else `var/audit/<database>.ends.jsonl`.
Each line carries the digest of the line before it. Whoever copies this file elsewhere, or keeps the digest of its last
line, can prove later what stood in the database then. It holds ids and digests, nothing that a customer said.

Guarantee: a chain that is shorter than, or other than, what a line says is found by `klartext audit verify`. What was
written and cut off again between two lines is not. Any number of processes may run this: a lock on the file keeps the
lines one after the other, and on several machines each has a file of its own.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from bot.conversation.chain import FIRST
from bot.store.chain import Head, heads
from bot.store.errors import StoreUnavailable
from bot.store.log import stream_after, stream_head
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)

# Changes looked at for one line.
_BATCH = 2000


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line: which chains had grown until then, and where they ended."""

    at: datetime
    # Position in the stream of changes up to which the line looked.
    stream: int
    heads: list[Head]
    # Digest of the line before this one.
    previous: str


class WitnessBroken(Exception):
    """The witness's own lines do not follow each other: somebody changed the file."""


class Witness:
    """Writes the lines."""

    def __init__(self, store: Store, path: Path, *, every: float = 60.0) -> None:
        self._store = store
        self._path = path
        self._every = every

    async def run(self) -> None:
        """Work until cancelled. A database or disk that is away is waited out."""
        while True:
            try:
                while await self.write_line():
                    pass
            except StoreUnavailable as error:
                log.warning("the witness waits for the database", error=str(error))
            except OSError as error:
                log.error("the witness cannot write", path=str(self._path), error=str(error))
            await asyncio.sleep(self._every)

    async def write_line(self) -> bool:
        """Write one line if any chain grew; True if there is more."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False  # another process is at it
            last = _last_line(descriptor)
            after = 0 if last is None else msgspec.json.decode(last, type=Line).stream
            async with self._store.read() as unit:
                if await stream_head(unit) < after:
                    log.error("the database is older than what the witness knows", path=str(self._path))
                    after = 0
                changes = await stream_after(unit, after, _BATCH)
                ends = await heads(unit, sorted({conversation_id for _, conversation_id, _ in changes}))
            if not changes:
                return False
            line = Line(at=unit.now, stream=changes[-1][0], heads=ends, previous=_digest(last))
            os.lseek(descriptor, 0, os.SEEK_END)
            os.write(descriptor, msgspec.json.encode(line) + b"\n")
            await asyncio.to_thread(os.fsync, descriptor)
            return len(changes) == _BATCH
        finally:
            os.close(descriptor)


def ends_on_file(path: Path) -> dict[str, list[Head]]:
    """What the witness wrote, by conversation; empty where there is no file.

    Raises:
        WitnessBroken: naming the first line that does not follow from the one before it.
    """
    known: dict[str, list[Head]] = {}
    if not path.exists():
        return known
    for line in _lines(path):
        for head in line.heads:
            known.setdefault(head.conversation_id, []).append(head)
    return known


def _lines(path: Path) -> Iterator[Line]:
    previous: bytes | None = None
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                return  # the machine stopped while it was written: the next line will take its place
            raw = raw.rstrip(b"\n")
            try:
                line = msgspec.json.decode(raw, type=Line)
            except msgspec.DecodeError as error:
                raise WitnessBroken(f"{path}: line {number} cannot be read: {error}") from error
            if line.previous != _digest(previous):
                raise WitnessBroken(f"{path}: line {number} does not follow from the line before it")
            previous = raw
            yield line


def _digest(line: bytes | None) -> str:
    return FIRST if line is None else hashlib.sha256(line).hexdigest()


def _last_line(descriptor: int) -> bytes | None:
    """The last whole line; what stands behind it, half a line from a stop in the middle, is taken away."""
    size = os.fstat(descriptor).st_size
    tail, start = b"", size
    while start and tail.count(b"\n") < 2:
        start = max(0, start - 65536)
        tail = os.pread(descriptor, size - start, start)
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        os.ftruncate(descriptor, start + whole)
    lines = tail[:whole].splitlines()
    return lines[-1] if lines else None
