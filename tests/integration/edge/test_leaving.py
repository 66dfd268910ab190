"""Leaving and being answered elsewhere, with nothing lost; and "seen" only where a person had it on screen."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.store.cases import cases
from bot.store.log import messages_after, read_conversation
from tests.integration.edge.conftest import Agent, Customer, Edge

MAIL = {"way": "mail", "contact": "eva.kern@example.org"}


async def _leave(edge: Edge, token: str | None, **body: object) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{edge.base}/widget/leave", json={"client_id": "leave-1", **MAIL, **body}) as response,
    ):
        return response.status, await response.json()


async def _stored(edge: Edge, conversation: str) -> tuple[list[str], list[str], str]:
    async with edge.services.store.read() as unit:
        said = [f"{one.author.kind.value}: {one.text}" for one in await messages_after(unit, conversation, 0)]
        made = [case.number for case in await cases(unit, conversation)]
        row = await read_conversation(unit, conversation)
    assert row is not None
    return said, made, row.holder.value


async def _waits(customer: Customer) -> dict[str, Any]:
    """Asks for a person; the notice with its choices."""
    await customer.hello()
    await customer.say("Mein Internet ist weg")
    await customer.event("Echo")
    # Without waiting for its acknowledgement: both commit at once, and the notice may be there first.
    ask = {"type": "msg", "client_id": uuid.uuid4().hex, "text": "Mensch", "payload": customer.welcome["human"]}
    await customer.send(ask)
    while True:
        event = await customer.frame("event")
        if event["kind"] == "notice":
            return event


@asynccontextmanager
async def _desk(edge: Edge, agent: Agent) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """The agent's socket, as the page opens it."""
    origin = {"Origin": edge.base}
    async with agent.session.ws_connect(f"{edge.base}/desk/ws", headers=origin) as ws:
        await ws.send_json({"type": "hello", "v": 1, "position": 0})
        yield ws


@pytest.mark.parametrize(
    ("way", "contact"),
    [("mail", "eva.kern@example.org"), ("phone", "0345 1234567"), ("whatsapp", "+49 151 12345678")],
)
async def test_the_wish_is_in_the_log_and_the_request_is_one_case(edge: Edge, way: str, contact: str) -> None:
    async with edge.agent(), edge.customer() as customer:
        notice = await _waits(customer)
        assert "leave" in {button.get("opens") for button in notice["buttons"]}
        token, conversation = customer.welcome["token"], customer.welcome["conversation"]
        receipts = await asyncio.gather(*(_leave(edge, token, way=way, contact=contact) for _ in range(3)))
        assert {status for status, _ in receipts} == {200}
        assert len({answer["message_id"] for _, answer in receipts}) == 1, "sent three times, one wish"
        said, made, holder = await _stored(edge, conversation)
        assert sum(contact in line for line in said) == 1
        assert "customer: Mein Internet ist weg" in said
        assert len(made) == 1
        assert any(line.startswith("system:") and made[0] in line for line in said)
        assert holder == "bot"
        await customer.say("Danke")
        await customer.event("Echo: Danke")


@pytest.mark.parametrize("contact", ["", "eva", "eva@", "123", "x" * 300 + "@example.org"])
async def test_where_nobody_can_be_reached_nothing_changes(edge: Edge, contact: str) -> None:
    async with edge.agent(), edge.customer() as customer:
        await _waits(customer)
        before = await _stored(edge, customer.welcome["conversation"])
        status, answer = await _leave(edge, customer.welcome["token"], contact=contact)
        assert (status, answer["code"]) == (422, "contact")
        assert await _stored(edge, customer.welcome["conversation"]) == before
        assert (await _leave(edge, None))[0] == 401
        assert (await _leave(edge, customer.welcome["token"], way="pigeon"))[0] == 400


async def test_who_was_taken_over_meanwhile_has_the_wish_with_the_person(edge: Edge) -> None:
    async with edge.agent() as agent, edge.customer() as customer:
        await _waits(customer)
        conversation = customer.welcome["conversation"]
        _, found = await agent.get(f"conversations/{conversation}")
        status, _ = await agent.post(f"conversations/{conversation}/claim", {"epoch": found["summary"]["epoch"]})
        assert status == 200
        made = (await _stored(edge, conversation))[1]
        assert (await _leave(edge, customer.welcome["token"]))[0] == 200
        said, now_made, holder = await _stored(edge, conversation)
        assert (now_made, holder) == (made, "agent")
        assert MAIL["contact"] in said[-1]


async def test_seen_is_told_once_a_person_has_it_on_screen_and_not_before(edge: Edge) -> None:
    async with edge.agent() as agent, edge.customer() as customer:
        await _waits(customer)
        conversation, token = customer.welcome["conversation"], customer.welcome["token"]
        async with edge.services.store.read() as unit:
            row = await read_conversation(unit, conversation)
        assert row is not None
        assert row.seen_seq == 0, "delivered, listed, and seen by nobody"
        async with _desk(edge, agent) as ws:
            await ws.send_json({"type": "looking", "conversation": conversation, "active": True, "seq": 1})
            await agent.get(f"conversations/{conversation}")
            await asyncio.sleep(0.3)
            async with edge.customer() as other:
                assert (await other.hello(token))["seen"] <= 1, "no word of hers was on screen"
            await ws.send_json({"type": "looking", "conversation": conversation, "active": True, "seq": row.head_seq})
            while (await customer.frame("seen"))["seq"] < row.head_seq:
                pass
            # More than there is cannot be seen.
            await customer.say("Noch etwas")
            await ws.send_json({"type": "looking", "conversation": conversation, "active": True, "seq": 10**6})
            told = (await customer.frame("seen"))["seq"]
        async with edge.customer() as other:
            welcome = await other.hello(token)
            assert (welcome["seen"], told <= welcome["head_seq"]) == (told, True)


async def test_an_agent_of_another_team_has_not_seen_it(edge: Edge) -> None:
    async with edge.agent() as agent, edge.customer() as customer:
        await _waits(customer)
        conversation = customer.welcome["conversation"]
        async with edge.services.store.write() as unit:
            opened = await edge.services.conversations.open(unit, conversation)
            opened.row.team = "nobodys"
            await opened.save()
        async with _desk(edge, agent) as ws:
            await ws.send_json({"type": "looking", "conversation": conversation, "active": True, "seq": 3})
            await asyncio.sleep(0.3)
        async with edge.services.store.read() as unit:
            row = await read_conversation(unit, conversation)
        assert row is not None
        assert row.seen_seq == 0
