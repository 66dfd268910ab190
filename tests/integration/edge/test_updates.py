"""News of the build-out: confirmed with a button, sent once when it moves, ended with one click."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import aiohttp
import pytest

from actions.crm.contract_models import Letter
from actions.crm.interest_models import NewInterest
from bot.service.updates import Updates, end_link, page_link
from tests.integration.edge.conftest import Edge, without_marks

MAIL = "neu@example.org"


async def token_of(edge: Edge, language: str = "de") -> str:
    """Somebody has asked for news; the secret in the first mail."""
    hit = (await edge.services.crm.find_addresses("Weiße Mauer 3, Merseburg"))[0]
    new = NewInterest(wish="updates", email=MAIL, address_key=hit.key, language=language)
    body = f"{page_link('', '{token}')} {end_link('', '{token}')}"
    await edge.services.crm.register_interest(new, Letter(subject="s", body=body), idempotency_key="k")
    found = re.match(r"/updates/(\S+) ", (await edge.services.crm.notifications(1))[0].body)
    assert found is not None
    return found[1]


def move(edge: Edge, phase: str) -> None:
    file = edge.services.settings.crm_url.partition("///")[2]
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("update build_area set phase = ? where number = 'G-04'", (phase,))
        connection.commit()


async def mails(edge: Edge) -> list[str]:
    return [sent.body for sent in await edge.services.crm.notifications() if sent.to == MAIL]


async def fetch(method: str, url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.request(method, url) as response:
        return response.status, without_marks(await response.text())


@pytest.mark.parametrize(
    ("language", "asked", "on", "ended"),
    [
        ("de", "Bitte bestätigen Sie", "Sie bekommen eine E-Mail", "Beendet."),
        ("en", "Please confirm that", "You will get an e-mail", "Ended."),
    ],
)
async def test_confirmed_told_once_per_move_and_ended_by_the_link_in_the_mail(
    edge: Edge, language: str, asked: str, on: str, ended: str
) -> None:
    page = page_link(edge.base, await token_of(edge, language))
    updates = Updates(edge.services.crm, edge.services.words, edge.base)
    move(edge, "house_connections")
    assert await updates.tell_due() == 0  # nobody has confirmed yet
    status, text = await fetch("GET", page)
    assert (status, asked in text) == (200, True)
    assert on in (await fetch("POST", f"{page}/confirm"))[1]
    await updates.tell_due()
    assert await updates.tell_due() == 0
    [news, _first] = await mails(edge)
    assert edge.services.words.say("build_phase_house_connections", language) in news
    link = re.search(r"http\S+/end", news)
    assert link is not None
    assert (await fetch("HEAD", link[0]))[0] == 405  # looking is not clicking
    status, text = await fetch("GET", link[0])
    assert (status, ended in text) == (200, True)
    move(edge, "activation")
    assert await updates.tell_due() == 0
    assert len(await mails(edge)) == 2
    assert on in (await fetch("POST", f"{page}/confirm"))[1]  # who did not mean it turns them on again


async def test_following_the_link_in_the_first_mail_confirms_nothing(edge: Edge) -> None:
    token = await token_of(edge)
    await fetch("GET", page_link(edge.base, token))
    found = await edge.services.crm.interest_by_token(token)
    assert found is not None and found.value.updates == "asked"


async def test_a_wrong_token_and_a_system_that_is_away_are_told(edge: Edge) -> None:
    status, text = await fetch("GET", page_link(edge.base, "<script>"))
    assert status == 404 and "<script>" not in text.replace('action="', "")
    assert (await fetch("GET", end_link(edge.base, "wrong")))[0] == 404
    page = page_link(edge.base, await token_of(edge))
    file = edge.services.settings.crm_url.partition("///")[2]
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("drop table lead")
        connection.commit()
    status, text = await fetch("GET", f"{page}/end")
    assert status == 503
    assert "nichts geändert" in text or "Nothing was changed" in text
