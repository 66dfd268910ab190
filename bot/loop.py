"""The event loop of processes that serve many, and what Python's garbage collector need not look at again."""

from __future__ import annotations

import asyncio
import gc
import sys

if sys.version_info >= (3, 11):
    from asyncio import timeout
else:
    from async_timeout import timeout

# `timeout` is the way to limit what is done often: `asyncio.wait_for` makes a task for each call.
__all__ = ["new_loop", "settle", "timeout"]


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, which takes about half of asyncio's time for sockets and timers; asyncio's where there is none."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


# Python's own thresholds, which a start may have raised.
_HABIT = (700, 10, 10)


async def settle(_of: object = None) -> None:
    """What is there once a process is ready stays until its end: the collector passes over it from now on.

    Each full collection looks at everything else that lives; without this, at some hundred thousand objects of imported
    modules, during which nobody is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_HABIT)
