"""Hints that something was committed. A hint may be lost or doubled: who waits also looks by itself now and then.

In one process hints are direct calls; between nodes they travel over Redis, and without Redis (or with Redis away)
every node reads the stream's head a few times a second, which finds everything that other processes committed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Literal

import msgspec
import redis.asyncio
import structlog

from bot.ending import end

log = structlog.get_logger(__name__)
_CHANNEL = "klartext:hints"
# A Redis that takes longer than this, in seconds, to take a hint or a connection counts as away.
_PATIENCE = 2.0


class Hint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something happened in a conversation."""

    conversation_id: str
    # The log, holder or receipts changed.
    log: bool = False
    # Place of the newest entry of the log that this tells of, 0 without any: who has it need not look.
    head: int = 0
    # A message waits for a turn; a message waits to be sent.
    inbox: bool = False
    outbox: bool = False
    # Somebody types: gone with the hint, stored nowhere. To whom it is shown, and by whom.
    typing_to: Literal["customer", "desk"] | None = None
    typing_by: str | None = None
    typing_name: str | None = None
    # An agent has the conversation on screen: as short-lived, for other desks.
    looking_by: str | None = None
    looking_name: str | None = None
    # An agent has read it up to `read`: for their own other devices.
    read_by: str | None = None
    read: int = 0
    # How far a person has seen it, for the customer; 0 where that has not changed.
    seen: int = 0


class WakeUp:
    """Spreads hints to everybody in this process and, with Redis, to all nodes."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._listeners: list[Callable[[Hint], None]] = []
        self._redis = (
            redis.asyncio.Redis.from_url(redis_url, socket_timeout=None, socket_connect_timeout=_PATIENCE)
            if redis_url
            else None
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def subscribe(self, listener: Callable[[Hint], None]) -> Callable[[], None]:
        """Call `listener` with every hint until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, hint: Hint) -> None:
        """Tell this process now and the other nodes soon. Never raises, never waits."""
        self.deliver(hint)
        if self._redis is not None:
            self._start(self._send(msgspec.json.encode(hint)))

    def deliver(self, hint: Hint) -> None:
        """Tell this process only."""
        for listener in tuple(self._listeners):
            listener(hint)

    @property
    def pending(self) -> int:
        """How many sends, and the one listener, are under way."""
        return len(self._tasks)

    def start(self) -> None:
        """Begin to listen to the other nodes."""
        if self._redis is not None:
            self._start(self._receive())

    async def close(self) -> None:
        """Stop listening."""
        await end(self._tasks)
        if self._redis is not None:
            await self._redis.aclose() if hasattr(self._redis, "aclose") else await self._redis.close()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, body: bytes) -> None:
        assert self._redis is not None
        with contextlib.suppress(redis.RedisError, OSError, asyncio.TimeoutError):
            await asyncio.wait_for(self._redis.publish(_CHANNEL, body), _PATIENCE)

    async def _receive(self) -> None:
        assert self._redis is not None
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(_CHANNEL)
                    async for item in channel.listen():
                        if item["type"] == "message":
                            with contextlib.suppress(msgspec.DecodeError):
                                self.deliver(msgspec.json.decode(item["data"], type=Hint))
            except (redis.RedisError, OSError) as error:
                log.warning("redis is away, polling goes on", error=str(error))
                await asyncio.sleep(1)
