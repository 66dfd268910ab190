"""`klartext doctor` names what keeps a set-up account from sending or receiving."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import doctor
from bot.settings import Settings
from tests.integration.whatsapp.conftest import PHONE_NUMBER_ID, SECOND, Rig


@pytest.mark.parametrize(
    ("state", "is_subscribed", "account", "problems"),
    [
        ("CONNECTED", True, "1", {"WhatsApp number": None, "WhatsApp webhooks": None}),
        ("PENDING", True, "1", {"WhatsApp number": "PENDING", "WhatsApp webhooks": None}),
        ("CONNECTED", False, "1", {"WhatsApp number": None, "WhatsApp webhooks": "no app is subscribed"}),
        ("CONNECTED", False, None, {"WhatsApp number": None}),
    ],
)
async def test_a_number_that_is_not_registered_and_an_account_that_tells_nobody(
    settings: Settings, rig: Rig, state: str, is_subscribed: bool, account: str | None, problems: dict[str, str | None]
) -> None:
    rig.standin.number_state, rig.standin.is_subscribed = state, is_subscribed
    known = replace(settings, whatsapp_api_base=rig.standin.url, whatsapp_account_id=account)
    found = {one.what: one.problem async for one in doctor._connection(known)}
    assert found.keys() == problems.keys()
    for what, problem in problems.items():
        assert (found[what] is None) == (problem is None)
        assert (found[what] or "").startswith(problem or "")


async def test_each_of_several_numbers_is_asked_for(settings: Settings, rig: Rig) -> None:
    both = replace(settings, whatsapp_api_base=rig.standin.url, whatsapp_phone_number_id=f"{PHONE_NUMBER_ID},{SECOND}")
    found = [one.what async for one in doctor._connection(both)]
    assert found == [f"WhatsApp number {PHONE_NUMBER_ID}", f"WhatsApp number {SECOND}"]


async def test_an_expired_token_is_named(settings: Settings, rig: Rig) -> None:
    rig.standin.troubles.token_expired = True
    known = replace(settings, whatsapp_api_base=rig.standin.url)
    (finding,) = [one async for one in doctor._connection(known)]
    assert finding.problem is not None
    assert "token" in finding.problem
