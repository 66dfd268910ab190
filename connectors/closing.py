"""Closing a socket from outside its reader, so that the other side gets the close code.

While one task reads a socket, a close by another would end the reader, the handler and the connection before the close
frame is out. Here the handler, which reads, is told to stop and closes itself. It needs no task beside its own: ten
thousand idle sockets are ten thousand of everything that each of them has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import WSMessage, WSMsgType, web

log = structlog.get_logger(__name__)

_INTERNAL = 1011
_ENDS = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED})


class Closing:
    """A wish to close a socket: whoever asks first gives the code."""

    __slots__ = ("_waiting", "_wish")

    def __init__(self) -> None:
        self._wish: tuple[int, bytes] | None = None
        # The reader, while it waits for a message; not while one is taken.
        self._waiting: asyncio.Task[None] | None = None

    def request(self, code: int, reason: bytes) -> None:
        """Close with this code: now when nothing is being read, else after the message that is being taken.

        A message is taken to its end, so that who asked to erase a conversation still gets the acknowledgement of it.
        """
        if self._wish is None:
            self._wish = code, reason
            if self._waiting is not None:
                self._waiting.cancel()

    async def read_until_closed(self, ws: web.WebSocketResponse, take: Callable[[WSMessage], Awaitable[None]]) -> None:
        """Give every message to `take` until the other side closes or a close is asked for; then close.

        Called by the socket's handler in its own task, which is cancelled while it waits for a message when a close
        comes from elsewhere.
        """
        try:
            while self._wish is None:
                self._waiting = asyncio.current_task()
                message = await ws.receive()
                self._waiting = None
                if message.type in _ENDS:
                    break
                await take(message)
        except asyncio.CancelledError:
            if self._wish is None:
                raise
        except Exception:
            # An answer over HTTP is no longer possible here: the client comes back and resumes.
            log.exception("a socket failed")
            self._wish = _INTERNAL, b"internal"
        finally:
            self._waiting = None
        if self._wish is not None:
            code, reason = self._wish
            await ws.close(code=code, message=reason)


async def all_gone(some_left: Callable[[], bool], patience: float = 2.0) -> None:
    """Wait, at most `patience` seconds, until every socket has said goodbye."""
    for _ in range(int(patience / 0.05)):
        if not some_left():
            return
        await asyncio.sleep(0.05)
