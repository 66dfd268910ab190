"""What the desk refuses: each with its status and a sentence, and nothing is changed by it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.store.teams import Team, put_team
from bot.transparency.wording import wording
from tests.integration.edge.conftest import Agent, Customer, Edge

# What somebody may try in a conversation.
ATTEMPTS = (
    ("GET", "", {}),
    ("GET", "/events?before=9", {}),
    ("POST", "/claim", {"epoch": 2}),
    ("POST", "/messages", {"client_id": "m", "text": "Hallo"}),
    ("POST", "/held", {"client_id": "h", "text": "Hallo"}),
    ("POST", "/notes", {"client_id": "n", "text": "Hallo"}),
    ("POST", "/handback", {}),
    ("POST", "/template", {"client_id": "t", "template": "request_update", "topic": "x"}),
    ("POST", "/transfer", {"team": "somewhere"}),
    ("POST", "/invite", {"agent": "somebody"}),
    ("POST", "/close", {"reason": "solved"}),
    ("POST", "/case", {"title": "x", "team": "technik", "due_in": 4}),
)
HOLDING = [one for one in ATTEMPTS if one[1] in {"/messages", "/held", "/handback", "/template", "/transfer", "/close"}]


async def _waits(customer: Customer) -> str:
    """A conversation that waits for a person; its id."""
    conversation: str = (await customer.hello())["conversation"]
    await customer.say("Mensch bitte")
    await customer.event("Team")
    return conversation


async def _ask(agent: Agent, method: str, path: str, body: object, language: str) -> tuple[int, dict[str, str]]:
    headers = {"X-Klartext-Desk": "1", "Accept-Language": language}
    async with agent.session.request(
        method, f"{agent.base}/desk/api/{path}", json=body if method == "POST" else None, headers=headers
    ) as response:
        return response.status, await response.json()


async def test_another_teams_conversation_tells_nothing_but_whose_it_is(edge: Edge) -> None:
    async with edge.services.store.write() as unit:
        await put_team(
            unit, Team(id="technik", name_de="Technik", name_en="technical team", topics=[], assignment="manual")
        )
    await edge.services.agents.add("chief", "Clara Haupt", "supervisor", "ein-gutes-passwort")
    async with edge.customer() as customer, edge.agent() as anna, edge.agent("chief") as clara:
        conversation = await _waits(customer)
        assert (await clara.post(f"conversations/{conversation}/claim", {"epoch": 2}))[0] == 200
        assert (await clara.post(f"conversations/{conversation}/transfer", {"team": "technik"}))[0] == 200
        _, before = await clara.get(f"conversations/{conversation}")
        assert before["summary"]["holder"] == "queue"
        wrong = []
        for held_by_chief in (False, True):
            if held_by_chief:
                epoch = before["summary"]["epoch"]
                assert (await clara.post(f"conversations/{conversation}/claim", {"epoch": epoch}))[0] == 200
                _, before = await clara.get(f"conversations/{conversation}")
            for method, path, body in ATTEMPTS:
                for language, name in (("de", "Technik"), ("en", "technical team")):
                    status, answer = await _ask(anna, method, f"conversations/{conversation}{path}", body, language)
                    told = wording().say("desk_error_other_team", "en" if language == "en" else "de", team=name)
                    if (status, answer.get("code"), answer.get("message")) != (403, "other_team", told):
                        wrong.append((method, path, status, answer))
        assert not wrong
        _, after = await clara.get(f"conversations/{conversation}")
        assert (after["events"], after["notes"], after["cases"]) == (before["events"], before["notes"], before["cases"])
        assert after["summary"] == before["summary"]


@pytest.mark.parametrize("end", ["handback", "close"])
async def test_what_is_written_after_the_end_is_refused_in_words_and_changes_nothing(edge: Edge, end: str) -> None:
    async with edge.customer() as customer, edge.agent() as anna:
        conversation = await _waits(customer)
        await anna.post(f"conversations/{conversation}/claim", {"epoch": 2})
        body = {"reason": "solved"} if end == "close" else {}
        assert (await anna.post(f"conversations/{conversation}/{end}", body))[0] == 200
        _, before = await anna.get(f"conversations/{conversation}")
        for method, path, sent in HOLDING:
            for language in ("de", "en"):
                status, answer = await _ask(anna, method, f"conversations/{conversation}{path}", sent, language)
                assert (status, answer["code"]) == (409, "not_holder"), path
                assert answer["message"] == wording().say("desk_error_not_holder", "en" if language == "en" else "de")
        _, after = await anna.get(f"conversations/{conversation}")
        assert (after["events"], after["held"]) == (before["events"], before["held"])


async def test_a_role_too_low_is_told_so_in_words(edge: Edge) -> None:
    async with edge.agent() as anna:
        for method, path in (("GET", "supervisor/board"), ("GET", "admin/agents"), ("POST", "admin/security")):
            for language in ("de", "en"):
                status, answer = await _ask(anna, method, path, {}, language)
                assert (status, answer["code"]) == (403, "role")
                assert answer["message"] == wording().say("desk_error_role", "en" if language == "en" else "de")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(edge: Edge, announced: bool) -> None:
    """Whether its length is announced or it just goes on and on: the answer comes, and the conversation goes on."""
    async with edge.customer() as customer, edge.agent() as anna:
        conversation = await _waits(customer)
        await anna.post(f"conversations/{conversation}/claim", {"epoch": 2})
        (cookie,) = anna.session.cookie_jar
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.server.port)
        length = f"Content-Length: {1024**3}" if announced else "Transfer-Encoding: chunked"
        writer.write(
            (
                f"POST /desk/api/conversations/{conversation}/files HTTP/1.1\r\nHost: 127.0.0.1:{edge.server.port}\r\n"
                f"Cookie: {cookie.key}={cookie.value}\r\nX-Klartext-Desk: 1\r\n"
                f"Content-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
            ).encode()
        )
        begin = (
            b'--x\r\nContent-Disposition: form-data; name="client_id"\r\n\r\nbig\r\n'
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'
        )
        answer = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
        sent = 0
        for part in (begin, *([bytes(1024 * 1024)] * 64)):
            if answer.done():
                break
            try:
                writer.write(part if announced else b"%x\r\n%b\r\n" % (len(part), part))
                await asyncio.wait_for(writer.drain(), 10)
            except (ConnectionError, asyncio.TimeoutError):
                break
            sent += len(part)
            await asyncio.sleep(0)
        assert (await asyncio.wait_for(answer, 10)).startswith(b"HTTP/1.1 413")
        writer.close()
        assert sent < 40 * 1024 * 1024
        status, _ = await anna.post(f"conversations/{conversation}/messages", {"client_id": "m", "text": "Weiter"})
        assert status == 200
        await customer.event("Weiter")


async def _frames(socket: aiohttp.ClientWebSocketResponse, seconds: float = 0.5) -> list[dict[str, object]]:
    """What comes within this time."""
    frames = []
    try:
        while True:
            frames.append(await asyncio.wait_for(socket.receive_json(), seconds))
    except asyncio.TimeoutError:
        return frames


async def _frame(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, object]:
    """The next frame of this kind."""
    while True:
        frame: dict[str, object] = await asyncio.wait_for(socket.receive_json(), 30)
        if frame["type"] == kind:
            return frame


async def _handled(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Everything that was sent over this socket has been dealt with."""
    await socket.send_json({"type": "ping"})
    await _frame(socket, "pong")


