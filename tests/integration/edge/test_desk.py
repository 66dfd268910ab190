"""The desk's interface and socket, with a customer at the other end."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from bot.service.brain_protocol import KnownCustomer, Reply, TurnRequest, TurnResponse
from tests.integration.edge.conftest import Agent, Edge


async def _desk_socket(agent: Agent, position: int = 0) -> aiohttp.ClientWebSocketResponse:
    ws = await agent.session.ws_connect(f"{agent.base}/desk/ws")
    await ws.send_json({"type": "hello", "v": 1, "position": position})
    assert (await ws.receive_json())["type"] == "welcome"
    return ws


async def _change(ws: aiohttp.ClientWebSocketResponse, holder: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = await asyncio.wait_for(ws.receive_json(), 5)
        if frame["type"] == "change" and frame["summary"]["holder"] == holder:
            return frame


async def test_from_handover_to_handback(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as agent:
        ws = await _desk_socket(agent)
        await customer.hello()
        await customer.say("Ich will mit einem Menschen sprechen")
        change = await _change(ws, "queue")
        summary = change["summary"]
        assert summary["reason"]["code"] == "customer_request"
        _, waiting = await agent.get("conversations?view=waiting")
        assert [one["id"] for one in waiting["conversations"]] == [summary["id"]]
        _, detail = await agent.get(f"conversations/{summary['id']}")
        assert [event["seq"] for event in detail["events"]] == [1, 2, 3]
        assert [tenure["holder"] for tenure in detail["tenures"]] == ["bot", "queue"]
        assert detail["traces"][0]["outcome"] == "committed"
        status, _ = await agent.post(f"conversations/{summary['id']}/claim", {"epoch": summary["epoch"]})
        assert status == 200
        await customer.event("Anna Berger (Mensch) hat das Gespräch übernommen")
        for _ in range(2):
            status, sent = await agent.post(
                f"conversations/{summary['id']}/messages", {"client_id": "a1", "text": "Guten Tag"}
            )
            assert (status, sent["seq"]) == (200, 5)
        event = await customer.event("Guten Tag")
        assert event["author"] == {"kind": "human", "name": "Anna Berger"}
        await customer.say("Danke")
        await agent.post(f"conversations/{summary['id']}/handback", {"note": "erledigt"})
        await customer.event("an den Bot zurückgegeben")
        assert "kein Mensch" in (await customer.event("wieder der Bot"))["text"]
        assert all(request.text != "Danke" for request in edge.brain.requests)
        await ws.close()


async def test_a_second_claim_is_told_who_was_first(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as anna, edge.agent("ben") as ben:
        conversation_id = (await customer.hello())["conversation"]
        await customer.say("Mensch bitte")
        await customer.event("Team")
        assert (await anna.post(f"conversations/{conversation_id}/claim", {"epoch": 2}))[0] == 200
        status, body = await ben.post(f"conversations/{conversation_id}/claim", {"epoch": 2})
        assert (status, body["code"]) == (409, "already_claimed")
        assert "Anna Berger" in body["message"]
        status, body = await ben.post(f"conversations/{conversation_id}/messages", {"client_id": "b", "text": "Hallo"})
        assert (status, body["code"]) == (409, "not_holder")
        assert (await ben.post(f"conversations/{conversation_id}/handback"))[0] == 409


async def test_a_claim_of_what_has_changed_meanwhile_is_refused(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as anna:
        conversation_id = (await customer.hello())["conversation"]
        await customer.say("Mensch bitte")
        await customer.event("Team")
        status, body = await anna.post(f"conversations/{conversation_id}/claim", {"epoch": 1})
        assert (status, body["code"]) == (409, "outdated")


async def test_the_agent_sees_the_customer_from_the_crm_and_what_the_bot_tried(edge: Edge) -> None:
    from actions.crm.demo import demo_customers

    demo = demo_customers()[0]

    async def answer(_request: TurnRequest) -> TurnResponse:
        return TurnResponse(
            replies=[Reply(text="Bestätigt.")],
            customer=KnownCustomer(number=demo.number, name=demo.name, level="proven"),
        )

    edge.brain.answer = answer
    async with edge.customer() as customer, edge.agent() as anna:
        conversation_id = (await customer.hello())["conversation"]
        await customer.say("123456")
        await customer.event("Bestätigt")
        _, detail = await anna.get(f"conversations/{conversation_id}")
        assert detail["customer"]["customer"]["number"] == demo.number
        assert detail["summary"]["customer"]["level"] == "proven"
        edge.services.settings.var.joinpath("crm.db").rename(edge.services.settings.var / "away.db")
        await edge.services.crm.close()
        _, detail = await anna.get(f"conversations/{conversation_id}")
        assert detail["customer"] is None
        assert "Kundensystem" in detail["customer_error"]
        assert detail["events"]


async def test_a_desk_that_was_away_resumes_without_gap_or_repeat(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as agent:
        ws = await _desk_socket(agent)
        await customer.hello()
        await customer.say("eins")
        await customer.event("Echo: eins")
        position = 0
        while position < 3:
            position = (await asyncio.wait_for(ws.receive_json(), 5))["position"]
        await ws.close()
        await customer.say("zwei")
        await customer.event("Echo: zwei")
        ws = await _desk_socket(agent, position)
        seen = [(await asyncio.wait_for(ws.receive_json(), 5)) for _ in range(2)]
        assert [frame["position"] for frame in seen] == [position + 1, position + 2]
        assert [frame["event"]["text"] for frame in seen] == ["zwei", "Echo: zwei"]
        await ws.close()


async def test_a_wrong_login_says_the_same_for_known_and_unknown_and_locks_in_the_end(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        nobody = Agent(session, edge.base)
        wrong = await nobody.post("login", {"login": "anna", "password": "falsch"})
        unknown = await nobody.post("login", {"login": "niemand", "password": "falsch"})
        assert wrong == unknown
        assert wrong[0] == 401
        statuses = [(await nobody.post("login", {"login": "anna", "password": "falsch"}))[0] for _ in range(8)]
        assert statuses[-1] == 429
        assert (await nobody.post("login", {"login": "anna", "password": "x" * 500}))[0] == 400
        async with session.post(
            f"{edge.base}/desk/api/login", data=b"{", headers={"X-Klartext-Desk": "1", "Accept-Language": "en"}
        ) as response:
            assert (response.status, "could not be read" in (await response.json())["message"]) == (400, True)


async def test_another_websites_request_is_refused_although_the_agent_is_logged_in(edge: Edge) -> None:
    async with edge.agent() as agent:
        async with agent.session.post(f"{edge.base}/desk/api/logout") as response:
            assert response.status == 403
        assert (await agent.post("logout", Origin="https://evil.example"))[0] == 403
        assert (await agent.get("me"))[0] == 200


async def test_logging_out_closes_the_socket_and_the_session(edge: Edge) -> None:
    async with edge.agent() as agent:
        ws = await _desk_socket(agent)
        assert (await agent.post("logout"))[0] == 200
        while not ws.closed:
            await asyncio.wait_for(ws.receive(), 5)
        assert ws.close_code == 4401
        assert (await agent.get("me"))[0] == 401


async def test_an_unknown_conversation_is_said_to_be_unknown(edge: Edge) -> None:
    async with edge.agent() as agent:
        assert (await agent.get("conversations/unknown"))[0] == 404
        assert (await agent.post("conversations/unknown/claim", {"epoch": 1}))[0] == 404
        assert (await agent.get("conversations?view=nonsense"))[0] == 400
