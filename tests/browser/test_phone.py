"""A customer on WhatsApp from the first word to the agent's answer: the provider repeats, loses and throttles."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.stack import Login

OUTAGE = {"de": "Gibt es in 06217 gerade eine Störung?", "en": "Is there an outage in 06217 right now?"}
PERSON = {"de": "Ich möchte mit einem Menschen sprechen", "en": "I would like to talk to a person"}
THANKS = {"de": "Danke, das ist gut", "en": "Thanks, that is good"}
REPLY = {"de": "Ich sehe mir Ihr Bild an.", "en": "I am looking at your picture."}
# Milliseconds. What a lost confirmation leaves uncertain is not sent again before the provider's word on it is due.
CERTAIN = 90_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("width", [1280, 375])
async def test_from_the_first_word_to_the_agents_answer(
    windows: Windows, language: Language, anna: Login, width: int
) -> None:
    phone = await (await windows.phone(language, viewport={"width": width, "height": 800})).open()
    human = phone.words("whatsapp_label_human", name=anna.name)
    for trouble in ("repeated", "answer_lost", "throttled"):
        await phone.switch(trouble)

    await phone.say(OUTAGE[language])
    answer = phone.labelled(phone.words("author_bot"), "S-1042")
    await expect(answer).to_have_count(1, timeout=CERTAIN)
    # The first word of all says that this is a bot, and the customer's own is marked as read.
    await expect(phone.received.first).to_contain_text(phone.words("author_bot"))
    await expect(phone.sent.first.locator(".ticks")).to_have_class(re.compile("read"))

    await phone.say(PERSON[language])
    queued = phone.labelled(phone.words("author_system"), phone.said("queued_customer_request"))
    await expect(queued).to_have_count(1, timeout=CERTAIN)
    agent = await (await windows.agent(language)).enter(anna)
    # Nobody else writes from a phone here.
    row = agent.inbox.locator("a.row").filter(has_text="WhatsApp")
    await row.click()
    await expect(agent.said_by("customer", OUTAGE[language])).to_have_count(1)
    await agent.claim()
    await phone.send_sample("image")
    await expect(agent.thread.locator('li[data-author="customer"] img')).to_be_visible()
    await agent.write(REPLY[language])
    await expect(phone.labelled(human, REPLY[language])).to_have_count(1, timeout=CERTAIN)

    found = await Axe().run(phone.page, options={"runOnly": RULES})
    assert not found.response["violations"], found.generate_report()
    assert await phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    await agent.hand_back()
    await expect(phone.labelled(phone.words("author_bot"), phone.words("disclosure_again"))).to_have_count(
        1, timeout=CERTAIN
    )
    # However often the provider repeats and loses: each word once.
    await expect(phone.labelled(human, REPLY[language])).to_have_count(1)
    await expect(answer).to_have_count(1)


async def test_a_colleague_in_the_app_is_heard_and_the_bot_is_silent(
    windows: Windows, language: Language, anna: Login
) -> None:
    phone = await (await windows.phone(language, color_scheme="dark")).open()
    await phone.say(OUTAGE[language])
    await expect(phone.labelled(phone.words("author_bot"), "S-1042")).to_have_count(1)
    by_bot = phone.received.filter(has=phone.page.locator(".label", has_text=phone.words("author_bot")))
    before = await by_bot.count()
    await phone.page.get_by_role("button", name=phone.words("phone_colleague_send")).click()
    told = phone.labelled(phone.words("author_system"), phone.said("wrote_in_app"))
    await expect(told).to_have_count(1)
    await phone.say(THANKS[language])
    agent = await (await windows.agent(language)).enter(anna)
    row = agent.inbox.locator("a.row").filter(has_text=phone.words("author_in_app"))
    await agent.page.goto(f"{agent.base}/desk#/team")
    await row.first.click()
    await expect(agent.said_by("human", phone.words("phone_colleague_text"))).to_have_count(1)
    await expect(agent.said_by("customer", THANKS[language])).to_have_count(1)
    await agent.claim()
    await agent.write(REPLY[language])
    human = phone.words("whatsapp_label_human", name=anna.name)
    await expect(phone.labelled(human, REPLY[language])).to_have_count(1)
    # Nobody but people has spoken since the colleague wrote.
    await expect(by_bot).to_have_count(before)
    found = await Axe().run(phone.page, options={"runOnly": RULES})
    assert not found.response["violations"], found.generate_report()
