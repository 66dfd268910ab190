"""`python -m bench.whatsapp`: how long a WhatsApp webhook waits for its acknowledgement while much is being worked off.

The real edge with its workers, on SQLite in a folder of its own or on an empty PostgreSQL database (`--database`),
beside the stand-in of the provider and a brain that echoes. First many items are taken in at once, from as many
customers. While the workers apply and answer them, single webhooks come in one after the other, and each is timed from
the request to the answer, which comes after the commit; websites' customers send files of the largest size all the
while. Client, edge, brain and provider share one process here: the figures are no better than on a machine of the
edge's own.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import aiohttp
import msgspec
import sqlalchemy as sa
import typer
from aiohttp import web
from rich.console import Console

from bench.machine import Machine
from bot.bootstrap import Services
from bot.conversation.files import LIMITS
from bot.service.brain_protocol import Reply, TurnRequest, TurnResponse
from bot.settings import Settings, database_address
from bot.store.whatsapp_tables import item
from connectors.edge import SERVICES, create_app
from connectors.whatsapp.channel import PATH
from connectors.whatsapp.standin import StandIn, Webhooks

GOAL = 0.050  # seconds, median
_SECRET, _PHONE, _TOKEN = "secret", "106540352242922", "token"
console = Console(highlight=False)


@dataclass(frozen=True)
class Figures:
    """What was measured. Times in seconds."""

    waited: list[float]  # for each acknowledgement
    waiting: list[int]  # items that waited to be applied when each request was sent
    batch: float  # for the acknowledgement of all the items at once
    uploads: list[float]  # for each file

    @property
    def median(self) -> float:
        """Half of the acknowledgements came sooner."""
        return statistics.median(self.waited)


def main(
    waiting: Annotated[int, typer.Option(help="Items that wait to be applied.")] = 1000,
    requests: Annotated[int, typer.Option(help="Webhooks that are timed.")] = 300,
    files: Annotated[bool, typer.Option(help="Customers of the website send large files meanwhile.")] = True,
    database: Annotated[
        str | None, typer.Option(help="Address of an empty PostgreSQL; else SQLite, made anew.")
    ] = None,
) -> None:
    """Measure, and exit with 1 where the goal is missed."""
    machine = Machine.look()
    console.print(machine.describe())
    address = None if database is None else database_address("DATABASE_URL", database)
    console.print("SQLite" if address is None else address.partition("+")[0])
    figures = asyncio.run(measure(waiting, requests, files=files, database_url=address))
    ordered = sorted(figures.waited)
    console.print(
        f"{len(ordered)} acknowledgements, with {max(figures.waiting)} to {min(figures.waiting)} items waiting: "
        f"median {figures.median * 1000:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms, "
        f"longest {ordered[-1] * 1000:.1f} ms; {waiting} items in one webhook {figures.batch * 1000:.0f} ms; "
        f"{len(figures.uploads)} files of {LIMITS['document'] // 2**20} MiB sent meanwhile"
    )
    if figures.median >= GOAL:
        console.print(f"[red]The goal is a median under {GOAL * 1000:.0f} ms.[/red]")
        sys.exit(1)


async def measure(waiting: int, requests: int, *, files: bool, database_url: str | None = None) -> Figures:
    """One run on a database without anything in it."""
    with tempfile.TemporaryDirectory() as folder:
        async with _edge(Path(folder), database_url) as (base, services, standin):
            hooks = standin.webhooks
            hooks.address = base + PATH
            numbers = _writing(standin)
            began = time.perf_counter()
            await hooks.deliver(_body([next(numbers) for _ in range(waiting)]))
            batch = time.perf_counter() - began
            uploads: list[float] = []
            sending = [asyncio.create_task(_send_files(base, uploads))] if files else []
            waited, left = [], []
            for _ in range(requests):
                left.append(await _waiting(services))
                body = _body([next(numbers)])
                began = time.perf_counter()
                status = await hooks.attempt(body)
                waited.append(time.perf_counter() - began)
                if status != 200:
                    raise RuntimeError(f"a webhook was answered with {status}")
            for task in sending:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            return Figures(waited=waited, waiting=left, batch=batch, uploads=uploads)


@asynccontextmanager
async def _edge(folder: Path, database_url: str | None) -> AsyncIterator[tuple[str, Services, StandIn]]:
    """The edge with everything around it: its address, its services, and the provider."""
    hooks = Webhooks(_SECRET, _PHONE)
    standin = StandIn(hooks, phone_number_id=_PHONE, token=_TOKEN)
    await standin.start()
    brain = web.Application()
    brain.router.add_post("/webhooks/klartext/turn", _echo)
    brain_runner = await _served(brain)
    settings = replace(
        Settings(),
        var=folder,
        demo=False,
        database_url=database_url or f"sqlite+aiosqlite:///{folder / 'klartext.db'}",
        crm_url=f"sqlite+aiosqlite:///{folder / 'crm.db'}",
        brain_url=_address(brain_runner),
        message_rate=1_000_000,
        whatsapp_phone_number_id=_PHONE,
        whatsapp_access_token=_TOKEN,
        whatsapp_app_secrets=(_SECRET,),
        whatsapp_verify_token=_TOKEN,
        whatsapp_api_base=standin.url,
    )
    app = create_app(settings)
    runner = await _served(app)
    try:
        yield _address(runner), app[SERVICES], standin
    finally:
        await runner.cleanup()
        await brain_runner.cleanup()
        await standin.close()
        await hooks.close()


def _writing(standin: StandIn) -> Iterator[str]:
    """Numbers of customers who write now, so that they can be answered."""
    for count in itertools.count(1):
        number = f"49151{count:08d}"
        standin.wrote_at[number] = time.time()
        yield number


async def _served(app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def _address(runner: web.AppRunner) -> str:
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _echo(request: web.Request) -> web.Response:
    turn = msgspec.json.decode(await request.read(), type=TurnRequest)
    answer = TurnResponse(replies=[Reply(text=f"Echo: {turn.text or turn.payload}")])
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


async def _send_files(base: str, took: list[float]) -> None:
    """One customer of the website after the other sends a file of the largest size."""
    content = b"%PDF-1.7\n" + bytes(LIMITS["document"] - 9)
    async with aiohttp.ClientSession() as http:
        while True:
            async with http.ws_connect(f"{base}/widget/ws") as ws:
                await ws.send_json({"type": "hello", "v": 1, "token": None, "last_seq": 0, "locale": "de"})
                token = (await ws.receive_json())["token"]
            form = aiohttp.FormData({"client_id": uuid.uuid4().hex})
            form.add_field("file", content[:-16] + uuid.uuid4().bytes, filename="x.pdf")
            began = time.perf_counter()
            headers = {"Authorization": f"Bearer {token}"}
            async with http.post(f"{base}/widget/files", data=form, headers=headers) as response:
                if response.status != 200:
                    raise RuntimeError(await response.text())
            took.append(time.perf_counter() - began)


async def _waiting(services: Services) -> int:
    async with services.store.read() as unit:
        found = await unit.connection.execute(sa.select(sa.func.count()).where(item.c.state == "new"))
        return int(found.scalar_one())


def _body(numbers: list[str]) -> bytes:
    """One webhook with a message of each of these."""
    now = str(int(time.time()))
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4939100000", "phone_number_id": _PHONE},
        "contacts": [{"profile": {"name": "Gast"}, "wa_id": number} for number in numbers],
        "messages": [
            {
                "from": number,
                "id": f"wamid.{uuid.uuid4().hex}",
                "timestamp": now,
                "type": "text",
                "text": {"body": "Mein Internet geht nicht"},
            }
            for number in numbers
        ],
    }
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})


if __name__ == "__main__":
    typer.run(main)
