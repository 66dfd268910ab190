"""From the customer's press on the button for a person to the frame on the agent's socket that shows it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import aiohttp
import msgspec

from bench.assistants import Silence
from bench.klartext import LOGIN, PASSWORD, Klartext

_HEADER = {"X-Klartext-Desk": "1"}
_PATIENCE = 10.0


async def handovers(klartext: Klartext, count: int, on_one: Callable[[], None]) -> list[float]:
    """How long each of `count` handovers took to be seen, in seconds."""
    url = klartext.place.url
    waits: list[float] = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as desk:
        login = {"login": LOGIN, "password": PASSWORD}
        async with desk.post(f"{url}/desk/api/login", json=login, headers=_HEADER) as response:
            response.raise_for_status()
        async with desk.ws_connect(f"{url}/desk/ws", headers=_HEADER) as ws:
            await ws.send_json({"type": "hello", "v": 1, "position": 0})
            await ws.receive_json()
            customer = klartext.customer()
            for number in range(count):
                await customer.begin("en" if number % 5 == 0 else "de")
                began = time.perf_counter()
                await customer.press_person()
                await _until_queued(ws, customer.welcome["conversation"])
                waits.append(time.perf_counter() - began)
                on_one()
            await customer.leave()
    return waits


async def _until_queued(ws: aiohttp.ClientWebSocketResponse, conversation: str) -> None:
    while True:
        message = await asyncio.wait_for(ws.receive(), _PATIENCE)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Silence("the desk's socket closed")
        frame = msgspec.json.decode(message.data)
        if frame["type"] == "change":
            summary = frame["summary"]
            if summary["id"] == conversation and summary["holder"] == "queue":
                return
