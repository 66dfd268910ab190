"""A brain that says what a test wants: a real HTTP server that speaks the brain link's wire format.

`python -m tests.fakes.brain --port 5005` runs one as a process of its own, moody on request: late now and then, failing
now and then. What it answers depends on the question alone, so that a question asked again gets the same answer.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.service.brain_protocol import Button, Failure, Handover, HandoverReason, Reply, TurnRequest, TurnResponse

Answer = Callable[[TurnRequest], Awaitable[TurnResponse]]


async def echo(request: TurnRequest) -> TurnResponse:
    """Repeats what it got; hands over when it is asked for a person."""
    said = request.text or request.payload or ""
    if "Mensch" in said:
        return TurnResponse(handover=Handover(reason="customer_request"), language=request.locale)
    return TurnResponse(replies=[Reply(text=f"Echo: {said}")], language=request.locale)


async def repeat_each_line(request: TurnRequest) -> TurnResponse:
    """One reply for each line of the question, with its text in it; buttons with the last; a person where asked for."""
    lines = (request.text or request.payload or "").splitlines()
    replies = [Reply(text=f"Zu «{line}»: gelesen.") for line in lines]
    replies[-1].buttons = [Button(title="Mehr dazu", payload="/help"), Button(title="Danke", payload="/thank")]
    wants_person = any("Mensch" in line for line in lines)
    return TurnResponse(
        replies=replies,
        language=request.locale,
        handover=Handover(reason="customer_request") if wants_person else None,
    )


class Moods:
    """Wraps an answer: some are late, some fail before or after the answer was made."""

    def __init__(self, answer: Answer, dice: random.Random, *, late: float, failing: float, latest: float) -> None:
        self._answer = answer
        self._dice = dice
        # Shares of all answers, 0 to 1, and the longest wait in seconds.
        self._late, self._failing, self._latest = late, failing, latest

    async def __call__(self, request: TurnRequest) -> TurnResponse:
        await asyncio.sleep(self._dice.uniform(0.001, 0.05))
        if self._dice.random() < self._late:
            await asyncio.sleep(self._dice.uniform(0.1, self._latest))
        if self._dice.random() < self._failing:
            raise web.HTTPServiceUnavailable(text='{"error": "a mood"}', content_type="application/json")
        return await self._answer(request)


class FakeBrain:
    """Start it, point a `BrainClient` at `url`, and change `answer` or `status` as the test goes."""

    def __init__(self) -> None:
        self.answer: Answer = echo
        self.status = 200
        # With a status other than 200: why a person is needed if it lasts.
        self.reason: HandoverReason = "assistant_unavailable"
        self.requests: list[TurnRequest] = []
        self._may_answer = asyncio.Event()
        self._may_answer.set()
        self.app = web.Application()
        self.app.router.add_post("/webhooks/klartext/turn", self._turn)
        self.app.router.add_get("/webhooks/klartext/ready", self._ready)
        self._server = TestServer(self.app)

    @property
    def url(self) -> str:
        """Address of the server."""
        return str(self._server.make_url("")).rstrip("/")

    async def start(self) -> None:
        """Listen on a free port."""
        await self._server.start_server()

    async def close(self) -> None:
        """Be away."""
        await self._server.close()

    @contextmanager
    def thinking(self) -> Iterator[None]:
        """Let out no answer before the end of the block: what happens in it happens while the brain works."""
        self._may_answer.clear()
        try:
            yield
        finally:
            self._may_answer.set()

    async def _turn(self, request: web.Request) -> web.Response:
        turn = msgspec.json.decode(await request.read(), type=TurnRequest)
        self.requests.append(turn)
        await self._may_answer.wait()
        if self.status != 200:
            failure = Failure(error="on request of the test", reason=self.reason)
            return web.Response(status=self.status, body=msgspec.json.encode(failure), content_type="application/json")
        return web.Response(body=msgspec.json.encode(await self.answer(turn)), content_type="application/json")

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.Response()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--late", type=float, default=0.0, help="share of late answers")
    parser.add_argument("--latest", type=float, default=2.0, help="longest wait, in seconds")
    parser.add_argument("--failing", type=float, default=0.0, help="share of failed answers")
    arguments = parser.parse_args()
    brain = FakeBrain()
    brain.answer = Moods(
        repeat_each_line,
        random.Random(arguments.seed),
        late=arguments.late,
        failing=arguments.failing,
        latest=arguments.latest,
    )
    web.run_app(brain.app, host="127.0.0.1", port=arguments.port, print=None)


if __name__ == "__main__":
    main()
