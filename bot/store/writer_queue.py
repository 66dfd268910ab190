"""Whose turn it is to write, where a database has one writer.

Whoever has something to acknowledge goes before those who work on what is acknowledged already: a customer or a
provider waits for the former, nobody for a moment more or less of the latter. Among equals the first comes first, and
after `_IN_A_ROW` who were let by somebody of the others gets a turn, so that nobody waits for ever.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_IN_A_ROW = 8


class WriterQueue:
    """One turn at a time, within a process."""

    def __init__(self) -> None:
        self._busy = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._let_by = 0

    @asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for the turn, and have it until the block ends."""
        if self._busy:
            await self._wait(self._urgent if urgent else self._others)
        self._busy = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                # The turn was given already: it goes to the next.
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """The turn goes to the next without becoming free in between."""
        while self._urgent or self._others:
            lets_by = bool(self._urgent) and (not self._others or self._let_by < _IN_A_ROW)
            following = (self._urgent if lets_by else self._others).popleft()
            # One who gave up waiting is passed over.
            if not following.done():
                self._let_by = self._let_by + 1 if lets_by else 0
                following.set_result(None)
                return
        self._busy = False
