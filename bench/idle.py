"""Widgets that are open and silent: what each costs the edge, and whether a customer is still answered meanwhile.

The widgets live in processes of their own (`python -m bench.idle`), each on a loopback address of its own, so that no
side runs out of ports. One that loses its socket is counted: the figure is for those still connected at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import aiohttp
import msgspec

from bench.klartext import Klartext, plain_environment
from bench.load import percentile, talk
from bench.processes import allow_many_files
from bot.settings import ROOT

_OPENING_AT_ONCE = 16
_SETTLE = 3.0


@dataclass(frozen=True)
class Idle:
    """What was found."""

    asked: int
    connected: int
    # Bytes of the edge for each connection: resident, and without what is shared.
    rss_each: float
    pss_each: float | None
    # Widgets opened per second.
    opening_rate: float
    # Seconds, for a customer who talks while all are open.
    p50: float
    p99: float


async def measure_idle(
    klartext: Klartext, widgets: int, clients: int, answers: int, on_widgets: Callable[[int], None]
) -> Idle:
    """Open widgets, let one more customer talk, and look at the edge before and after."""
    edge = klartext.processes["edge"]
    await talk(klartext, 5, "Hallo", "de", lambda: None)
    before = edge.memory()
    loop = asyncio.get_running_loop()
    began = loop.time()
    crowds = [await _start(klartext, number, widgets // clients) for number in range(clients)]
    try:
        await asyncio.gather(*(_until_open(crowd, on_widgets) for crowd in crowds))
        seconds = loop.time() - began
        await asyncio.sleep(_SETTLE)
        waits = await talk(klartext, answers, "Hallo", "de", lambda: None)
        after = edge.memory()
        connected = sum([await _count(crowd) for crowd in crowds])
    finally:
        for crowd in crowds:
            if crowd.returncode is None:
                crowd.kill()
            await crowd.wait()
    shared = before.pss is None or after.pss is None
    return Idle(
        asked=widgets // clients * clients,
        connected=connected,
        rss_each=(after.rss - before.rss) / max(1, connected),
        pss_each=None if shared else (after.pss - before.pss) / max(1, connected),
        opening_rate=connected / seconds,
        p50=median(waits),
        p99=percentile(waits, 99),
    )


async def _start(klartext: Klartext, number: int, widgets: int) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "bench.idle", "--url", klartext.place.url, "--widgets", str(widgets)]
    return await asyncio.create_subprocess_exec(
        *command,
        *("--address", f"127.0.0.{number + 2}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**plain_environment(), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )


async def _until_open(crowd: asyncio.subprocess.Process, on_widgets: Callable[[int], None]) -> None:
    assert crowd.stdout is not None
    while (line := (await crowd.stdout.readline()).decode().strip()) != "open":
        if not line:
            raise RuntimeError("a process of idle widgets ended")
        on_widgets(int(line))


async def _count(crowd: asyncio.subprocess.Process) -> int:
    """Ask how many of its widgets are still connected."""
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    crowd.stdin.write(b"\n")
    await crowd.stdin.drain()
    return int(await crowd.stdout.readline())


# --- the process of the widgets ---


async def _be_idle(url: str, widgets: int, address: str) -> None:
    gate = asyncio.Semaphore(_OPENING_AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0, local_addr=(address, 0))
    sockets: list[aiohttp.ClientWebSocketResponse] = []
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:

        async def open_one() -> asyncio.Task[None]:
            async with gate:
                ws = await http.ws_connect(f"{url}/widget/ws")
                await ws.send_str(msgspec.json.encode({"type": "hello", "v": 1, "locale": "de"}).decode())
                while (await ws.receive_json())["type"] != "event":
                    pass
            sockets.append(ws)
            if len(sockets) % 100 == 0:
                _say("100")
            # At once, as a browser does: the first ones are asked for a sign of life before the last ones are open.
            return asyncio.create_task(_until_closed(ws))

        readers = await asyncio.gather(*(open_one() for _ in range(widgets)))
        _say("open")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        _say(str(sum(not reader.done() for reader in readers)))
        await asyncio.sleep(600)


async def _until_closed(ws: aiohttp.ClientWebSocketResponse) -> None:
    """Read, which answers the server's pings, until the socket is closed."""
    async for _ in ws:
        pass


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Open widgets and keep them open until killed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--widgets", type=int, required=True)
    parser.add_argument("--address", required=True)
    arguments = parser.parse_args()
    allow_many_files()
    asyncio.run(_be_idle(arguments.url, arguments.widgets, arguments.address))


if __name__ == "__main__":
    main()
