"""Actors that stop at every boundary of a transaction until they are let on.

An `Actor` is a process of its own as far as the database can tell: it has its own `Database` over the shared engine,
its own store and services. The database it is given (no internals are patched) stops before each transaction begins
and may let the process die there, at the commit (the transaction is rolled back), or right behind it. A process that
dies runs nothing more, not even what clean-up it had planned.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversation.model import AuthorKind
from bot.store.engine import Database
from bot.store.wakeup import Hint, WakeUp


class Died(BaseException):
    """The process is gone. No `except Exception` sees it."""


class Actor:
    """Work that goes on only when it is told to, one transaction at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        # Where it waits: `read`, `write`, or a place outside the database such as `brain`. Null when it is over.
        self.place: str | None = None
        self.result: Any = None
        self.error: Exception | None = None
        self.dead = False
        # True while one of its transactions is open.
        self.in_transaction = False
        # What it did that nobody may do.
        self.faults: list[str] = []
        self.hints: list[Hint] = []
        # What it sent to a channel that pushes: place in the log, and kind of author.
        self.sent: list[tuple[int, AuthorKind]] = []
        # What it took with it from earlier transactions, where the work says so; null where nobody knows.
        self.memory: Any = None
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._go: asyncio.Future[None] | None = None
        self._dies_at: str | None = None
        self._buried = False

    @property
    def runs(self) -> bool:
        """Whether there is anything left that it could do."""
        return self.place is not None and not self.dead

    async def start(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Run until the first boundary."""

        async def body() -> None:
            try:
                self.result = await work()
            except Died:
                self.dead = True
            except Exception as error:
                self.error = error
            self.place = None
            self._settled.set()

        self._task = asyncio.get_running_loop().create_task(body())
        await self._settled.wait()

    async def gate(self, place: str) -> None:
        """Called by the actor's own work: wait here to be let on."""
        if self._buried:
            raise asyncio.CancelledError
        self.place = place
        self._go = asyncio.get_running_loop().create_future()
        self._settled.set()
        await self._go

    async def step(self, dies_at: str | None = None) -> None:
        """Run to the next boundary. `dies_at`: `commit` (rolled back there) or `committed` (dead right behind it)."""
        assert self.runs, f"{self.name} cannot go on"
        assert self._go is not None
        self._dies_at = dies_at
        self._settled.clear()
        self._go.set_result(None)
        await self._settled.wait()

    def die(self) -> None:
        """The process is killed where it waits."""
        self.dead = True

    async def bury(self) -> None:
        """Free what the process would have left behind; the database is not touched by it."""
        if self._task is not None and not self._task.done():
            self.dead = self._buried = True
            # Where it waits it ends: cancelled alone, a delivery would give what it has begun time to come to its end.
            if self._go is not None:
                self._go.cancel()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def before_commit(self) -> None:
        """Called inside a transaction that is about to commit."""
        if self._dies_at == "commit":
            raise Died

    async def behind_commit(self) -> None:
        """Called when a transaction has committed and nothing of it was told to anybody."""
        if self._dies_at == "committed":
            self.dead = True
            self._settled.set()
            self._go = asyncio.get_running_loop().create_future()
            await self._go


class StagedDatabase(Database):
    """The database of one actor, with a gate before each transaction and behind it."""

    def __init__(self, engine: AsyncEngine, actor: Actor) -> None:
        super().__init__(engine)
        self._actor = actor

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """As the parent, behind a gate."""
        await self._actor.gate("read")
        async with super().read() as connection:
            yield connection
            self._actor.before_commit()
        await self._actor.behind_commit()

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """As the parent, behind a gate."""
        await self._actor.gate("write")
        self._actor.in_transaction = True
        try:
            async with super().write(urgent=urgent) as connection:
                yield connection
                self._actor.before_commit()
        finally:
            self._actor.in_transaction = False
        await self._actor.behind_commit()


class StagedWakeUp(WakeUp):
    """Hints that notice when they are given before the commit."""

    def __init__(self, actor: Actor) -> None:
        super().__init__()
        self._actor = actor

    def publish(self, hint: Hint) -> None:
        """As the parent; a hint from within a transaction is a fault."""
        if self._actor.in_transaction:
            self._actor.faults.append("a hint was given before the commit")
        self._actor.hints.append(hint)
        super().publish(hint)
