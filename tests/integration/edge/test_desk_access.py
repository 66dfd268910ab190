"""Who may use which route: the whole table, every route for every role. A route that is not in it fails the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from bot.conversation.roles import Role
from bot.service.agents import POLICY, SecurityPolicy
from bot.store.desk_settings import set_setting
from bot.store.sessions import add_session
from bot.transparency.wording import wording
from connectors.desk import Desk
from connectors.desk.access import COOKIE
from tests.integration.edge.conftest import PASSWORD, Edge

# Every route under /desk/api that needs a session, and the least role that may use it.
ACCESS: dict[tuple[str, str], Role] = {
    ("POST", "/logout"): Role.AGENT,
    ("GET", "/me"): Role.AGENT,
    ("GET", "/conversations"): Role.AGENT,
    ("GET", "/conversations/{id}"): Role.AGENT,
    ("POST", "/conversations/{id}/claim"): Role.AGENT,
    ("POST", "/conversations/{id}/messages"): Role.AGENT,
    ("POST", "/conversations/{id}/handback"): Role.AGENT,
    ("POST", "/conversations/{id}/template"): Role.AGENT,
    ("GET", "/conversations/{id}/events"): Role.AGENT,
    ("POST", "/conversations/{id}/held"): Role.AGENT,
    ("POST", "/conversations/{id}/held/{held}/withdraw"): Role.AGENT,
    ("POST", "/conversations/{id}/held/{held}/send"): Role.AGENT,
    ("POST", "/conversations/{id}/notes"): Role.AGENT,
    ("POST", "/conversations/{id}/transfer"): Role.AGENT,
    ("POST", "/conversations/{id}/invite"): Role.AGENT,
    ("POST", "/conversations/{id}/leave"): Role.AGENT,
    ("POST", "/conversations/{id}/close"): Role.AGENT,
    ("POST", "/conversations/{id}/case"): Role.AGENT,
    ("GET", "/cases"): Role.AGENT,
    ("POST", "/cases/{number}"): Role.AGENT,
    ("GET", "/people"): Role.AGENT,
    ("POST", "/availability"): Role.AGENT,
    ("GET", "/canned"): Role.AGENT,
    ("GET", "/read"): Role.AGENT,
    ("GET", "/openapi.json"): Role.AGENT,
    ("POST", "/conversations/{id}/files"): Role.AGENT,
    ("GET", "/attachments/{attachment}"): Role.AGENT,
    ("GET", "/account"): Role.AGENT,
    ("POST", "/account/password"): Role.AGENT,
    ("POST", "/account/second-factor"): Role.AGENT,
    ("POST", "/account/second-factor/confirm"): Role.AGENT,
    ("POST", "/account/second-factor/remove"): Role.AGENT,
    ("POST", "/account/sessions/{session}/end"): Role.AGENT,
    ("GET", "/intents"): Role.AGENT,
    ("POST", "/conversations/{id}/wrong-answers"): Role.AGENT,
    ("GET", "/supervisor/wrong-answers"): Role.SUPERVISOR,
    ("POST", "/supervisor/wrong-answers/{report}/accept"): Role.SUPERVISOR,
    ("POST", "/supervisor/wrong-answers/{report}/dismiss"): Role.SUPERVISOR,
    ("GET", "/supervisor/board"): Role.SUPERVISOR,
    ("GET", "/supervisor/history"): Role.SUPERVISOR,
    ("GET", "/supervisor/history.csv"): Role.SUPERVISOR,
    ("GET", "/admin/agents"): Role.ADMINISTRATOR,
    ("POST", "/admin/agents"): Role.ADMINISTRATOR,
    ("POST", "/admin/agents/{id}"): Role.ADMINISTRATOR,
    ("POST", "/admin/agents/{id}/password"): Role.ADMINISTRATOR,
    ("POST", "/admin/agents/{id}/second-factor/remove"): Role.ADMINISTRATOR,
    ("GET", "/admin/teams"): Role.ADMINISTRATOR,
    ("POST", "/admin/teams"): Role.ADMINISTRATOR,
    ("POST", "/admin/teams/{team}"): Role.ADMINISTRATOR,
    ("GET", "/admin/canned"): Role.ADMINISTRATOR,
    ("POST", "/admin/canned"): Role.ADMINISTRATOR,
    ("POST", "/admin/canned/{shortcut}/remove"): Role.ADMINISTRATOR,
    ("GET", "/admin/sessions"): Role.ADMINISTRATOR,
    ("POST", "/admin/sessions/{session}/end"): Role.ADMINISTRATOR,
    ("GET", "/admin/hours"): Role.ADMINISTRATOR,
    ("POST", "/admin/hours"): Role.ADMINISTRATOR,
    ("GET", "/admin/security"): Role.ADMINISTRATOR,
    ("POST", "/admin/security"): Role.ADMINISTRATOR,
    ("GET", "/admin/log"): Role.ADMINISTRATOR,
    ("GET", "/admin/templates"): Role.ADMINISTRATOR,
}
# Those that an account may use that still has to set up its second factor.
BEFORE_SECOND_FACTOR = {
    ("POST", "/logout"),
    ("GET", "/me"),
    *(route for route in ACCESS if route[1].startswith("/account")),
}
# The only ones without a session.
OPEN = {("POST", "/login")}


@dataclass
class Visitor:
    """Somebody with a role, or with no session at all."""

    name: str
    role: Role | None
    agent_id: str = ""


@pytest.fixture
async def visitors(edge: Edge) -> list[Visitor]:
    """One of each role, and somebody who is not logged in."""
    found = [Visitor("nobody", None)]
    for role in Role:
        agent = await edge.services.agents.add(role.value, "Vor Name", role.value, PASSWORD)
        found.append(Visitor(role.value, role, agent.id))
    return found


async def _ask(edge: Edge, visitor: Visitor, method: str, path: str) -> tuple[int, str]:
    """Status and code, with a fresh session each time: some routes end it."""
    cookies = {}
    if visitor.role is not None:
        async with edge.services.store.write() as unit:
            token = f"token-{visitor.name}-{unit.now.timestamp()}"
            await add_session(unit, token, visitor.agent_id, address="", client="", lifetime=timedelta(hours=1))
        cookies[COOKIE] = token
    for name in ("id", "attachment", "session", "held", "number", "report", "team", "shortcut"):
        path = path.replace(f"{{{name}}}", "unknown")
    headers = {"X-Klartext-Desk": "1", "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{edge.base}/desk/api{path}", headers=headers) as response,
    ):
        body = await response.json() if response.content_type == "application/json" else {}
        return response.status, body.get("code", "") if isinstance(body, dict) else ""


def _routes(edge: Edge) -> set[tuple[str, str]]:
    prefix = "/desk/api"
    return {
        (route.method, route.resource.canonical.removeprefix(prefix))
        for route in edge.server.app.router.routes()  # type: ignore[attr-defined]
        if route.resource is not None and route.resource.canonical.startswith(prefix)
    }


async def test_every_route_is_in_the_table_and_the_table_has_no_others(edge: Edge) -> None:
    assert _routes(edge) == set(ACCESS) | OPEN
    assert set(ACCESS) >= BEFORE_SECOND_FACTOR


async def test_every_route_is_open_to_those_roles_and_to_nobody_else(edge: Edge, visitors: list[Visitor]) -> None:
    wrong = []
    for (method, path), needed in ACCESS.items():
        for visitor in visitors:
            status, code = await _ask(edge, visitor, method, path)
            if visitor.role is None:
                good = status == 401
            elif visitor.role.may(needed):
                good = status not in {401, 403}
            else:
                good = (status, code) == (403, "role")
            if not good:
                wrong.append((method, path, visitor.name, status, code))
    assert not wrong


async def test_without_a_required_second_factor_only_setting_it_up_is_open(edge: Edge, visitors: list[Visitor]) -> None:
    async with edge.services.store.write() as unit:
        await set_setting(unit, POLICY, SecurityPolicy(second_factor_required=True), "test")
    wrong = []
    for method, path in ACCESS:
        status, code = await _ask(edge, visitors[-1], method, path)
        closed = (status, code) == (403, "second_factor_needed")
        if closed is ((method, path) in BEFORE_SECOND_FACTOR):
            wrong.append((method, path, status, code))
    assert not wrong


async def test_roles_are_in_order_and_each_includes_the_one_before() -> None:
    table = {(one, other): one.may(other) for one in Role for other in Role}
    assert [other.value for other in Role if table[Role.AGENT, other]] == ["agent"]
    assert [other.value for other in Role if table[Role.SUPERVISOR, other]] == ["agent", "supervisor"]
    assert all(table[Role.ADMINISTRATOR, other] for other in Role)


async def test_whatever_a_route_records_has_a_word_in_the_log() -> None:
    known = wording().entries()
    recorded = {route.records for route in Desk().routes() if route.records is not None}
    assert len(recorded) > 10
    assert [word for word in sorted(recorded) if f"desk_log_{word.replace('.', '_')}" not in known] == []
