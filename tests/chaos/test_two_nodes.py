"""Two edges and two workers as processes of their own, on real PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

import aiohttp
import pytest
import pytest_asyncio

from bench.chaos import audit
from bench.chaos.agents import AgentClient
from bench.chaos.scene import PASSWORD, Cast, Missing, Scene, open_scene
from bench.chaos.widget import WidgetClient
from bot.store.engine import Database

PATIENCE = 20.0
# Tests of one module share the running nodes: starting them takes longer than any test here.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def two_nodes(redis: Literal["runs", "away"] = "runs") -> AsyncIterator[Scene]:
    """The scene, with deadlines that no test here reaches and a brain in a steady mood."""
    cast = Cast(
        backend="postgresql",
        edges=2,
        workers=2,
        agents=1,
        redis=redis,
        brain_late=0.0,
        brain_failing=0.0,
        turn_deadline=60.0,
        queue_deadline=600.0,
        agent_deadline=600.0,
    )
    try:
        async with open_scene(cast) as scene:
            yield scene
    except Missing as missing:
        pytest.skip(str(missing))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    """Two nodes with everything they need."""
    async with two_nodes() as running:
        yield running


@asynccontextmanager
async def customer(http: aiohttp.ClientSession, *edges: str) -> AsyncIterator[WidgetClient]:
    """A customer's widget that is connected to one of these edges."""
    client = WidgetClient(http, edges, random.Random(1))
    connected = asyncio.create_task(client.run())
    try:
        assert await client.until(lambda: client.last_seq == 1, PATIENCE)
        yield client
    finally:
        connected.cancel()
        with suppress(asyncio.CancelledError):
            await connected


@asynccontextmanager
async def agent(scene: Scene, *edges: str) -> AsyncIterator[AgentClient]:
    """An agent who is logged in at these edges."""
    client = AgentClient(edges, scene.logins[0], PASSWORD, random.Random(2), absence=0)
    try:
        await client.log_in()
        yield client
    finally:
        await client.close()


def texts(client: WidgetClient) -> list[str]:
    return [client.record.seen[seq]["text"] for seq in sorted(client.record.seen)]


async def assert_all_is_well(scene: Scene, client: WidgetClient, *agents: AgentClient) -> None:
    """Nothing lost, nothing twice, in order, seen as stored, in this conversation and in the others of the scene."""
    database = Database.connect(scene.database_url)
    stored = await audit.read_all(database)
    await database.close()
    assert audit.examine(stored, [client.record], [one.shift for one in agents], marks=False).all() == []


async def test_a_customer_on_one_node_and_an_agent_on_the_other(scene: Scene) -> None:
    await talk_across_nodes(scene)


async def test_without_redis_everything_works_by_polling() -> None:
    async with two_nodes(redis="away") as scene:
        await talk_across_nodes(scene)


async def talk_across_nodes(scene: Scene) -> None:
    """A conversation between a customer and an agent on different nodes, of which the customer's dies."""
    async with (
        aiohttp.ClientSession() as http,
        customer(http, scene.edges[0]) as widget,
        agent(scene, scene.edges[1]) as anna,
    ):
        await widget.say("Ich möchte mit einem Menschen sprechen")
        assert await widget.until(lambda: widget.holder == "queue", PATIENCE)
        conversation = widget.record.conversation
        assert conversation is not None
        assert (await anna.insist(f"conversations/{conversation}/claim", {"epoch": 2}))[0] == 200
        assert len((await anna.reply(conversation, "Guten Tag", offers=2)).receipts) == 1
        assert await widget.until(lambda: "Guten Tag" in texts(widget), PATIENCE)
        dying = scene.of_kind("edge")[0]
        dying.kill()
        await dying.stop()
        # The client goes on at the other node, with a message on the way.
        await widget.say("Sind Sie noch da?")
        widget.move(scene.edges)
        assert await widget.until(widget.is_settled, PATIENCE)
        # The agent's desk still tries the dead node now and then, and repeats itself at the other.
        anna.move(scene.edges)
        assert (await anna.reply(conversation, "Ja, ich bin da")).receipts
        assert (await anna.insist(f"conversations/{conversation}/handback", {"note": None}))[0] == 200
        await widget.say("Danke")
        assert await widget.until(lambda: "Zu «Danke»: gelesen." in texts(widget), PATIENCE)
        said = texts(widget)
        assert [said.count(text) for text in ("Guten Tag", "Sind Sie noch da?", "Ja, ich bin da")] == [1, 1, 1]
        await assert_all_is_well(scene, widget, anna)
        dying.start()
        await dying.wait_ready(60)


@pytest.mark.parametrize("way", ["refuses", "is silent"])
async def test_without_the_database_nothing_is_acknowledged_and_nothing_is_lost(scene: Scene, way: str) -> None:
    async with aiohttp.ClientSession() as http, customer(http, *scene.edges) as widget:
        assert scene.line is not None
        await widget.say("vorher")
        assert await widget.until(lambda: "Zu «vorher»: gelesen." in texts(widget), PATIENCE)
        if way == "refuses":
            await scene.line.cut()
        else:
            scene.line.hang()
        waiting = [await widget.say(f"währenddessen {number}") for number in range(3)]
        assert not await widget.until(widget.is_settled, 2.0)
        assert not any(widget.record.sent[client_id].receipts for client_id in waiting)
        await scene.line.mend()
        assert await widget.until(widget.is_settled, PATIENCE)
        answers = [f"Zu «währenddessen {number}»: gelesen." for number in range(3)]
        assert await widget.until(lambda: set(answers) <= set(texts(widget)), PATIENCE)
        assert [texts(widget).count(answer) for answer in answers] == [1, 1, 1]
        await assert_all_is_well(scene, widget)
