"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

# Seconds for a task to end in its own way before it is told again.
_PATIENCE = 2.0


async def end(tasks: Iterable[asyncio.Task[Any]], patience: float = _PATIENCE) -> None:
    """Cancel tasks until they have ended; what they raise is dropped.

    More than once, because on Python before 3.12 `asyncio.wait_for` swallows a cancellation that comes at the moment
    its inner wait is over: a loop around it would go on for ever, and whoever waits for it too.
    """
    running = set(tasks)
    while running := {task for task in running if not task.done()}:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=patience)
