"""The desk's interface is what its description says: every route is tried with what fits and with what does not.

What is sent is made from the description by schemathesis and sent to the real edge, on both databases. No answer may be
an error of the server, have a status or a type that is not described, or a body that is not as described.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3 import HTTPResponse

from actions.crm.demo import create_demo
from bot.service.agents import POLICY, SecurityPolicy
from bot.settings import Settings
from bot.store.administration_tables import login_failure
from bot.store.desk_settings import set_setting
from bot.store.sessions import add_session
from connectors.desk.access import COOKIE
from tests.fakes.brain import FakeBrain
from tests.integration.edge.conftest import PASSWORD, Edge, running

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Cases for each route: fitting ones, as many again with made-up ids, and some that do not fit.
FITTING, MISFIT = 4, 3
# What an administrator does who holds the conversation, in this order, with the body of each. What a case made from the
# description does only by luck is done here for certain.
TEXTS = {"title_de": "T", "title_en": "T", "text_de": "Hallo {team}", "text_en": "Hello", "topics": ["help"]}
TEAM = {"name_de": "A", "name_en": "A", "topics": ["router_help"], "assignment": "manual", "members": []}
DONE: list[tuple[str, dict[str, Any]]] = [
    ("post_conversations_id_held_held_withdraw", {}),
    ("post_conversations_id_messages", {"client_id": "m1", "text": "Hallo"}),
    ("post_conversations_id_held", {"client_id": "h2", "text": "Hallo"}),
    ("post_conversations_id_notes", {"client_id": "n1", "text": "Hallo"}),
    ("post_conversations_id_invite", {"agent": "{agent}"}),
    ("post_conversations_id_leave", {}),
    ("post_conversations_id_wrong_answers", {"seq": "{seq}", "intent": "help"}),
    ("post_cases_number_", {"note": "Hallo", "status": "solved"}),
    ("post_conversations_id_transfer", {"team": "service"}),
    ("post_conversations_id_claim", {"epoch": "{epoch}"}),
    ("post_conversations_id_handback", {"note": "Hallo"}),
    ("post_conversations_id_claim", {"epoch": "{epoch}"}),
    ("get_conversations_id_", {}),
    ("post_conversations_id_close", {"reason": "solved"}),
    ("post_availability", {"available": True}),
    ("post_supervisor_wrong_answers_report_accept", {"intent": "help", "example": "Was geht hier"}),
    ("post_admin_teams", {"id": "a-team", **TEAM}),
    ("post_admin_teams_team_", {**TEAM, "topics": [], "members": ["{agent}"]}),
    ("post_admin_canned", {"shortcut": "moment", **TEXTS}),
    ("post_admin_canned_shortcut_remove", {}),
    ("post_admin_agents", {"login": "eva", "name": "Eva Falk", "role": "agent"}),
    ("post_admin_agents_id_", {"name": "Ben Adler", "role": "agent", "active": True, "capacity": 3}),
    ("post_admin_agents_id_password", {}),
    ("post_admin_hours", {"hours": "24/7", "state": "ST"}),
    ("post_admin_security", {"second_factor_required": False}),
    ("post_admin_sessions_session_end", {}),
    ("post_login", {"login": "clara", "password": PASSWORD}),
]


@pytest.fixture
async def edge(database_url: str, tmp_path: Path, brain: FakeBrain) -> AsyncIterator[Edge]:
    """An edge on each database."""
    settings = Settings(
        root=tmp_path,
        var=tmp_path,
        database_url=database_url,
        crm_url=f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}",
        brain_url=brain.url,
    )
    await create_demo(settings.crm_url, date.today())
    async with running(settings, brain) as started:
        yield started


class Tried:
    """What came back, by operation, and what was wrong with it."""

    def __init__(self) -> None:
        self.statuses: dict[str, set[int]] = defaultdict(set)
        self.wrong: list[str] = []

    def one(self, case: Any, token: str, base: str) -> Any:
        """Send a case, look at the answer, and return it."""
        case.headers = {**(case.headers or {}), "X-Klartext-Desk": "1"}
        response = case.call(base_url=base, cookies={COOKIE: token})
        self.statuses[case.operation.definition.raw["operationId"]].add(response.status_code)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as problems:
            self.wrong += [f"{case.operation.label}: {problem}" for problem in problems.exceptions]
        return response


async def _known(edge: Edge) -> tuple[dict[str, Any], str]:
    """Ids of things that exist, by the name in a route's address, and the id of an administrator."""
    agents = edge.services.agents
    clara = await agents.add("clara", "Clara Haupt", "administrator", PASSWORD)
    ben = await agents.add("ben", "Ben Adler", "agent", PASSWORD)
    async with edge.customer() as customer, edge.agent("clara") as desk:
        conversation = (await customer.hello())["conversation"]
        await customer.say("Warum ist das so viel")
        await customer.event("Echo")
        _, detail = await desk.get(f"conversations/{conversation}")
        epoch = detail["summary"]["epoch"]
        _, report = await desk.post(f"conversations/{conversation}/wrong-answers", {"seq": detail["answers"][0]})
        await desk.post(f"conversations/{conversation}/claim", {"epoch": epoch})
        _, case = await desk.post(f"conversations/{conversation}/case", {"title": "Rechnung"})
        _, held = await desk.post(f"conversations/{conversation}/held", {"client_id": "h", "text": "Guten Tag"})
        _, sessions = await desk.get("admin/sessions")
        _, review = await desk.get("supervisor/wrong-answers")
    assert report["state"] == "open"
    known = {
        "id": conversation,
        "agent": ben.id,
        "held": held["held"]["id"],
        "number": case["case"]["number"],
        "report": review["reports"][0]["id"],
        "session": sessions["sessions"][0]["id"],
        "seq": detail["answers"][0],
        "epoch": epoch,
        "team": "service",
        "shortcut": "moment",
    }
    return known, clara.id


