"""HTTP: the contract is complete, the server is strict, and whatever goes wrong on the way is a typed error in time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web
from crm_bench import Bench, serving

from actions.crm.connect import connect
from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.http_api import openapi
from actions.crm.http_api.client import HttpCrm
from actions.crm.http_api.contract import OPERATIONS, REJECTED, Problem
from actions.crm.http_api.server import create_app
from actions.crm.models import Identifier, NewTicket
from actions.crm.repository import CrmRepository
from actions.crm.transport import TRIP_AFTER, HttpTransport

ROOT = Path(__file__).parents[3]
VOGEL = Identifier(kind="number", value="2048173")
Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Switchable:
    """A server that answers as it is told, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.reply: Reply = self.well
        self.app = web.Application()
        self.app.router.add_route("*", "/{path:.*}", self._handle)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        return await self.reply(request)

    async def well(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"null", content_type="application/json")

    def answer(self, status: int, body: bytes) -> None:
        async def reply(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, body=body)

        self.reply = reply


@pytest.fixture
async def server() -> AsyncIterator[Switchable]:
    switchable = Switchable()
    async with serving(switchable.app) as switchable.address:
        yield switchable


@pytest.fixture
async def crm(server: Switchable) -> AsyncIterator[HttpCrm]:
    """A client that gives up after a second and rests for 0.8."""
    client = HttpCrm(HttpTransport("test", server.address, {}, time_limit=1.0, rest=0.8))
    yield client
    await client.close()


def test_the_document_beside_the_docs_is_the_contract() -> None:
    written = (ROOT / "docs" / "crm-openapi.json").read_text(encoding="utf-8")
    is_current = written == openapi.text()
    assert is_current, "python -m actions.crm.http_api.openapi > docs/crm-openapi.json"
    described = {path["post"]["operationId"] for path in msgspec.json.decode(written)["paths"].values()}
    protocol = {name for name, _ in inspect.getmembers(CrmRepository, inspect.iscoroutinefunction)}
    assert described == protocol - {"close"}


def test_the_client_has_the_protocols_signatures() -> None:
    for verb in OPERATIONS:
        assert inspect.signature(getattr(HttpCrm, verb)) == inspect.signature(getattr(CrmRepository, verb))


async def test_a_customer_without_contract_two_contracts_a_blocked_account_and_an_invoice_of_zero(bench: Bench) -> None:
    assert await bench.crm.contracts("2063381") == []
    assert await bench.crm.invoices("2063381") == []
    overview = await bench.crm.overview("2063381")
    assert overview is not None and overview.value.contracts == () and overview.value.open_invoice is None
    assert {fact.record for fact in await bench.crm.contracts("2051926")} == {"V-205192", "V-205193"}
    blocked = await bench.crm.find_customer(Identifier(kind="number", value="2070542"))
    assert blocked is not None and blocked.value.blocked
    zero = (await bench.crm.invoices("2081135", limit=1))[0].value
    assert zero.amount_cents == 0 and zero.paid_at == zero.issued


# --- the server ---


async def test_the_server_is_strict(sqlite_url: str) -> None:
    bench = Bench(sqlite_url)
    async with serving(create_app(bench.sql, "right")) as address, aiohttp.ClientSession() as session:

        async def post(path: str, body: bytes, token: str = "right") -> tuple[int, Problem | None]:
            headers = {"Authorization": f"Bearer {token}"}
            async with session.post(address + path, data=body, headers=headers) as response:
                if response.status == 200:
                    return 200, None
                assert response.content_type == "application/problem+json"
                return response.status, msgspec.json.decode(await response.read(), type=Problem)

        assert (await post("/v1/contract", b'{"number":"V-204817"}'))[0] == 200
        for token in ("", "wrong", "righ", "rightt", "rïght"):
            assert (await post("/v1/contract", b'{"number":"V-204817"}', token))[0] == 401
        for body in (b"", b"[]", b'{"number":1}', b'{"number":"x","more":1}', b"\xff", b'{"number":'):
            status, problem = await post("/v1/contract", body)
            assert status == 400 and problem is not None and problem.title
        assert (await post("/v1/drop-tables", b"{}"))[0] == 404
        assert (await post("/v1/contract", b" " * 2**21))[0] == 413
        status, problem = await post(
            "/v1/open-ticket",
            b'{"new":{"kind":"fault","description":"","contract_number":"V-0"},"idempotency_key":"k"}',
        )
        assert status == 422 and problem is not None and problem.type == "urn:klartext:crm:rejected"
        async with session.get(address + "/openapi.json", headers={"Authorization": "Bearer right"}) as response:
            assert await response.text() == openapi.text()


