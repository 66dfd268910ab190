"""Administration over HTTP: what is sent, what is on record, and what never leaves the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pyotp
import pytest

from bot.store.whatsapp_templates import record_template_state
from connectors.desk.access import address_of
from tests.integration.edge.conftest import PASSWORD, Agent, Edge


@pytest.fixture
async def clara(edge: Edge) -> AsyncIterator[Agent]:
    """An administrator who is logged in."""
    await edge.services.agents.add("clara", "Clara Haupt", "administrator", PASSWORD)
    async with edge.agent("clara") as agent:
        yield agent


@asynccontextmanager
async def _visitor(edge: Edge) -> AsyncIterator[Agent]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Agent(session, edge.base)


async def _log(clara: Agent, **query: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    status, body = await clara.get(f"admin/log?{asked}")
    assert status == 200
    return body["entries"]


async def test_an_agent_from_the_first_day_to_the_last(edge: Edge, clara: Agent) -> None:
    new = {"login": "doris", "name": "Doris Ebner", "role": "agent"}
    status, added = await clara.post("admin/agents", new)
    assert status == 200
    assert (await clara.post("admin/agents", new))[1]["code"] == "taken"
    async with _visitor(edge) as doris:
        status, _ = await doris.post("login", {"login": "doris", "password": added["password"]})
        assert status == 200
        assert (await doris.get("admin/agents"))[1]["code"] == "role"
        await clara.post(f"admin/agents/{added['id']}", {"name": "Doris Ebner", "role": "supervisor", "active": True})
        assert (await doris.get("me"))[1]["agent"]["role"] == "supervisor"
        ws = await doris.session.ws_connect(f"{edge.base}/desk/ws")
        await ws.send_json({"type": "hello", "v": 1, "position": 0})
        await clara.post(f"admin/agents/{added['id']}", {"name": "Doris Ebner", "role": "agent", "active": False})
        while not ws.closed:
            await asyncio.wait_for(ws.receive(), 5)
        assert ws.close_code == 4401
        assert (await doris.get("me"))[0] == 401
        assert (await doris.post("login", {"login": "doris", "password": added["password"]}))[1]["code"] == "wrong"
    changes = await _log(clara, subject=added["id"])
    assert [(entry["action"], entry["agent_name"]) for entry in changes][::-1] == [
        ("account.added", "Clara Haupt"),
        ("login", "Doris Ebner"),
        ("account.changed", "Clara Haupt"),
        ("account.changed", "Clara Haupt"),
        ("login.refused", "Doris Ebner"),
    ]
    assert changes[1]["detail"] == {"role": ["supervisor", "agent"], "active": [True, False]}
    assert added["password"] not in str(await _log(clara))


async def test_the_second_factor_from_setting_it_up_to_losing_it(edge: Edge, clara: Agent) -> None:
    assert (await clara.post("admin/security", {"second_factor_required": True}))[0] == 200
    assert (await clara.get("admin/agents"))[1]["code"] == "second_factor_needed"
    assert (await clara.get("me"))[1]["second_factor_needed"] is True
    ws = await clara.session.ws_connect(f"{edge.base}/desk/ws")
    assert (await ws.receive()).data == 4401
    _, enrolment = await clara.post("account/second-factor", {"password": PASSWORD})
    # The picture is the address: dark and light squares, as many in each row as there are rows.
    assert {len(row) for row in enrolment["squares"]} == {len(enrolment["squares"])}
    totp = pyotp.parse_uri(enrolment["uri"])
    assert isinstance(totp, pyotp.TOTP)
    assert (totp.secret, totp.name, totp.issuer) == (enrolment["secret"], "clara", "Klartext")
    assert (await clara.post("account/second-factor/confirm", {"code": "1"}))[1]["code"] == "code"
    status, confirmed = await clara.post("account/second-factor/confirm", {"code": totp.now()})
    assert (status, len(confirmed["recovery_codes"])) == (200, 10)
    assert (await clara.get("admin/agents"))[0] == 200
    assert (await clara.post("account/second-factor/remove", {"password": PASSWORD}))[1]["code"] == "required"
    async with _visitor(edge) as again:
        known = {"login": "clara", "password": PASSWORD}
        assert (await again.post("login", known))[1]["code"] == "code_needed"
        assert (await again.post("login", {**known, "code": confirmed["recovery_codes"][3]}))[0] == 200
    _, account = await clara.get("account")
    assert (account["second_factor"], account["recovery_codes"], len(account["sessions"])) == (True, 9, 2)
    _, listed = await clara.get("admin/agents")
    kept = str([account, listed, await _log(clara)])
    assert not any(secret in kept for secret in (enrolment["secret"], *confirmed["recovery_codes"], "argon2"))


async def test_sessions_are_listed_and_ended_by_their_owner_and_by_an_administrator(edge: Edge, clara: Agent) -> None:
    async with edge.agent("anna") as here, edge.agent("anna") as there, edge.agent("ben") as ben:
        _, account = await here.get("account")
        others = [session for session in account["sessions"] if not session["own"]]
        assert len(others) == 1 and len(account["sessions"]) == 2
        # Another agent's session is not theirs to end.
        assert (await ben.post(f"account/sessions/{others[0]['id']}/end"))[0] == 200
        assert (await there.get("me"))[0] == 200
        await here.post(f"account/sessions/{others[0]['id']}/end")
        assert (await there.get("me"))[0] == 401
        _, listed = await clara.get("admin/sessions")
        of_ben = next(session for session in listed["sessions"] if session["agent_name"] == "Ben Adler")
        assert of_ben["address"] == "127.0.0.1" and "aiohttp" in of_ben["client"]
        await clara.post(f"admin/sessions/{of_ben['id']}/end")
        assert (await ben.get("me"))[0] == 401
        assert (await here.get("me"))[0] == 200


async def test_every_opening_of_a_conversation_and_each_step_in_it_is_on_record(edge: Edge, clara: Agent) -> None:
    async with edge.customer() as customer, edge.agent("anna") as anna, edge.agent("ben") as ben:
        conversation = (await customer.hello())["conversation"]
        await customer.say("Mensch bitte")
        await customer.event("Team")
        for _ in range(3):
            # The page fetches it anew with each change: that is the same look.
            await anna.get(f"conversations/{conversation}")
        await ben.get(f"conversations/{conversation}")
        await anna.post(f"conversations/{conversation}/claim", {"epoch": 2})
        await ben.post(f"conversations/{conversation}/claim", {"epoch": 2})
        await anna.post(f"conversations/{conversation}/messages", {"client_id": "a", "text": "Geheimes an den Kunden"})
        await anna.post(f"conversations/{conversation}/handback")
    entries = (await _log(clara, subject=conversation))[::-1]
    assert [(entry["agent_name"], entry["action"]) for entry in entries] == [
        ("Anna Berger", "conversation.opened"),
        ("Ben Adler", "conversation.opened"),
        ("Anna Berger", "conversation.claimed"),
        ("Ben Adler", "conversation.claimed"),
        ("Ben Adler", "conversation.claimed.refused"),
        ("Anna Berger", "conversation.answered"),
        ("Anna Berger", "conversation.handed_back"),
    ]
    assert entries[4]["detail"] == {"code": "already_claimed"}
    assert "Geheimes" not in str(await _log(clara))


async def test_who_reads_the_log_is_in_it(clara: Agent) -> None:
    await _log(clara)
    assert [entry["agent_name"] for entry in await _log(clara, action="log.")] == ["Clara Haupt"]


async def test_hours_are_edited_and_what_cannot_be_read_is_named(clara: Agent) -> None:
    _, hours = await clara.get("admin/hours")
    assert (hours["hours"], hours["week"]) == ("24/7", None)
    assert "Reformationstag" in [day["name"] for day in hours["holidays"]]
    day = {"day": "2026-12-24", "name": "Heiligabend", "hours": "08:00-12:00"}
    wanted = {"hours": "Mo-Fr 08:00-18:00", "state": "BE", "days": [day]}
    status, changed = await clara.post("admin/hours", wanted)
    assert (status, changed["days"]) == (200, [day])
    assert changed["week"] == [["08:00-18:00"]] * 5 + [[]] * 2
    assert "Reformationstag" not in [day["name"] for day in changed["holidays"]]
    status, refused = await clara.post("admin/hours", {**wanted, "hours": "montags"})
    assert (status, "montags" in refused["message"]) == (422, True)
    status, refused = await clara.post("admin/hours", {**wanted, "hours": "Mo 08:00-12:00,11:00-13:00"})
    assert (status, "11:00-13:00" in refused["message"]) == (422, True)
    assert (await clara.get("admin/hours"))[1]["hours"] == "Mo-Fr 08:00-18:00"


async def test_templates_are_shown_with_what_the_provider_said_last(edge: Edge, clara: Agent) -> None:
    async with edge.services.store.write() as unit:
        await record_template_state(unit, "request_update", "de", "PENDING", None)
        await record_template_state(unit, "request_update", "de", "REJECTED", "INVALID_FORMAT")
    _, body = await clara.get("admin/templates")
    shown = {(one["name"], one["language"]): one for one in body["templates"]}
    german, english = shown["request_update", "de"], shown["request_update", "en"]
    assert (german["state"], german["reason"], english["state"]) == ("REJECTED", "INVALID_FORMAT", None)
    assert german["text"].startswith("{{1}} · ")


class _Request:
    def __init__(self, remote: str, forwarded: str = "") -> None:
        self.remote = remote
        self.headers = {"X-Forwarded-For": forwarded} if forwarded else {}


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        # What a customer claims stands in front of what the proxy adds.
        ("::1", "10.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("192.0.2.1", "198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_our_own_proxies_are_believed(remote: str, forwarded: str, address: str) -> None:
    assert address_of(_Request(remote, forwarded), frozenset({"192.0.2.1"})) == address  # type: ignore[arg-type]
