"""Tasks that are told to end, end."""

from __future__ import annotations

import asyncio
import contextlib

from bot.ending import end


async def test_a_task_that_loses_a_cancellation_is_told_again() -> None:
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await asyncio.wait_for(end([task], patience=0.01), 10)
    assert task.cancelled()


async def test_a_loop_that_is_woken_as_it_is_cancelled_ends() -> None:
    wake = asyncio.Event()

    async def loop() -> None:
        while True:
            wake.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(wake.wait(), 3600)

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    wake.set()
    await asyncio.sleep(0)
    await asyncio.wait_for(end([task], patience=0.05), 10)
    assert task.done()
    await end([task])