def test_no_server_without_a_token(sqlite_url: str) -> None:
    with pytest.raises(ValueError, match="token"):
        create_app(Bench(sqlite_url).sql, "")


async def test_a_database_that_is_away_behind_the_server(tmp_path: Path) -> None:
    missing = connect(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}")
    async with serving(create_app(missing, "t")) as address:
        crm = connect(address, token="t")
        with pytest.raises(CrmUnavailable):
            await crm.ping()
        wrong = connect(address, token="other")
        with pytest.raises(CrmUnavailable, match="access refused"):
            await wrong.ping()
        await crm.close()
        await wrong.close()


# --- the client ---


async def test_a_reading_call_is_repeated_and_a_counting_one_is_not(server: Switchable, crm: HttpCrm) -> None:
    async def fails_once(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503) if server.asked == 1 else await server.well(request)

    server.reply = fails_once
    assert await crm.contract("V-204817") is None
    assert server.asked == 2
    server.asked = 0
    with pytest.raises(CrmUnavailable):
        await crm.check_code("c", 1, "000000")
    assert server.asked == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Welcome</html>"),
        (200, b'{"value":{"number":"V-1"},"record":"V-1","as_of":"2026-11-21T12:00:00Z"}'),  # half a contract
        (200, b"\xff\xfe"),
        (200, b""),
        (302, b""),
        (400, b"{}"),
        (401, b"no"),
        (404, b"null"),  # a wrong address is no contract that does not exist
        (422, b"{}"),  # nobody said "rejected"
    ],
)
async def test_wrong_data_and_refusals_are_unavailable_and_not_repeated(
    server: Switchable, crm: HttpCrm, status: int, body: bytes
) -> None:
    server.answer(status, body)
    for _ in range(TRIP_AFTER + 1):
        with pytest.raises(CrmUnavailable):
            await crm.contract("V-204817")
    assert server.asked == TRIP_AFTER + 1  # the system is up: the breaker stays closed


async def test_a_rejection_is_the_systems_own_word(server: Switchable, crm: HttpCrm) -> None:
    said = Problem(type=REJECTED, title="Rejected", status=422, detail="no such customer")
    server.answer(422, msgspec.json.encode(said))
    with pytest.raises(CrmRejected, match="no such customer"):
        await crm.open_ticket(NewTicket(kind="fault", description="x"), idempotency_key="a")


async def test_slow_is_unavailable_in_time_and_nobody_listening_too(server: Switchable, crm: HttpCrm) -> None:
    gone = asyncio.Event()

    async def never(_request: web.Request) -> web.StreamResponse:
        await gone.wait()
        return web.Response()

    server.reply = never
    with pytest.raises(CrmUnavailable, match="no answer within"):
        await crm.find_customer(VOGEL)
    gone.set()
    nobody = connect("http://127.0.0.1:1")
    with pytest.raises(CrmUnavailable) as caught:
        await nobody.find_customer(VOGEL)
    assert "2048173" not in str(caught.value)
    await nobody.close()


async def test_a_connection_that_breaks_in_the_middle(server: Switchable, crm: HttpCrm) -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.abort()
        return response

    server.reply = breaks
    with pytest.raises(CrmUnavailable):
        await crm.ping()


async def test_the_breaker_spares_a_system_that_is_down_and_tries_it_again(server: Switchable, crm: HttpCrm) -> None:
    server.answer(500, b"")
    while server.asked < TRIP_AFTER:
        with pytest.raises(CrmUnavailable):
            await crm.ping()
    for _ in range(3):
        with pytest.raises(CrmUnavailable, match="resting"):
            await crm.ping()
    assert server.asked == TRIP_AFTER
    await asyncio.sleep(0.85)
    with pytest.raises(CrmUnavailable):
        await crm.ping()  # half open: one try, and it fails
    assert server.asked == TRIP_AFTER + 1
    with pytest.raises(CrmUnavailable, match="resting"):
        await crm.ping()
    await asyncio.sleep(0.85)
    server.reply = server.well
    await crm.ping()
    await crm.ping()
    assert server.asked == TRIP_AFTER + 3


async def test_connections_are_reused(server: Switchable, crm: HttpCrm) -> None:
    ports = set()

    async def notes(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return await server.well(request)

    server.reply = notes
    for _ in range(5):
        await crm.ping()
    assert len(ports) == 1
