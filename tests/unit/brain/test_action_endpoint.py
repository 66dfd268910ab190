"""Every call of the action server that brought nothing usable is on the turn's record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from jsonschema import ValidationError, validate
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.brain.action_check import problem
from bot.brain.action_endpoint import ActionEndpoint
from bot.brain.turn import ActionsAway, Turn, TurnFailed, begin
from bot.service.brain_protocol import TurnRequest

CALL = {"next_action": "action_x", "tracker": {}}


class FakeActionServer:
    """Answers as told; counts connections."""

    def __init__(self) -> None:
        self.answer: Any = {"events": [], "responses": []}
        self.status = 200
        self.delay = 0.0
        self.connections: set[Any] = set()
        self.requests: list[dict[str, Any]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(request.transport)
        self.requests.append(await request.json())
        await asyncio.sleep(self.delay)
        if isinstance(self.answer, str):
            return web.Response(text=self.answer, status=self.status)
        return web.json_response(self.answer, status=self.status)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeActionServer]:
    fake = FakeActionServer()
    app = web.Application()
    app.router.add_post("/webhook", fake.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
    yield fake
    await runner.cleanup()


@pytest_asyncio.fixture
async def endpoint(server: FakeActionServer) -> AsyncIterator[ActionEndpoint]:
    kept = ActionEndpoint.in_place_of(
        EndpointConfig("http://elsewhere/webhook", enable_selective_domain=True), server.url, 0.5
    )
    yield kept
    await kept.close()


@pytest.fixture
def turn() -> Turn:
    return Turn(TurnRequest(conversation_id="c", epoch=1, turn_id="t", session=1, text="x"))


async def test_a_usable_result_is_returned_and_timed_over_one_connection(
    server: FakeActionServer, endpoint: ActionEndpoint, turn: Turn
) -> None:
    begin(turn)
    for _ in range(3):
        assert await endpoint.request(json=CALL) == server.answer
    assert turn.failures == []
    assert [(call.action, call.result) for call in turn.action_calls] == [("action_x", "ok")] * 3
    assert all(call.milliseconds > 0 for call in turn.action_calls)
    assert len(server.connections) == 1
    assert server.requests == [CALL] * 3
    assert endpoint.kwargs == {"enable_selective_domain": True}


async def test_a_rejection_is_no_failure(server: FakeActionServer, endpoint: ActionEndpoint, turn: Turn) -> None:
    begin(turn)
    server.status, server.answer = 400, {"error": "not now", "action_name": "action_x"}
    with pytest.raises(ClientResponseError):
        await endpoint.request(json=CALL)
    assert turn.failures == []
    assert turn.action_calls[0].result == "rejected"


@pytest.mark.parametrize(
    ("status", "answer", "recorded"),
    [
        (500, {"error": "x"}, "HTTP 500"),
        (404, {"error": "x", "action_name": "action_x"}, "HTTP 404"),
        (400, {"error": "x"}, "HTTP 400"),
        (400, "not JSON", "HTTP 400"),
        (200, "not JSON", "DecodeError"),
        (200, "", "DecodeError"),
        (200, [], "unusable result"),
        (200, {"events": {}}, "unusable result"),
        (200, {"events": [{"event": "slot"}], "responses": ["x"]}, "unusable result"),
    ],
)
async def test_anything_else_is_a_failure(
    server: FakeActionServer, endpoint: ActionEndpoint, turn: Turn, status: int, answer: Any, recorded: str
) -> None:
    begin(turn)
    server.status, server.answer = status, answer
    with pytest.raises(Exception):  # noqa: B017 (whatever Rasa makes of it; the record is what counts)
        await endpoint.request(json=CALL)
    failure = str(turn.failures[0])
    assert [type(one) for one in turn.failures] == [TurnFailed]
    assert failure.startswith("action action_x: ")
    assert recorded in failure


async def test_too_slow_and_away_are_failures(server: FakeActionServer, endpoint: ActionEndpoint, turn: Turn) -> None:
    begin(turn)
    server.delay = 1.0
    with pytest.raises(aiohttp.ClientError):
        await endpoint.request(json=CALL)
    away = ActionEndpoint("http://127.0.0.1:1/webhook", 0.5)
    with pytest.raises(aiohttp.ClientConnectionError):
        await away.request(json=CALL)
    await away.close()
    assert str(turn.failures[0]) == "action action_x: no answer within 0.5 s"
    assert "Connector" in str(turn.failures[1])
    assert [type(one) for one in turn.failures] == [ActionsAway, ActionsAway]


async def test_outside_a_turn_nothing_is_recorded(server: FakeActionServer, endpoint: ActionEndpoint) -> None:
    assert await endpoint.request(json=CALL) == server.answer


async def test_a_closed_turn_is_not_written_to(server: FakeActionServer, endpoint: ActionEndpoint, turn: Turn) -> None:
    begin(turn)
    turn.closed = True
    await endpoint.request(json=CALL)
    assert turn.action_calls == []


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"events": [], "responses": []},
        {"events": [{"event": "slot", "name": "a", "value": None, "timestamp": None}]},
        {"events": [{"event": "slot", "name": 1}]},
        {"events": [{"event": "no such event"}]},
        {"events": [{}]},
        {"events": None},
        {"responses": [{"text": "x"}]},
        {"responses": ["x"]},
        [],
        None,
        "x",
    ],
)
def test_a_result_passes_exactly_if_it_passes_rasas_own_schema(result: Any) -> None:
    try:
        validate(result, RemoteAction.action_response_format_spec())
        passes = True
    except ValidationError:
        passes = False
    assert (problem(result) is None) == passes
