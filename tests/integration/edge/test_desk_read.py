"""What an agent has read is read on every device of theirs, and kept without a write for each step of scrolling."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.store.reads import forget_read_of_closed
from bot.store.wakeup import Hint
from tests.integration.edge.conftest import Agent, Customer, Edge


@asynccontextmanager
async def _desk(agent: Agent) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with agent.session.ws_connect(f"{agent.base}/desk/ws", headers={"Origin": agent.base}) as ws:
        await ws.send_json({"type": "hello", "v": 1, "position": 0})
        yield ws


async def _frame(ws: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = await asyncio.wait_for(ws.receive_json(), 10)
        if frame["type"] == kind:
            return frame


async def _waits(customer: Customer) -> str:
    conversation: str = (await customer.hello())["conversation"]
    await customer.say("Mensch bitte")
    await customer.event("Team")
    return conversation


async def _looks(ws: aiohttp.ClientWebSocketResponse, conversation: str, *places: int) -> None:
    for seq in places:
        await ws.send_json({"type": "looking", "conversation": conversation, "active": False, "seq": seq})
    await ws.send_json({"type": "ping"})
    await _frame(ws, "pong")


async def test_what_was_read_here_is_read_on_the_other_device_and_kept_once(edge: Edge) -> None:
    hints: list[Hint] = []
    edge.services.store.wakeup.subscribe(hints.append)
    async with edge.customer() as customer, edge.agent() as here, edge.agent() as there:
        conversation = await _waits(customer)
        assert (await here.get("read"))[1] == {"read": {}}
        async with _desk(here) as window, _desk(there) as other:
            await _frame(other, "welcome")
            await _looks(window, conversation, 1, 2, 3)
            assert await _frame(other, "read") == {"type": "read", "conversation": conversation, "seq": 3}
            # What was read before is not unread again.
            await _looks(other, conversation, 2)
            assert (await there.get("read"))[1] == {"read": {conversation: 3}}
    # One write for all of it.
    assert [hint.read for hint in hints if hint.read_by] == [3]


async def test_what_was_read_last_is_kept_when_the_window_closes(edge: Edge) -> None:
    await edge.services.agents.add("dora", "Dora Lang", "agent", "ein-gutes-passwort")
    async with edge.customer() as customer, edge.agent() as anna, edge.agent("dora") as dora:
        conversation = await _waits(customer)
        async with _desk(anna) as window:
            await _looks(window, conversation, 3)
        for _ in range(50):
            if (await anna.get("read"))[1]["read"]:
                break
            await asyncio.sleep(0.05)
        assert (await anna.get("read"))[1] == {"read": {conversation: 3}}
        assert (await dora.get("read"))[1] == {"read": {}}
        assert (await anna.post(f"conversations/{conversation}/claim", {"epoch": 2}))[0] == 200
        assert (await anna.post(f"conversations/{conversation}/close", {"reason": "other"}))[0] == 200
        assert (await anna.get("read"))[1] == {"read": {}}
        async with edge.services.store.write() as unit:
            assert await forget_read_of_closed(unit, 10) == 1


async def test_what_is_not_theirs_to_see_is_not_kept_as_read(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as anna:
        conversation = await _waits(customer)
        async with _desk(anna) as window:
            await _looks(window, "no-such-conversation", 3)
            await _looks(window, conversation, 2)
        for _ in range(50):
            if (await anna.get("read"))[1]["read"]:
                break
            await asyncio.sleep(0.05)
        assert (await anna.get("read"))[1] == {"read": {conversation: 2}}