async def test_typing_is_shown_to_the_customer_only_of_who_holds_the_conversation(edge: Edge) -> None:
    async with edge.customer() as customer, edge.agent() as anna, edge.agent("ben") as ben:
        conversation = await _waits(customer)
        desks = []
        for agent in (anna, ben):
            desk = await agent.session.ws_connect(f"{agent.base}/desk/ws")
            await desk.send_json({"type": "hello", "v": 1, "position": 0})
            desks.append(desk)
        typing = {"type": "typing", "conversation": conversation}

        async def seen_of(desk: aiohttp.ClientWebSocketResponse) -> list[object]:
            await _frames(customer.ws, 0.2)
            await desk.send_json(typing)
            return [one["author"] for one in await _frames(customer.ws) if one["type"] == "typing"]

        assert await seen_of(desks[0]) == []  # it waits
        await anna.post(f"conversations/{conversation}/claim", {"epoch": 2})
        assert await seen_of(desks[0]) == [{"kind": "human", "name": "Anna Berger"}]
        assert await seen_of(desks[1]) == []  # a colleague's
        await anna.post(f"conversations/{conversation}/handback")
        assert await seen_of(desks[0]) == []  # handed back
        await desks[0].send_json({"type": "typing", "conversation": "unknown"})
        await desks[0].send_json({"type": "ping"})
        assert "pong" in [one["type"] for one in await _frames(desks[0])]
        for desk in desks:
            await desk.close()


