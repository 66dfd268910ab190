"""Lines between a customer and the system: they can be cut, held up, and let no sockets through."""

from __future__ import annotations

import asyncio
from typing import Literal
from urllib.parse import urlsplit

from bench.chaos.proxy import Line

Sockets = Literal["pass", "refused", "swallowed"]


class CustomerLine(Line):
    """A line to the system's edge. `sockets`: what becomes of a WebSocket on its way."""

    def __init__(self, base: str, sockets: Sockets = "pass") -> None:
        target = urlsplit(base)
        assert target.hostname is not None
        assert target.port is not None
        super().__init__(target.hostname, target.port)
        self.sockets = sockets

    @property
    def base(self) -> str:
        """The system's address at this end."""
        return f"http://127.0.0.1:{self.port}"

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if self.sockets != "pass" and b"\r\nUpgrade: websocket\r\n" in data:
                if self.sockets == "swallowed":
                    await asyncio.Event().wait()
                return
            await self._flows.wait()
            sink.write(data)
            await sink.drain()


class AgentLine(Line):
    """A line between an agent and the edge. While `deaf`, requests arrive and their answers do not."""

    def __init__(self, base: str) -> None:
        target = urlsplit(base)
        assert target.hostname is not None
        assert target.port is not None
        super().__init__(target.hostname, target.port)
        self.deaf = False
        self._edge = target.port

    @property
    def base(self) -> str:
        """The edge's address at this end."""
        return f"http://127.0.0.1:{self.port}"

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        to_the_edge = sink.get_extra_info("peername")[1] == self._edge
        while data := await source.read(65536):
            await self._flows.wait()
            if to_the_edge or not self.deaf:
                sink.write(data)
                await sink.drain()
