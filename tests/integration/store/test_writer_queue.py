"""Whose turn it is to write: what has to be acknowledged first, and nobody never."""

from __future__ import annotations

import asyncio

from bot.store.writer_queue import WriterQueue


class _Writers:
    """Writers that wait behind one that is writing, and the order in which they come."""

    def __init__(self) -> None:
        self.queue = WriterQueue()
        self.order: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.free = asyncio.Event()

    async def wait_for(self, *names: str) -> None:
        for name in names:
            self.tasks[name] = asyncio.create_task(self._write(name))
            await asyncio.sleep(0)

    async def _write(self, name: str) -> None:
        async with self.queue.turn(urgent=name.startswith("urgent")):
            self.order.append(name)
            await (self.free.wait() if name == "first" else asyncio.sleep(0))

    async def done(self) -> list[str]:
        self.free.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        return self.order


async def test_what_is_urgent_goes_first_and_equals_keep_their_order() -> None:
    writers = _Writers()
    await writers.wait_for("first", "a", "b", "urgent 1", "c", "urgent 2")
    assert await writers.done() == ["first", "urgent 1", "urgent 2", "a", "b", "c"]


async def test_nobody_waits_for_ever() -> None:
    writers = _Writers()
    urgent = [f"urgent {index}" for index in range(20)]
    await writers.wait_for("first", "a", "b", *urgent)
    assert await writers.done() == ["first", *urgent[:8], "a", *urgent[8:16], "b", *urgent[16:]]


async def test_one_who_gives_up_or_fails_holds_nobody_up() -> None:
    writers = _Writers()
    await writers.wait_for("first", "a", "urgent 1", "urgent 2", "b")
    for name in ("urgent 1", "a"):
        writers.tasks[name].cancel()
    assert await writers.done() == ["first", "urgent 2", "b"]
    # Cancelled in the very moment in which the turn is given.
    writers = _Writers()
    await writers.wait_for("first", "a", "b")
    writers.tasks["first"].cancel()
    await asyncio.sleep(0)
    writers.tasks["a"].cancel()
    assert await writers.done() == ["first", "b"]
    async with writers.queue.turn(urgent=False):
        writers.order.append("free")
    assert writers.order[-1] == "free"