async def test_nobody_is_seen_looking_at_what_is_not_theirs_to_see(edge: Edge) -> None:
    async with edge.services.store.write() as unit:
        await put_team(unit, Team(id="technik", name_de="Technik", name_en="technical", topics=[], assignment="manual"))
    await edge.services.agents.add("chief", "Clara Haupt", "supervisor", "ein-gutes-passwort")
    async with edge.customer() as customer, edge.agent() as anna, edge.agent("chief") as clara:
        conversation = await _waits(customer)
        watching = await clara.session.ws_connect(f"{clara.base}/desk/ws")
        await watching.send_json({"type": "hello", "v": 1, "position": 0})
        looking = await anna.session.ws_connect(f"{anna.base}/desk/ws")
        await looking.send_json({"type": "hello", "v": 1, "position": 0})
        for seen in (True, False):
            if not seen:
                await clara.post(f"conversations/{conversation}/claim", {"epoch": 2})
                await clara.post(f"conversations/{conversation}/transfer", {"team": "technik"})
            await _frames(watching)
            await looking.send_json({"type": "looking", "conversation": conversation, "active": True})
            await _handled(looking)
            if seen:
                assert (await _frame(watching, "looking"))["author"]["name"] == "Anna Berger"  # type: ignore[index]
            else:
                assert [one["type"] for one in await _frames(watching) if one["type"] == "looking"] == []
        for desk in (watching, looking):
            await desk.close()


async def test_nobody_is_told_who_types_or_looks_at_what_is_not_theirs_to_see(edge: Edge) -> None:
    """Not even its id: from the moment when a conversation is another team's, a desk hears nothing of it."""
    async with edge.services.store.write() as unit:
        await put_team(unit, Team(id="technik", name_de="Technik", name_en="technical", topics=[], assignment="manual"))
    await edge.services.agents.add("chief", "Clara Haupt", "supervisor", "ein-gutes-passwort")
    async with edge.customer() as customer, edge.agent() as anna, edge.agent("chief") as clara:
        conversation = await _waits(customer)
        desks = []
        for agent in (anna, clara):
            desk = await agent.session.ws_connect(f"{agent.base}/desk/ws")
            await desk.send_json({"type": "hello", "v": 1, "position": 0})
            desks.append(desk)
        watching, looking = desks
        for ours in (True, False):
            if not ours:
                await clara.post(f"conversations/{conversation}/claim", {"epoch": 2})
                await clara.post(f"conversations/{conversation}/transfer", {"team": "technik"})
                await _frame(watching, "gone")
            await looking.send_json({"type": "looking", "conversation": conversation, "active": True})
            await customer.ws.send_json({"type": "typing"})
            if ours:
                heard: set[object] = set()
                while not heard >= {"looking", "typing"}:
                    frame = await asyncio.wait_for(watching.receive_json(), 30)
                    heard.add(frame["type"] if frame.get("conversation") == conversation else None)
                await _frames(looking, 0.2)
            else:
                # The supervisor, who may see it, has heard of the customer: so has everybody who was to hear of it.
                await _frame(looking, "typing")
                assert [one for one in await _frames(watching) if one.get("conversation") == conversation] == []
        for desk in desks:
            await desk.close()
