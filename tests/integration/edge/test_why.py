"""Why this answer: a customer reads the reasons of the bot's messages, and of their own conversation only."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bot.service.brain_protocol import (
    Button,
    Call,
    Entity,
    Handover,
    Reading,
    Reply,
    Source,
    TurnRequest,
    TurnResponse,
)
from bot.store.tables import trace
from tests.integration.edge.conftest import Customer, Edge

_AS_OF = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)


async def _knows(request: TurnRequest) -> TurnResponse:
    """Answers about invoices with a record; asks back about anything else; explains where it is asked why."""
    said = request.text or request.payload or ""
    if "Warum" in said:
        return TurnResponse(
            replies=[Reply(text="Ganz allgemein.", explains=True), Reply(text="Wie lautet die Rechnungsnummer?")],
            intent=Reading(name="why_answer", confidence=0.99),
        )
    if request.payload:
        return TurnResponse(replies=[Reply(text="Hilfe.")], intent=Reading(name="help", confidence=1.0))
    if "R-1" in said:
        form = ["details_form", "validate_details_form"]
        return TurnResponse(replies=[Reply(text="Danke.")], intent=Reading(name="inform", confidence=0.3), actions=form)
    if "Rechnung" in said:
        source = Source(label="Ihre Rechnung R-2026-1", as_of=_AS_OF, record="R-2026-1")
        return TurnResponse(
            replies=[Reply(text="39,99 €", sources=[source], buttons=[Button(title="Hilfe", payload="/help")])],
            intent=Reading(name="invoice_show", confidence=0.974),
            ranking=[Reading(name="invoice_show", confidence=0.974)],
            entities=[Entity(entity="invoice_number", value="R-2026-1")],
            calls=[Call(system="crm", operation="invoice", result="R-2026-1", milliseconds=3.2)],
            actions=["action_invoice_show"],
        )
    return TurnResponse(
        replies=[Reply(text="Meinen Sie Ihre Rechnung?")],
        intent=Reading(name="nlu_fallback", confidence=0.4),
        ranking=[Reading(name="nlu_fallback", confidence=0.4), Reading(name="invoice_show", confidence=0.35)],
        decision="ask",
        handover=Handover(reason="not_understood") if "Hund" in said else None,
    )


async def _why(edge: Edge, token: str | None, seq: object, language: str = "de") -> tuple[int, dict[str, Any]]:
    headers = {"Accept-Language": language, **({"Authorization": f"Bearer {token}"} if token else {})}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{edge.base}/widget/why/{seq}") as response,
    ):
        return response.status, await response.json()


async def _asked(customer: Customer, text: str, containing: str, **more: str) -> int:
    await customer.say(text, **more)
    return int((await customer.event(containing))["seq"])


async def test_understanding_record_system_time_and_rule_are_said_in_both_languages(edge: Edge) -> None:
    edge.brain.answer = _knows
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        seq = await _asked(customer, "Was kostet die Rechnung?", "39,99")
        status, found = await _why(edge, token, seq)
        assert status == 200
        understood, read, rule, bound = found["reasons"]
        assert understood == "Verstanden habe ich: „Rechnung ansehen“. Sicher war ich mir zu 97 %."
        assert read == (
            "Gelesen habe ich: Ihre Rechnung R-2026-1, im Kundensystem, Stand 20. November 2026, 10:30 Uhr."
        )
        assert "fester Ablauf" in rule
        assert "höchstens 3 von 100" in bound
        lines = {line["label"]: line["text"] for line in found["trace"]}
        assert lines["Erkannt"] == "invoice_show 0.974"
        assert lines["Abfragen"] == "crm.invoice: R-2026-1 (3 ms)"
        assert lines["Einträge"] == "crm: R-2026-1"
        assert lines["Ablauf"] == "action_invoice_show"
        _, english = await _why(edge, token, seq, "en")
        assert english["reasons"][0].endswith("I was 97% sure.")


async def test_a_pressed_button_a_detail_and_a_question_back_are_told_apart(edge: Edge) -> None:
    edge.brain.answer = _knows
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        await customer.say("Was kostet die Rechnung?")
        button = (await customer.event("39,99"))["buttons"][0]["id"]
        pressed = await _asked(customer, "Hilfe", "Hilfe.", payload=button)
        assert (await _why(edge, token, pressed))[1]["reasons"][0].startswith("Sie haben „Hilfe“ ausgewählt.")
        assert len((await _why(edge, token, pressed))[1]["reasons"]) == 3, (
            "nothing was interpreted, so no bound is named"
        )
        detail = await _asked(customer, "R-1", "Danke.")
        assert "Antwort auf meine Frage" in (await _why(edge, token, detail))[1]["reasons"][0]
        unsure = await _asked(customer, "Dings", "Meinen Sie")
        reasons = (await _why(edge, token, unsure))[1]["reasons"]
        assert reasons[:2] == [
            "Sicher verstanden habe ich Ihre Nachricht nicht.",
            "Am ehesten klang sie nach „Rechnung ansehen“, zu 35 %.",
        ]
        assert "statt zu raten" in reasons[-1]


async def test_after_its_period_the_record_is_still_named_and_what_is_gone_is_said_to_be_gone(edge: Edge) -> None:
    edge.brain.answer = _knows
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        seq = await _asked(customer, "Was kostet die Rechnung?", "39,99 €")
        async with edge.services.store.write() as unit:
            await unit.connection.execute(sa.delete(trace))
        found = (await _why(edge, token, seq))[1]
        assert "Ihre Rechnung R-2026-1" in found["reasons"][0]
        assert "nicht mehr gespeichert" in found["reasons"][1]
        assert found["trace"] == []


async def test_a_disclosure_says_that_it_cannot_be_switched_off(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        status, found = await _why(edge, token, 1)
        assert (status, found["trace"]) == (200, [])
        assert "nicht abschalten" in found["reasons"][0]


@pytest.mark.parametrize(("token", "seq", "status"), [(None, 1, 401), ("falsch", 1, 401), ("own", 99, 404)])
async def test_only_the_bots_messages_of_ones_own_conversation(
    edge: Edge, token: str | None, seq: int, status: int
) -> None:
    edge.brain.answer = _knows
    async with edge.customer() as stranger, edge.customer() as customer:
        await stranger.hello()
        await _asked(stranger, "Was kostet die Rechnung?", "39,99")
        own = (await customer.hello())["token"]
        await customer.say("Hund")
        while (await customer.frame("event"))["seq"] < 4:
            pass
        assert (await _why(edge, own if token == "own" else token, seq))[0] == status
        for place in (2, 4):
            assert (await _why(edge, own, place))[0] == 404, "a customer's or the system's message"
        assert "R-2026-1" not in str(await _why(edge, own, 3))


async def test_asked_in_words_the_answer_before_is_explained(edge: Edge) -> None:
    edge.brain.answer = _knows
    async with edge.customer() as customer:
        await customer.hello()
        await customer.say("Warum?")
        assert (await customer.event("Ganz allgemein"))["author"]["kind"] == "bot"
        await customer.event("Rechnungsnummer")
        await _asked(customer, "Was kostet die Rechnung?", "39,99")
        for _ in range(2):
            await customer.say("Warum diese Antwort?")
            told = (await customer.event("Zu meiner Antwort davor"))["text"]
            assert "„Rechnung ansehen“" in told
            assert "Ihre Rechnung R-2026-1, im Kundensystem" in told
            await customer.event("Rechnungsnummer")
