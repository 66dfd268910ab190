"""Why this answer: one press at a message of the bot, in plain words; the technical trace one press further."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import CustomerWindow

OUTAGE = {"de": "Gibt es in 06217 eine Störung?", "en": "Is there an outage in 06217?"}
WHY = {"de": "Warum sagst du das?", "en": "Why do you say that?"}


async def _ask_why(customer: CustomerWindow, message: Locator) -> Locator:
    await message.get_by_role("button", name=customer.words("widget_why")).click()
    reasons = message.locator(".reasons")
    await expect(reasons.get_by_role("listitem").first).to_be_visible()
    return reasons


async def test_a_press_tells_what_was_understood_what_was_read_and_which_rule(
    windows: Windows, language: Language
) -> None:
    customer = await (await windows.customer(language)).open()
    answer = await customer.ask(OUTAGE[language], "S-1042")
    reasons = await _ask_why(customer, answer)
    told = reasons.get_by_role("listitem")
    title = customer.words("intent_title_outage_info")
    await expect(told.first).to_have_text(customer.said("explain_understood", title=title))
    await expect(reasons).to_contain_text(customer.words("explain_system_crm"))
    await expect(reasons).to_contain_text(customer.words("explain_rule_answer"))
    trace = reasons.get_by_role("button", name=customer.words("widget_why_trace"))
    await expect(reasons.locator(".trace")).to_be_hidden()
    await trace.click()
    await expect(trace).to_have_attribute("aria-expanded", "true")
    await expect(reasons.locator(".trace")).to_contain_text("outage_info")
    await answer.get_by_role("button", name=customer.words("widget_why")).click()
    await expect(reasons).to_be_hidden()


async def test_every_message_of_the_bot_has_it_and_no_other(windows: Windows) -> None:
    customer = await (await windows.customer("de")).open()
    await customer.ask(OUTAGE["de"], "S-1042")
    await customer.ask_for_a_person()
    for author, expected in (("bot", True), ("customer", False), ("system", False)):
        for message in await customer.by(author).all():
            await expect(message.locator(".ask-why")).to_have_count(int(expected))
    reasons = await _ask_why(customer, customer.by("bot").first)
    await expect(reasons).to_contain_text(customer.words("explain_rule_discloses"))


async def test_asked_in_words_it_is_told_in_the_conversation(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask(OUTAGE[language], "S-1042")
    told = await customer.ask(WHY[language], customer.said("explain_in_words"))
    await expect(told).to_contain_text(customer.words("intent_title_outage_info"))
    await expect(told).to_contain_text(customer.words("explain_system_crm"))


async def test_where_it_cannot_be_fetched_it_says_so_and_asks_again_at_the_next_press(windows: Windows) -> None:
    customer = await (await windows.customer("de")).open()
    customer.expect_console("Failed to load resource")
    answer = await customer.ask(OUTAGE["de"], "S-1042")
    await customer.page.route("**/widget/why/*", lambda route: route.abort())
    button = answer.get_by_role("button", name=customer.words("widget_why"))
    await button.click()
    await expect(answer.locator(".reasons")).to_have_text(customer.words("widget_why_failed"))
    await customer.page.unroute("**/widget/why/*")
    await button.click()
    await _ask_why(customer, answer)
