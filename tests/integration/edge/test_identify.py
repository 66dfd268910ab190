"""A login of the customer portal, given over the widget's socket or over HTTP: what it proves, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import aiohttp
import pytest

from actions.crm.demo_people import OUTAGE, TWO
from bot.service.portal import sign
from bot.settings import Settings
from tests.fakes.brain import FakeBrain
from tests.integration.edge.conftest import Customer, Edge, running


@pytest.fixture
def portal(settings: Settings) -> Any:
    """Signs as the portal does."""

    def signed(user: str, age: timedelta = timedelta(0)) -> str:
        return sign(settings.identify_secret, user, datetime.now(timezone.utc) - age)

    return signed


async def begin(customer: Customer, locale: str = "de") -> str:
    """A conversation in which something was said, as desks show it; its id."""
    conversation: str = (await customer.hello(locale=locale))["conversation"]
    await customer.say("Hallo")
    await customer.event("Echo: Hallo")
    return conversation


async def over_socket(_edge: Edge, customer: Customer, login: dict[str, str]) -> dict[str, Any]:
    """Give a login over the socket; what came back."""
    await customer.send({"type": "identify", **login})
    while True:
        frame = await customer.frame()
        if frame["type"] in {"identified", "error"}:
            return frame


async def over_http(edge: Edge, customer: Customer, login: dict[str, str]) -> dict[str, Any]:
    """Give it where sockets are blocked; what came back, as the socket would put it."""
    headers = {"Authorization": f"Bearer {customer.welcome['token']}", "Accept-Language": customer.locale}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{edge.base}/widget/identify", json=login) as response,
    ):
        answer = await response.json()
        if response.status == 200:
            return {"type": "identified", **answer}
        assert response.status == {"rate": 429, "identify_unavailable": 503, "bad_frame": 400}.get(answer["code"], 422)
        return {"type": "error", **answer}


@pytest.fixture(params=[over_socket, over_http])
def identify(request: pytest.FixtureRequest, edge: Edge) -> Any:
    """Gives a login, one way or the other."""

    async def given(customer: Customer, user: str, signature: str) -> dict[str, Any]:
        answer: dict[str, Any] = await request.param(edge, customer, {"user": user, "signature": signature})
        return answer

    return given


async def level(edge: Edge, conversation: str) -> tuple[str, str | None]:
    """What the customer data system and the desk know of who speaks."""
    known = await edge.services.crm.identity(conversation, 1)
    async with edge.agent() as agent:
        _, shown = await agent.get(f"conversations/{conversation}")
    return known.level, (shown["summary"]["customer"] or {}).get("level")


async def test_a_login_proves_who_it_is_and_agents_see_it(edge: Edge, portal: Any, identify: Any) -> None:
    async with edge.customer() as customer:
        conversation = await begin(customer)
        signature = portal(OUTAGE)
        for _ in range(2):  # a page that is loaded again gives it again
            assert await identify(customer, OUTAGE, signature) == {"type": "identified", "level": "proven"}
    proven = await edge.services.crm.proven_customer(conversation, 1)
    assert proven is not None and proven.value.number == OUTAGE
    assert await level(edge, conversation) == ("proven", "proven")


@pytest.mark.parametrize("locale", ["de", "en"])
async def test_a_bad_signature_is_said_and_changes_nothing(edge: Edge, portal: Any, identify: Any, locale: str) -> None:
    async with edge.customer() as customer:
        conversation = await begin(customer, locale)
        for user, signature, code in (
            (OUTAGE, "nonsense", "identify_signature"),
            (TWO, portal(OUTAGE), "identify_signature"),
            (OUTAGE, portal(OUTAGE, age=timedelta(minutes=6)), "identify_expired"),
            ("9999999", portal("9999999"), "identify_unknown"),
        ):
            error = await identify(customer, user, signature)
            assert error["code"] == code
            assert error["message"] == edge.services.words.say(f"error_{code}", locale)
        assert await level(edge, conversation) == ("none", None)
        await customer.say("Es geht weiter")
        await customer.event("Echo: Es geht weiter")


async def test_a_signature_is_good_in_one_conversation_only(edge: Edge, portal: Any, identify: Any) -> None:
    signature = portal(OUTAGE)
    async with edge.customer() as first, edge.customer() as second:
        await first.hello()
        other = await begin(second)
        assert (await identify(first, OUTAGE, signature))["type"] == "identified"
        assert (await identify(second, OUTAGE, signature))["code"] == "identify_used"
        assert await level(edge, other) == ("none", None)


@pytest.mark.parametrize("give", [over_socket, over_http])
async def test_signatures_cannot_be_tried_out(settings: Settings, brain: FakeBrain, give: Any) -> None:
    # One in ten seconds: also a slow machine tries faster.
    async with running(replace(settings, message_rate=0.1), brain) as edge, edge.customer() as customer:
        await customer.hello()
        codes = [(await give(edge, customer, {"user": OUTAGE, "signature": "nonsense"}))["code"] for _ in range(10)]
        assert codes[0] == "identify_signature"
        assert "rate" in codes


async def test_customer_data_that_are_away_are_said_and_it_works_afterwards(
    edge: Edge, portal: Any, identify: Any
) -> None:
    file = edge.services.settings.var / "crm.db"
    async with edge.customer() as customer:
        await customer.hello()
        signature = portal(OUTAGE)
        file.rename(file.with_suffix(".away"))
        assert (await identify(customer, OUTAGE, signature))["code"] == "identify_unavailable"
        file.with_suffix(".away").rename(file)
        assert (await identify(customer, OUTAGE, signature))["type"] == "identified"


@pytest.mark.parametrize("way", [over_socket, over_http])
@pytest.mark.parametrize("login", [{"user": "", "signature": "x"}, {"user": "1"}, {"user": "1" * 41, "signature": "x"}])
async def test_a_login_that_does_not_fit_is_said(edge: Edge, way: Any, login: dict[str, str]) -> None:
    async with edge.customer() as customer:
        await customer.hello()
        assert (await way(edge, customer, login))["code"] == "bad_frame"


async def test_without_the_conversations_token_nothing_is_taken_over(edge: Edge, portal: Any) -> None:
    login = {"user": OUTAGE, "signature": portal(OUTAGE)}
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"Authorization": "Bearer nobodys"}):
            async with session.post(f"{edge.base}/widget/identify", json=login, headers=headers) as response:
                assert (response.status, (await response.json())["code"]) == (401, "expired")
        foreign = {"Origin": "https://elsewhere.example"}
        async with session.post(f"{edge.base}/widget/identify", json=login, headers=foreign) as response:
            assert response.status == 403


async def test_after_a_long_silence_a_login_holds_for_the_session_that_begins(edge: Edge, portal: Any) -> None:
    async with edge.customer() as customer:
        conversation = await begin(customer)
    store = edge.services.store
    async with store.write() as unit:
        opened = await edge.services.conversations.open(unit, conversation)
        opened.row.last_inbound_at = unit.now - timedelta(hours=2)
        await opened.save()
    await edge.services.portal.identify(conversation, OUTAGE, portal(OUTAGE))
    assert (await edge.services.crm.identity(conversation, 1)).level == "none"
    assert (await edge.services.crm.identity(conversation, 2)).level == "proven"


async def test_agents_see_that_a_proof_has_ended_with_its_session(edge: Edge, portal: Any, identify: Any) -> None:
    async with edge.customer() as customer:
        conversation = await begin(customer)
        await identify(customer, OUTAGE, portal(OUTAGE))
        async with edge.services.store.write() as unit:
            opened = await edge.services.conversations.open(unit, conversation)
            opened.row.last_inbound_at = unit.now - timedelta(hours=2)
            await opened.save()
        await customer.say("Ich bin wieder da")
        await customer.event("Echo: Ich bin wieder da")
    assert (await level(edge, conversation))[1] == "claimed"
