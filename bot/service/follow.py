"""Finds what other processes committed: reads the stream's head a few times a second and gives hints to this process.

Hints of this process and of Redis arrive sooner; this is the backstop that needs neither. With the database away it
keeps trying and misses nothing, because it goes on from the last position.
"""

from __future__ import annotations

import asyncio

from bot.store.errors import StoreUnavailable
from bot.store.log import stream_after, stream_head
from bot.store.unit_of_work import Store
from bot.store.wakeup import Hint


class Follower:
    """One per process that serves people."""

    def __init__(self, store: Store, *, poll: float) -> None:
        self._store = store
        self._poll = poll
        # Where to go on, also after a failure.
        self._position: int | None = None

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                async with self._store.read() as unit:
                    if self._position is None:
                        self._position = await stream_head(unit)
                    changes = await stream_after(unit, self._position)
                for at, conversation_id, seq in changes:
                    self._position = at
                    self._store.wakeup.deliver(
                        Hint(conversation_id=conversation_id, log=True, head=seq or 0, inbox=True, outbox=True)
                    )
            except StoreUnavailable:
                await asyncio.sleep(1)
            await asyncio.sleep(self._poll)
