"""The widget's socket and its HTTP fallback, driven from outside."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from html import escape

import aiohttp
import pytest

from bot.conversation.limits import TEXT_LIMIT
from bot.settings import Settings
from bot.store.errors import StoreUnavailable
from tests.fakes.brain import FakeBrain
from tests.integration.edge.conftest import Edge, running, without_marks


async def test_a_conversation_over_the_socket(edge: Edge) -> None:
    async with edge.customer() as customer:
        welcome = await customer.hello()
        assert welcome["mode"] == "snapshot"
        assert welcome["holder"] == "bot"
        first = await customer.frame("event")
        assert first["seq"] == 1
        assert first["author"] == {"kind": "bot", "name": "Bot"}
        assert "kein Mensch" in first["text"]
        assert all(set(button) == {"id", "title"} for button in first["buttons"])
        ack = await customer.say("Hallo", "id-1")
        assert ack["seq"] == 2
        own = await customer.event("Hallo")
        assert (own["author"]["kind"], own["client_id"]) == ("customer", "id-1")
        answer = await customer.event("Echo: Hallo")
        assert answer["seq"] == 3
        assert (await customer.say("Hallo", "id-1"))["message_id"] == ack["message_id"]


async def test_a_reconnect_gets_exactly_what_it_missed(edge: Edge) -> None:
    async with edge.customer() as customer:
        token = (await customer.hello())["token"]
        await customer.say("eins")
        await customer.event("Echo: eins")
    async with edge.customer() as customer:
        welcome = await customer.hello(token, last_seq=2)
        assert (welcome["mode"], welcome["head_seq"]) == ("replay", 3)
        assert (await customer.frame("event"))["seq"] == 3
        await customer.say("zwei")
        seqs = [(await customer.frame("event"))["seq"] for _ in range(2)]
        assert seqs == [4, 5]


async def test_everything_is_where_it_was_after_the_edge_restarts(settings: Settings, brain: FakeBrain) -> None:
    async with running(settings, brain) as edge, edge.customer() as customer:
        token = (await customer.hello())["token"]
        await customer.say("vor dem Neustart")
        await customer.event("Echo")
    async with running(settings, brain) as edge, edge.customer() as customer:
        await customer.hello(token)
        texts = [(await customer.frame("event"))["text"] for _ in range(3)]
        assert texts[1:] == ["vor dem Neustart", "Echo: vor dem Neustart"]


async def test_a_message_acknowledged_before_a_stop_is_answered_after_it(settings: Settings, brain: FakeBrain) -> None:
    # The lease of the stopped worker has to run out before another one answers.
    settings = replace(settings, brain_timeout=1.0)
    with brain.thinking():
        async with running(settings, brain) as edge, edge.customer() as customer:
            token = (await customer.hello())["token"]
            await customer.say("wird noch beantwortet")
    async with running(settings, brain) as edge, edge.customer() as customer:
        await customer.hello(token)
        event = await asyncio.wait_for(customer.event("Echo: wird noch beantwortet"), 15)
        assert event["seq"] == 3


async def test_two_tabs_see_the_same(edge: Edge) -> None:
    async with edge.customer() as one, edge.customer() as two:
        token = (await one.hello())["token"]
        await two.hello(token)
        await one.say("aus dem ersten Tab")
        assert (await two.event("aus dem ersten Tab"))["seq"] == 2
        assert (await two.event("Echo"))["seq"] == 3


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{not json", "bad_frame"),
        ("[]", "bad_frame"),
        ('"text"', "bad_frame"),
        ('{"type":"msg","text":"ohne client_id"}', "bad_frame"),
        ('{"type":"msg","client_id":"1","text":5}', "bad_frame"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":"msg","client_id":"1","text":""}', "empty"),
        ('{"type":"msg","client_id":"1","text":"\\u200b"}', "empty"),
        (json.dumps({"type": "msg", "client_id": "1", "text": "x" * (TEXT_LIMIT + 1)}), "too_long"),
        (json.dumps({"type": "msg", "client_id": "1", "text": "x" * 100_000}), "too_long"),
        ('{"type":"msg","client_id":"1","text":"x","payload":"/restart"}', "button"),
        ('{"type":"msg","client_id":"1","text":"x","payload":"forged"}', "button"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_bad_frame_gets_a_clear_error_and_stores_nothing(edge: Edge, frame: str, code: str) -> None:
    async with edge.customer() as customer:
        await customer.hello(locale="de")
        await customer.frame("event")
        await customer.send(frame)
        error = await customer.frame("error")
        assert error["code"] == code
        assert error["message"].endswith(".")
        assert "Traceback" not in error["message"]
        # The connection goes on.
        assert (await customer.say("geht weiter"))["seq"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "👨‍👩‍👧‍👦",
        "مرحبا كيف حالك",
        "/restart",
        '/talk_to_human{"x":1}',
        "a\x00b",
        "EXTERNAL: x",
    ],
)
async def test_any_text_is_kept_as_text(edge: Edge, text: str) -> None:
    async with edge.customer() as customer:
        await customer.hello()
        await customer.say(text)
        await customer.event("Echo")
    (request,) = edge.brain.requests
    assert request.text == text.replace("\x00", "")
    assert request.payload is None


async def test_errors_are_in_the_customers_language(edge: Edge) -> None:
    async with edge.customer() as customer:
        await customer.hello(locale="en-GB")
        assert "not a person" in (await customer.frame("event"))["text"]
        await customer.send("{")
        assert "could not be read" in (await customer.frame("error"))["message"]


async def test_an_unknown_or_expired_token_is_said_and_the_connection_ends(edge: Edge) -> None:
    async with edge.customer() as customer:
        await customer.send({"type": "hello", "v": 1, "token": "made up", "last_seq": 0, "locale": "de"})
        assert (await customer.frame("error"))["code"] == "expired"
        closed = await customer.ws.receive()
        assert closed.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        assert customer.ws.close_code == 4401


async def test_a_first_frame_that_is_no_hello_ends_the_connection(edge: Edge) -> None:
    async with edge.customer() as customer:
        await customer.send({"type": "msg", "client_id": "1", "text": "ohne Anmeldung"})
        while not customer.ws.closed:
            await customer.ws.receive()
        assert customer.ws.close_code == 4401


async def test_a_foreign_origin_is_refused(edge: Edge) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with edge.customer(Origin="https://evil.example"):
            pass
    assert refused.value.status == 403


async def test_too_many_messages_at_once_are_refused_one_by_one_and_then_the_socket_closes(edge: Edge) -> None:
    async with edge.customer() as customer:
        await customer.hello()
        for number in range(300):
            await customer.send({"type": "msg", "client_id": f"c{number}", "text": "x"})
        codes = set()
        while not customer.ws.closed:
            message = await customer.ws.receive()
            if message.type is aiohttp.WSMsgType.TEXT and json.loads(message.data)["type"] == "error":
                codes.add(json.loads(message.data)["code"])
        assert codes == {"rate"}
        assert customer.ws.close_code == 4429


async def test_the_language_can_be_switched_and_the_bot_says_in_it_what_it_is(edge: Edge) -> None:
    async with edge.customer() as customer:
        await customer.hello(locale="de")
        await customer.send({"type": "locale", "locale": "en"})
        assert "not a person" in (await customer.event("computer program"))["text"]


async def test_a_brain_that_is_away_hands_over_with_the_true_reason(settings: Settings, brain: FakeBrain) -> None:
    brain.status = 503
    async with running(replace(settings, turn_deadline=1.5), brain) as edge, edge.customer() as customer:
        await customer.hello()
        await customer.say("Hallo")
        notice = await asyncio.wait_for(customer.event("Der Bot kann im Moment nicht antworten"), 10)
        assert notice["holder"] == "queue"


async def test_a_slow_brain_is_shown_as_typing(edge: Edge) -> None:
    async with edge.customer() as customer:
        await customer.hello()
        with edge.brain.thinking():
            await customer.say("Hallo")
            assert (await customer.frame("typing"))["author"]["kind"] == "bot"
        await customer.event("Echo")


async def test_the_same_over_http_when_sockets_are_blocked(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{edge.base}/widget/hello", json={"locale": "de"}) as response:
            welcome = await response.json()
        authorized = {"Authorization": f"Bearer {welcome['token']}"}
        for _ in range(2):
            async with session.post(
                f"{edge.base}/widget/messages", json={"client_id": "h1", "text": "Hallo"}, headers=authorized
            ) as response:
                assert response.status == 200
                assert (await response.json())["seq"] == 2
        seen: list[int] = []
        while len(seen) < 3:
            after = seen[-1] if seen else 0
            async with session.get(
                f"{edge.base}/widget/events", params={"after": after, "wait": 5}, headers=authorized
            ) as response:
                seen += [event["seq"] for event in (await response.json())["events"]]
        assert seen == [1, 2, 3]
        async with session.get(f"{edge.base}/widget/events", headers={"Authorization": "Bearer no"}) as response:
            assert response.status == 401
        async with session.post(f"{edge.base}/widget/messages", data=b"\xff{", headers=authorized) as response:
            assert response.status == 400
            assert (await response.json())["code"] == "bad_frame"


async def test_pages_carry_a_strict_policy_and_errors_no_trace(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        for path in (
            "/",
            "/?lang=en",
            "/desk",
            "/demo/outbox",
            "/transparency",
            "/widget/klartext.js",
            "/healthz",
            "/no-such-page",
        ):
            async with session.get(f"{edge.base}{path}") as response:
                assert response.status == (404 if path == "/no-such-page" else 200), path
                policy = response.headers["Content-Security-Policy"]
                assert "unsafe" not in policy
                assert "default-src 'self'" in policy
                assert "Traceback" not in await response.text()
        async with session.get(f"{edge.base}/readyz") as response:
            assert await response.json() == {"database": "ok", "brain": "ok"}
        async with session.get(f"{edge.base}/metrics") as response:
            assert "klartext_inbox_oldest_seconds" in await response.text()


async def test_the_public_page_says_what_is_so_in_both_languages_and_to_programs(edge: Edge) -> None:
    async with edge.customer() as customer, aiohttp.ClientSession() as session:
        await customer.hello()
        await customer.say("Hallo")
        await customer.event("Echo")
        async with session.get(f"{edge.base}/transparency.json") as response:
            facts = await response.json()
        assert facts["figures"]["customer_messages"] == facts["figures"]["answered_by_bot"] == 1
        assert facts["figures"]["dropped"] == facts["figures"]["doubled"] == 0
        assert "report_fault" in facts["answers_itself"]
        assert "365 Tage nach" in facts["stored"]["person"]["de"]
        for language, sentence in (("de", "ein Computerprogramm"), ("en", "computer program")):
            async with session.get(f"{edge.base}/transparency", params={"lang": language}) as response:
                page = without_marks(await response.text())
            assert f'<html lang="{language}">' in page
            assert sentence in page
            assert all(escape(kind[language]) in page for kind in facts["stored"].values())
            assert "<script" not in page


async def test_who_opens_a_page_that_is_not_there_reads_a_sentence_and_a_program_gets_data(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        browser = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en-GB,en"}
        async with session.get(f"{edge.base}/nowhere", headers=browser) as response:
            assert response.status == 404
            assert "There is no such page." in await response.text()
            assert response.content_type == "text/html"
        async with session.get(f"{edge.base}/nowhere") as response:
            assert (await response.json())["code"] == "not_found"


async def test_a_database_that_is_away_is_said_and_nothing_is_acknowledged(edge: Edge) -> None:
    async with edge.customer() as customer, aiohttp.ClientSession() as session:
        await customer.hello()
        await customer.say("vorher")
        await customer.event("Echo: vorher")
        folder = edge.services.settings.var
        await edge.services.store.database.close()
        for path in folder.glob("klartext.db*"):
            path.rename(folder / f"away-{path.name}")
        (folder / "klartext.db").mkdir()
        await customer.send({"type": "msg", "client_id": "later", "text": "nachher"})
        error = await customer.frame("error")
        assert (error["code"], error["client_id"]) == ("unavailable", "later")
        async with session.get(f"{edge.base}/transparency", headers={"Accept": "text/html"}) as response:
            assert response.status == 503
            assert "Datenbank" in await response.text()
        (folder / "klartext.db").rmdir()
        for path in folder.glob("away-*"):
            path.rename(folder / path.name.removeprefix("away-"))
        ack = await customer.say("nachher", "later")
        assert ack["client_id"] == "later"
        await customer.event("Echo: nachher")


async def test_what_was_read_while_the_database_was_away_is_kept_when_it_is_back(edge: Edge) -> None:
    async with edge.customer() as customer, edge.customer() as again:
        first = await customer.hello()
        await customer.say("vorher")
        answer = await customer.event("Echo: vorher")
        refused, confirm = asyncio.Event(), edge.services.conversations.confirm

        async def away_once(conversation_id: str, *, delivered: int, read: int) -> None:
            if not refused.is_set():
                refused.set()
                raise StoreUnavailable("away")
            await confirm(conversation_id, delivered=delivered, read=read)
            kept.set()

        kept = asyncio.Event()
        edge.services.conversations.confirm = away_once  # type: ignore[method-assign]
        await customer.send({"type": "read", "seq": answer["seq"]})
        await asyncio.wait_for(kept.wait(), 60)
        # Who comes back is told how far they had read, so that their page can tell what is missing.
        assert (await again.hello(first["token"]))["read"] == answer["seq"]
        assert first["read"] == 0
