"""The customer's own record: read, downloaded and erased with the conversation's token, which stands in no address."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from bot.service.brain_protocol import Button, Call, Reading, Reply, TurnRequest, TurnResponse
from bot.service.conversations import Conversations
from bot.store.cases import cases, record_ticket
from bot.store.erasure import is_erased
from bot.store.log import newest_messages
from bot.transparency.wording import wording
from connectors.widget.protocol import UNAUTHENTICATED
from tests.integration.edge.conftest import Customer, Edge, without_marks


async def _said(edge: Edge, customer: Customer, text: str = "Ich mag <b>Quittenmarmelade</b>") -> str:
    token: str = (await customer.hello())["token"]
    await customer.say(text)
    await customer.event("Echo")
    return token


async def _post(edge: Edge, path: str, **form: str) -> tuple[int, Any, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{edge.base}/record{path}", data=form) as response,
    ):
        return response.status, response.headers, without_marks(await response.text())


async def test_the_page_shows_everything_with_its_author_and_has_no_address_with_the_token(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = await _said(edge, customer)
        status, headers, page = await _post(edge, "", token=token, lang="de")
        assert status == 200
        assert headers["Cache-Control"] == "no-store"
        assert "Ich mag &lt;b&gt;Quittenmarmelade&lt;/b&gt;" in page
        assert "<b>" not in page
        assert page.count("<article ") == 3
        assert "Gast (Kunde), <time" in page
        assert "Bot, <time" in page
        assert "Wer das Gespräch wann führte" in page
        assert f'href="{token}' not in page
        assert not [part for part in page.split('"') if token in part and part != token]
        _, _, english = await _post(edge, "", token=token, lang="en")
        assert '<html lang="en">' in english


async def test_what_was_understood_is_never_quite_sure_and_the_machinerys_names_are_marked_as_such(edge: Edge) -> None:
    async def answer(_request: TurnRequest) -> TurnResponse:
        asked = Call(system="crm", operation="outages_at_postcode", result="1 found", milliseconds=2.0)
        return TurnResponse(
            replies=[Reply(text="Echo")], intent=Reading(name="outage_info", confidence=0.9996), calls=[asked]
        )

    edge.brain.answer = answer
    async with edge.customer() as customer:
        token = await _said(edge, customer)
        for language, sure, technical in (("de", "99 %", "technisch"), ("en", "99%", "technical")):
            _, _, page = await _post(edge, "", token=token, lang=language)
            assert f">{sure}</td>" in page
            assert f">{technical}: outages_at_postcode: 1 found</small>" in page


async def test_the_downloads_hold_the_record_for_programs_and_for_people(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = await _said(edge, customer)
        _, headers, text = await _post(edge, "/download", token=token, format="json")
        assert "attachment" in headers["Content-Disposition"]
        record = json.loads(text)
        assert [one["author"] for one in record["messages"]] == ["bot", "customer", "bot"]
        assert record["messages"][1]["text"] == "Ich mag <b>Quittenmarmelade</b>"
        assert [one["holder"] for one in record["holders"]] == ["bot"]
        assert record["understood"][0]["outcome"] == "committed"
        _, headers, page = await _post(edge, "/download", token=token, format="html", lang="en")
        assert "attachment" in headers["Content-Disposition"]
        assert "Your conversation, complete" in page
        assert wording().say("record_labels", "en") in page
        assert "src=" not in page
        assert "href=" not in page


@pytest.mark.parametrize("path", ["", "/download", "/erase"])
@pytest.mark.parametrize("token", ["", "x", "ä" * 1000])
async def test_without_its_token_there_is_no_record(edge: Edge, path: str, token: str) -> None:
    async with edge.customer() as customer:
        await _said(edge, customer)
        status, _, page = await _post(edge, path, token=token, confirmed="yes")
        assert status == 403
        assert "Quittenmarmelade" not in page


async def test_nothing_is_erased_without_the_tick(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = await _said(edge, customer)
        status, _, page = await _post(edge, "/erase", token=token)
        assert status == 422
        assert "Gelöscht wurde noch nichts" in page
        assert "Quittenmarmelade" in page


async def test_erased_from_the_page_the_chat_ends_and_its_token_opens_nothing(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = await _said(edge, customer)
        status, _, page = await _post(edge, "/erase", token=token, confirmed="yes")
        assert status == 200
        assert "gelöscht" in page
        notice = await customer.event("gelöscht")
        assert notice["author"]["kind"] == "system"
        assert (await customer.ws.receive()).extra == "erased"
        assert customer.ws.close_code == UNAUTHENTICATED
        assert (await _post(edge, "", token=token))[0] == 403
        async with edge.services.store.read() as unit:
            assert await is_erased(unit, customer.welcome["conversation"])
    async with edge.customer() as customer:
        await customer.send({"type": "hello", "v": 1, "token": token, "last_seq": 0, "locale": "de"})
        assert (await customer.frame("error"))["code"] == "expired"


async def test_the_bots_buttons_open_the_page_and_erase(edge: Edge) -> None:
    async def answer(_request: TurnRequest) -> TurnResponse:
        buttons = [
            Button(title="Gespräch löschen", payload="/erase_conversation"),
            Button(title="Meine Daten", payload="/show_record"),
        ]
        return TurnResponse(replies=[Reply(text="Was möchten Sie?", buttons=buttons)])

    edge.brain.answer = answer
    async with edge.customer() as customer:
        await customer.hello()
        await customer.say("Löschen Sie meine Daten")
        erase, show = (await customer.event("Was möchten Sie?"))["buttons"]
        assert set(erase) == {"id", "title"}
        assert show["opens"] == "record"
        # A client that does not know how to open it is told how.
        await customer.say("Meine Daten", payload=show["id"])
        await customer.event("aus dem Chat heraus")
        await customer.say("Gespräch löschen", payload=erase["id"])
        await customer.event("Dieses Gespräch wurde auf Wunsch")
        assert len(edge.brain.requests) == 1, "the brain is not asked whether somebody may erase"


async def test_who_erases_gets_the_acknowledgement_before_the_socket_closes(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(_request: TurnRequest) -> TurnResponse:
        button = Button(title="Gespräch löschen", payload="/erase_conversation")
        return TurnResponse(replies=[Reply(text="Was möchten Sie?", buttons=[button])])

    receive = Conversations.receive

    async def receive_slowly(self: Conversations, *given: Any, **named: Any) -> Any:
        receipt = await receive(self, *given, **named)
        # Time enough for the log's last entry to be sent and the close to be asked for.
        await asyncio.sleep(0.5)
        return receipt

    edge.brain.answer = answer
    async with edge.customer() as customer:
        await customer.hello()
        await customer.say("Löschen Sie meine Daten")
        (erase,) = (await customer.event("Was möchten Sie?"))["buttons"]
        monkeypatch.setattr(Conversations, "receive", receive_slowly)
        await customer.say("Gespräch löschen", client_id="the-last", payload=erase["id"])
        closed = await customer.ws.receive(timeout=10)
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 4401)


async def test_a_transcript_in_the_ticket_system_is_named_where_it_is_not_reached(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = await _said(edge, customer)
        conversation = customer.welcome["conversation"]
        assert "Ticketsystem von" not in (await _post(edge, "", token=token, lang="de"))[2]
        async with edge.services.store.write() as unit:
            opened = await edge.services.conversations.open(unit, conversation)
            await edge.services.conversations.handover.make_case(opened)
            await opened.save()
            (case,) = await cases(unit, conversation)
            await record_ticket(unit, case, "T-000017", "open")
        page = (await _post(edge, "", token=token, lang="de"))[2]
        assert "Im Ticketsystem von Saalenetz liegt eine Abschrift: T-000017" in page
        _, _, done = await _post(edge, "/erase", token=token, confirmed="yes", lang="en")
        assert "transcript is in the ticket system of Saalenetz: T-000017" in done
        async with edge.services.store.read() as unit:
            last = (await newest_messages(unit, conversation, 1))[0]
        assert "T-000017" in last.text
