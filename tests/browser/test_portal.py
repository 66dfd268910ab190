"""The customer portal: whoever is logged in there is known in the chat; a foreign signature changes nothing."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Route, expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import AgentWindow
from tests.browser.stack import Login

INVOICE = {"de": "Zeigen Sie mir bitte meine letzte Rechnung", "en": "Please show me my last invoice"}
QUIET = "2169047"


async def test_whoever_is_logged_in_at_the_portal_needs_no_code(
    windows: Windows, language: Language, anna: Login
) -> None:
    agent: AgentWindow = await (await windows.agent(language)).enter(anna)
    customer = await windows.customer(language)
    await customer.visit()
    await customer.page.locator("[data-portal]").select_option(QUIET)
    await expect(customer.page.locator("[data-situation]")).not_to_be_empty()
    await expect(customer.messages.first).to_be_visible()
    await customer.expect_source(await customer.ask(INVOICE[language], "R-"))
    await customer.ask_for_a_person({"de": "Ich will mit einem Menschen sprechen", "en": "A person, please"}[language])
    await expect(agent.row(await customer.conversation())).to_contain_text("Stefan Reuter")


async def test_a_login_that_the_portal_has_not_signed_is_said_and_changes_nothing(
    windows: Windows, language: Language
) -> None:
    customer = await (await windows.customer(language)).open()
    customer.expect_console("klartext: identify_signature")
    await customer.page.evaluate(f"Klartext('identify', '{QUIET}', '1.{'0' * 64}')")
    await expect(customer.status).to_contain_text(customer.words("error_identify_signature"))
    await customer.ask(INVOICE[language], customer.words("identity_ask_identifier"))


async def test_whoever_logs_out_takes_the_conversation_along(windows: Windows, language: Language) -> None:
    customer = await windows.customer(language)
    await customer.visit()
    await customer.page.locator("[data-portal]").select_option(QUIET)
    await expect(customer.messages.first).to_be_visible()
    await customer.ask(INVOICE[language], "R-")
    await customer.page.locator("[data-portal]").select_option("")
    await expect(customer.panel).to_be_hidden()
    assert await customer.page.evaluate("localStorage.length") == 0
    await customer.open_chat()
    await customer.ask(INVOICE[language], customer.words("identity_ask_identifier"))
    await expect(customer.by("bot", "R-")).to_have_count(0)


async def test_a_signature_of_the_same_second_is_fetched_again(windows: Windows) -> None:
    first, second = await windows.customer("de"), await windows.customer("de")
    address = re.compile(rf"/demo/portal/{QUIET}$")
    await first.visit()
    async with first.page.expect_response(address) as answered:
        await first.page.locator("[data-portal]").select_option(QUIET)
    used = await (await answered.value).text()
    await first.ask(INVOICE["de"], "R-")
    asked = 0

    async def the_same_at_first(route: Route) -> None:
        nonlocal asked
        asked += 1
        await (route.fulfill(body=used) if asked == 1 else route.continue_())

    await second.visit()
    await second.page.route(address, the_same_at_first)
    await second.page.locator("[data-portal]").select_option(QUIET)
    await expect(second.messages.first).to_be_visible()
    async with second.page.expect_response(address):
        pass
    await second.ask(INVOICE["de"], "R-")
    assert asked == 2


async def test_what_is_asked_while_the_login_is_on_its_way_is_asked_by_who_is_logged_in(windows: Windows) -> None:
    customer = await windows.customer("de")

    async def late(route: Route) -> None:
        await asyncio.sleep(1.5)
        await route.continue_()

    await customer.page.route(re.compile(r"/demo/portal/"), late)
    await customer.visit()
    await customer.page.locator("[data-portal]").select_option(QUIET)
    await expect(customer.messages.first).to_be_visible()
    await customer.ask(INVOICE["de"], "R-")
