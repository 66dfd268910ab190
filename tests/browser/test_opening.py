"""The first look: the chat says that a bot answers, what it can do, and that a person is one press away."""

from __future__ import annotations

import re

from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows

TOPICS = ("topic_report_fault", "topic_invoice_show", "topic_contract_show", "topic_fiber_availability")


async def test_it_is_disclosed_before_anything_is_said(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    first = customer.messages.first
    await expect(first).to_contain_text(customer.words("disclosure"))
    await expect(first.locator(".name")).to_have_text(customer.words("widget_author_bot"))
    for topic in TOPICS:
        await expect(customer.choice(customer.words(topic))).to_be_visible()
    await expect(customer.holder).to_have_text(customer.words("widget_holder_bot"))
    assert await customer.page.evaluate("localStorage.length") == 0, "stored before the customer said anything"


async def test_a_person_is_one_press_away(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await expect(customer.to_human).to_have_text(customer.words("widget_human"))
    await customer.ask_for_a_person()
    await expect(customer.holder).to_have_text(customer.words("widget_holder_queue"))


async def test_the_language_can_be_switched(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.switch_language()
    await expect(customer.holder).to_have_text(customer.words("widget_holder_bot"))
    await expect(customer.to_human).to_have_text(customer.words("widget_human"))
    question = {"de": "Sind Sie ein Mensch?", "en": "Are you a human?"}[customer.language]
    await customer.ask(question, customer.said("bot_challenge"))
    await customer.reload()
    await expect(customer.to_human).to_have_text(customer.words("widget_human"))


async def test_every_message_names_its_author_in_words(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    names = await customer.thread.locator("article .name").all_inner_texts()
    assert names == [customer.words(f"widget_author_{author}") for author in ("bot", "customer", "system")]
    await expect(customer.messages.nth(2)).to_have_accessible_name(re.compile(customer.words("widget_author_system")))


async def test_the_keyboard_is_enough(windows: Windows) -> None:
    customer = await windows.customer("de")
    await customer.visit()
    launcher = customer.page.get_by_role("button", name=customer.words("widget_launcher"))
    await launcher.focus()
    await customer.page.keyboard.press("Enter")
    await expect(customer.input).to_be_focused()
    await customer.page.keyboard.type("Guten Morgen")
    await customer.page.keyboard.press("Enter")
    await customer.arrived("bot", customer.said("utter_greet"))
    await customer.page.keyboard.press("Escape")
    await expect(customer.panel).to_be_hidden()
    await expect(launcher).to_be_focused()


FIRST_IN_SIGHT = """(log) => [...log.querySelectorAll("article")]
  .find((one) => one.getBoundingClientRect().bottom > log.getBoundingClientRect().top + 1).textContent"""


async def test_larger_type_leaves_who_is_reading_at_the_same_message(desks: Windows) -> None:
    customer = await (await desks.customer("de")).open()
    for number in range(8):
        await customer.ask(f"Frage {number}", f"Echo: Frage {number}")
    await customer.by("bot", "Echo: Frage 3").evaluate("(one) => one.scrollIntoView()")
    before = await customer.thread.evaluate(FIRST_IN_SIGHT)
    for _ in range(2):
        await customer.panel.get_by_role("button", name=customer.words("widget_large_type")).click()
        assert await customer.thread.evaluate(FIRST_IN_SIGHT) == before
