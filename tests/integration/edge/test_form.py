"""The page to write on without a script: one form is one case, whatever is repeated, and floods are asked to wait."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape

import aiohttp
import pytest
import sqlalchemy as sa

from bot.conversation.model import utc_now
from bot.service.forms import LIFETIME, Form
from bot.service.outcomes import Refused
from bot.store import tables
from tests.integration.edge.conftest import Edge, without_marks
from tests.invariants import assert_sound

TEXT, CONTACT = "Mein Anschluss geht nicht <b>mehr</b>.", "0345 123456"


async def fetched(session: aiohttp.ClientSession, edge: Edge, lang: str = "de") -> str:
    """The id of a new form."""
    async with session.get(f"{edge.base}/widget/form", params={"lang": lang}) as response:
        page = await response.text()
        assert response.status == 200
        assert "<script" not in page
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


async def send(session: aiohttp.ClientSession, edge: Edge, lang: str = "de", **fields: str) -> tuple[int, str]:
    """Send a form, following to the page behind it; status and page."""
    async with session.post(f"{edge.base}/widget/form", params={"lang": lang}, data=fields) as response:
        return response.status, unescape(without_marks(await response.text()))


async def count(edge: Edge, table: sa.Table) -> int:
    """Rows of a table."""
    async with edge.services.store.read() as unit:
        return int((await unit.connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


@pytest.mark.parametrize("lang", ["de", "en"])
async def test_a_form_is_a_case_with_its_number_and_due_time(edge: Edge, lang: str) -> None:
    async with aiohttp.ClientSession() as session:
        form = await fetched(session, edge, lang)
        status, page = await send(session, edge, lang, form=form, text=TEXT, contact=CONTACT)
    assert status == 200
    case = await edge.services.forms.case_of(form)
    assert case is not None
    assert case.number in page
    assert edge.services.words.say("form_done_due", lang) in page
    async with edge.services.store.read() as unit:
        said = (await unit.connection.execute(sa.select(tables.message.c.author_kind, tables.message.c.text))).all()
    assert [kind for kind, _ in said].count("customer") == 1
    assert any(TEXT in text and CONTACT in text for kind, text in said if kind == "customer")
    assert any(case.number in text for kind, text in said if kind == "system")
    assert edge.brain.requests == [], "nobody waits there for the bot"
    await assert_sound(edge.services.store)


async def test_the_same_form_again_is_the_same_case_also_at_once(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        form = await fetched(session, edge)
        pages = await asyncio.gather(*(send(session, edge, form=form, text=TEXT, contact=CONTACT) for _ in range(8)))
    assert {status for status, _ in pages} == {200}
    assert len({re.search(r"KT-\d+-\d+", page)[0] for _, page in pages}) == 1  # type: ignore[index]
    assert (await count(edge, tables.case), await count(edge, tables.conversation)) == (1, 1)


async def test_a_form_sent_again_before_it_is_stored_uses_up_nothing(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    times, asked, all_have_asked = 8, 0, asyncio.Event()
    case_of = edge.services.forms.case_of

    async def slowly(form_id: str) -> object:
        nonlocal asked
        found = await case_of(form_id)
        asked += 1
        if asked == times:
            all_have_asked.set()
        await all_have_asked.wait()
        return found

    monkeypatch.setattr(edge.services.forms, "case_of", slowly)
    async with aiohttp.ClientSession() as session:
        form = await fetched(session, edge)
        pages = await asyncio.gather(
            *(send(session, edge, form=form, text=TEXT, contact=CONTACT) for _ in range(times))
        )
    assert {status for status, _ in pages} == {200}
    assert (await count(edge, tables.case), await count(edge, tables.conversation)) == (1, 1)


async def test_other_words_in_the_same_form_are_added_and_not_lost(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        form = await fetched(session, edge)
        for text in (TEXT, "Und das Telefon auch nicht.", TEXT):
            status, _ = await send(session, edge, form=form, text=text, contact=CONTACT)
            assert status == 200
    assert (await count(edge, tables.case), await count(edge, tables.conversation)) == (1, 1)
    async with edge.services.store.read() as unit:
        own = sa.select(sa.func.count()).where(tables.message.c.author_kind == "customer")
        assert (await unit.connection.execute(own)).scalar_one() == 2
    await assert_sound(edge.services.store)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"text": " \u200b", "contact": CONTACT}, "empty"),
        ({"text": "x" * 4001, "contact": CONTACT}, "too_long"),
        ({"text": TEXT, "contact": "rufen Sie an"}, "contact"),
        ({"text": TEXT, "contact": "12"}, "contact"),
        ({"text": TEXT, "contact": ""}, "contact"),
        ({"text": TEXT, "contact": "anna@example"}, "contact"),
    ],
)
async def test_what_cannot_be_answered_is_said_and_kept_on_the_page(
    edge: Edge, fields: dict[str, str], error: str
) -> None:
    async with aiohttp.ClientSession() as session:
        form = await fetched(session, edge)
        status, page = await send(session, edge, form=form, **fields)
        assert status == 422
        assert edge.services.words.say(f"form_error_{error}", "de", limit="4000") in page
        assert fields["text"].strip("\n") in page
        assert await count(edge, tables.conversation) == 0
        status, _ = await send(session, edge, form=form, text=TEXT, contact="anna.muster@example.org")
        assert status == 200


async def test_an_id_that_is_not_ours_or_too_old_is_refused_and_what_was_written_stays(edge: Edge) -> None:
    old = edge.services.forms.new_id(utc_now() - LIFETIME - timedelta(minutes=1))
    early = edge.services.forms.new_id(utc_now() + timedelta(hours=1))
    async with aiohttp.ClientSession() as session:
        for form in ("", "made-up", "ü" * 40, f"{'0' * 32}.1.{'0' * 32}", old, early):
            status, page = await send(session, edge, form=form, text=TEXT, contact=CONTACT)
            assert status == 422
            assert TEXT in page
    assert await count(edge, tables.conversation) == 0
    with pytest.raises(Refused):
        await edge.services.forms.take_in(Form(id=old, text=TEXT, contact=CONTACT, language="de"))


async def test_a_flood_is_asked_to_wait_and_repeating_one_form_is_none(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        forms = [await fetched(session, edge) for _ in range(7)]
        answers = [await send(session, edge, form=form, text=TEXT, contact=CONTACT) for form in forms]
        assert [status for status, _ in answers] == [200] * 5 + [429] * 2
        assert TEXT in answers[-1][1]
        assert (await send(session, edge, form=forms[0], text=TEXT, contact=CONTACT))[0] == 200
    assert await count(edge, tables.case) == 5


async def test_another_website_cannot_send_it(edge: Edge) -> None:
    async with aiohttp.ClientSession() as session:
        form = await fetched(session, edge)
        foreign = {"Origin": "https://elsewhere.example"}
        data = {"form": form, "text": TEXT, "contact": CONTACT}
        async with session.post(f"{edge.base}/widget/form", data=data, headers=foreign) as response:
            assert response.status == 403
        async with session.get(f"{edge.base}/widget/form/sent", params={"form": form}) as response:
            assert response.status == 404
