"""A line that can be cut: a TCP proxy between a process and its database.

`cut` refuses new connections and breaks the open ones, as a database that is gone; `hang` keeps them open and lets
nothing through, as a network that swallows packets; `mend` ends both.
"""

from __future__ import annotations

import asyncio
import contextlib


class Line:
    """Listens on a free port and passes everything on to `host:port`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0
        self.cuts = 0

    async def open(self) -> None:
        """Listen; on the same port again after a cut."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """The other side is gone."""
        self.cuts += 1
        if self._server is not None:
            self._server.close()
            self._server = None
        for pipe in tuple(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    def hang(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self.cuts += 1
        self._flows.clear()

    def resume(self) -> None:
        """What was held up goes on."""
        self._flows.set()

    async def mend(self) -> None:
        """All is well again."""
        self.resume()
        if self._server is None:
            await self.open()

    async def close(self) -> None:
        """Stop listening."""
        await self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        there: asyncio.StreamWriter | None = None
        try:
            back, there = await asyncio.open_connection(*self._target)
            both = [asyncio.create_task(self._pass_on(reader, there)), asyncio.create_task(self._pass_on(back, writer))]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in both:
                    one.cancel()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._pipes.discard(task)
            for end in (writer, there):
                if end is not None:
                    with contextlib.suppress(OSError, RuntimeError):
                        end.transport.abort()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
