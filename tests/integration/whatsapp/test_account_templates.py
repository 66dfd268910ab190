"""The declared templates beside the account's: what is missing, in another language, other variables, not approved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot import doctor
from bot.service.templates import templates
from bot.settings import Settings
from bot.store.whatsapp_templates import template_states
from connectors.whatsapp.account_templates import TemplateCheck, compare, read_account
from connectors.whatsapp.channel import graph_client
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import Rig, rig_of, until

ACCOUNT = "102290129340398"


def listed(language: str, status: str = "APPROVED", text: str | None = None, name: str = "request_update") -> dict:
    """A template as the provider lists it."""
    ours = templates()["request_update"].submitted("de" if language.startswith("de") else "en")
    body = {"type": "BODY", "text": ours if text is None else text}
    return {"name": name, "language": language, "status": status, "components": [{"type": "HEADER"}, body], "id": "1"}


OTHERS = [listed("de", name=f"other_{number}") for number in range(5)]


@pytest.mark.parametrize(
    ("account", "problems"),
    [
        ([*OTHERS, listed("de"), listed("en")], {"de": None, "en": None}),
        (OTHERS, {"de": "not submitted", "en": "not submitted"}),
        ([listed("de"), listed("en_US")], {"de": None, "en": "not in this language, only in de, en_US"}),
        ([listed("de", "PAUSED"), listed("en")], {"de": "not approved: PAUSED", "en": None}),
        (
            [listed("de", text="{{1}}"), listed("en")],
            {"de": "other variables: 1 there, 2 declared", "en": None},
        ),
        (
            [listed("de", text="{{1}} · Ganz anders: {{2}}."), listed("en")],
            {"de": "another text than the declared one", "en": None},
        ),
    ],
)
async def test_each_difference_is_named_by_the_doctor_and_kept_at_the_start(
    settings: Settings, rig: Rig, monkeypatch: pytest.MonkeyPatch, account: list[Any], problems: dict[str, str | None]
) -> None:
    rig.standin.account_templates = account
    known = replace(settings, whatsapp_api_base=rig.standin.url, whatsapp_account_id=ACCOUNT)
    found = {one.what: one.problem async for one in doctor._templates(known)}
    assert found == {f"WhatsApp template request_update ({language})": what for language, what in problems.items()}
    client = graph_client(known)
    assert client is not None
    assert await TemplateCheck(rig.services.store, client, ACCOUNT).check() == "compared"
    await client.close()
    async with rig.services.store.read() as unit:
        assert {one.language: one.reason for one in await template_states(unit)} == problems
    async with aiohttp.ClientSession() as http, http.get(rig.servers[0].make_url("/metrics")) as response:
        shown = await response.text()
    approved = sum(problem is None for problem in problems.values())
    assert (f'klartext_whatsapp_templates{{kind="APPROVED"}} {approved}.0' in shown) == bool(approved)


async def test_a_process_starts_while_the_provider_is_away_and_compares_later(
    settings: Settings, brain: FakeBrain, rig: Rig
) -> None:
    known = replace(settings, whatsapp_account_id=ACCOUNT, whatsapp_api_base="http://127.0.0.1:9")
    (finding,) = [one async for one in doctor._templates(known)]
    assert finding.problem is not None and finding.problem.startswith("cannot be read")
    client = graph_client(known)
    assert client is not None
    assert await TemplateCheck(rig.services.store, client, ACCOUNT).check() == "away"
    await client.close()
    async with rig_of(replace(settings, whatsapp_account_id=ACCOUNT), brain) as started:

        async def compared() -> bool:
            async with started.services.store.read() as unit:
                return {one.state for one in await template_states(unit)} == {"MISSING"}

        await until(compared)


async def test_without_an_account_the_doctor_says_so(settings: Settings) -> None:
    (finding,) = [one async for one in doctor._templates(settings)]
    assert finding.problem == "not compared: KLARTEXT_WHATSAPP_ACCOUNT_ID is not set"


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, {"name": 1, "language": "de", "status": "APPROVED"}])
def test_what_is_no_template_is_left_out(junk: Any) -> None:
    assert read_account([junk]) == []
    half = {"name": "request_update", "language": "de", "status": "APPROVED", "components": junk}
    assert {one.problem for one in compare(templates(), read_account([half]))} == {
        None,
        "not in this language, only in de",
    }