def _try(
    description: dict[str, Any], known: dict[str, Any], base: str, token: Callable[[], str], calm: Callable[[], None]
) -> Tried:
    tried = Tried()
    schema = schemathesis.openapi.from_dict(description)
    operations = {
        one.definition.raw["operationId"]: one for one in (found.ok() for found in schema.get_all_operations())
    }
    for name, given in DONE:
        operation = operations[name]
        body = {key: _filled(value, known) for key, value in given.items()}
        case = operation.Case(path_parameters=_ids(operation, known), body=body, media_type="application/json")
        response = tried.one(case, token(), base)
        assert response.status_code == 200, f"{name}: {response.status_code} {response.text}"
        if name.startswith("post_conversations") and (summary := response.json().get("summary")):
            known["epoch"] = summary["epoch"]
    for operation in operations.values():
        calm()
        ids = _ids(operation, known)

        rounds = [(GenerationMode.POSITIVE, FITTING, ids), (GenerationMode.NEGATIVE, MISFIT, ids)]
        if ids:
            rounds.append((GenerationMode.POSITIVE, FITTING, None))
        for mode, most, given in rounds:
            try:
                _send(operation.as_strategy(generation_mode=mode), most, tried, given, base, token)
            except hypothesis.errors.Unsatisfiable:
                # Nothing can be sent that does not fit: a route without parameters and body.
                assert mode is GenerationMode.NEGATIVE, operation.label
    return tried


def _filled(value: Any, known: dict[str, Any]) -> Any:
    """A value with `{name}` in it as what is known by this name."""
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    return known.get(value[1:-1], value) if isinstance(value, str) and value[:1] == "{" else value


def _ids(operation: Any, known: dict[str, Any]) -> dict[str, str]:
    """The names in a route's address, each with the id of something that exists."""
    ids = {**known, "id": known["agent"]} if "/admin/agents" in operation.path else known
    return {name: ids.get(name, "unknown") for name in re.findall(r"\{(\w+)\}", operation.path)}


def _send(
    strategy: Any, most: int, tried: Tried, ids: dict[str, str] | None, base: str, token: Callable[[], str]
) -> None:
    """So many cases, each once: what one of them changed is part of what the next one meets."""

    @hypothesis.settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def send(case: Any) -> None:
        if ids is not None:
            case.path_parameters = ids
        tried.one(case, token(), base)

    send()


@pytest.mark.timeout(300)
async def test_every_answer_is_as_the_description_says(edge: Edge) -> None:
    known, administrator = await _known(edge)
    store, loop = edge.services.store, asyncio.get_running_loop()
    async with edge.agent("clara") as desk:
        _, description = await desk.get("openapi.json")
    count = 0

    async def open_session() -> str:
        nonlocal count
        count += 1
        async with store.write() as unit:
            token = f"token-{count}"
            await add_session(unit, token, administrator, address="", client="", lifetime=timedelta(hours=1))
        return token

    async def undo() -> None:
        """A second factor that a case before required, and addresses that it locked, are no obstacle for the next."""
        async with store.write() as unit:
            await set_setting(unit, POLICY, SecurityPolicy(), "test")
            await unit.connection.execute(login_failure.delete())

    def waiting(work: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: asyncio.run_coroutine_threadsafe(work(), loop).result(20)

    tried = await asyncio.to_thread(_try, description, known, edge.base, waiting(open_session), waiting(undo))
    assert not tried.wrong, "\n\n".join(sorted(set(tried.wrong))[:20])
    operations = {one["operationId"] for path in description["paths"].values() for one in path.values()}
    assert set(tried.statuses) == operations
    done = {name for name, statuses in tried.statuses.items() if 200 in statuses}
    assert {name for name in operations - done if name.startswith("get_")} == {"get_attachments_attachment_"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"b": 1}', "application/json"),
        (201, b'{"a": 1}', "application/json"),
        (200, b'{"a": 1}', "text/plain"),
        (500, b"{}", "application/json"),
    ],
)
def test_an_answer_that_is_not_as_described_is_seen(status: int, body: bytes, kind: str) -> None:
    content = {"application/json": {"schema": {"type": "object", "required": ["a"]}}}
    answers = {"200": {"description": "", "content": content}}
    described = {
        "openapi": "3.1.0",
        "info": {"title": "x", "version": "1"},
        "paths": {"/x": {"get": {"operationId": "x", "responses": answers}}},
    }
    case = schemathesis.openapi.from_dict(described)["/x"]["GET"].Case()

    def answer(status: int, body: bytes, kind: str) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.raw = HTTPResponse(body=io.BytesIO(body), headers={"Content-Type": kind}, preload_content=False)
        response.headers["Content-Type"] = kind
        response.request = requests.Request("GET", "http://127.0.0.1/x").prepare()
        return response

    case.validate_response(answer(200, b'{"a": 1}', "application/json"), checks=CHECKS)
    with pytest.raises(FailureGroup):
        case.validate_response(answer(status, body, kind), checks=CHECKS)
