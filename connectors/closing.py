"""Closing a socket from outside its reader, so that the other side gets the close code.

While one task reads a socket, a close by another would end the reader, the handler and the connection before the close
frame is out. Here the handler itself closes, after its reader has been stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from aiohttp import web

from bot.ending import end

log = structlog.get_logger(__name__)

_INTERNAL = 1011


class Closing:
    """A wish to close a socket: whoever asks first gives the code."""

    def __init__(self) -> None:
        self._wish: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

    def request(self, code: int, reason: bytes) -> None:
        """Close with this code, soon."""
        if not self._wish.done():
            self._wish.set_result((code, reason))

    async def read_until_closed(self, ws: web.WebSocketResponse, reading: Coroutine[Any, Any, None]) -> None:
        """Run the reader until it ends by itself or a close is asked for; then close."""
        reader = asyncio.create_task(reading)
        try:
            await asyncio.wait({reader, self._wish}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end([reader], patience=0.2)
        if self._wish.done():
            code, reason = self._wish.result()
            await ws.close(code=code, message=reason)
        elif not reader.cancelled() and (error := reader.exception()) is not None:
            # An answer over HTTP is no longer possible here: the client comes back and resumes.
            log.error("a socket failed", exc_info=error)
            await ws.close(code=_INTERNAL, message=b"internal")


async def all_gone(some_left: Callable[[], bool], patience: float = 2.0) -> None:
    """Wait, at most `patience` seconds, until every socket has said goodbye."""
    for _ in range(int(patience / 0.05)):
        if not some_left():
            return
        await asyncio.sleep(0.05)
