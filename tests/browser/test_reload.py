"""Reloads, second tabs and lost lines: the conversation is where it was."""

from __future__ import annotations

from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.stack import Login

CONTACT = {"de": "Wie erreiche ich Sie am Telefon?", "en": "What is your phone number?"}


async def test_a_reload_changes_nothing(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    answer = await customer.ask(CONTACT[language], customer.said("contact_info"))
    await customer.expect_source(answer)
    conversation, before = await customer.conversation(), await customer.transcript()
    await customer.reload()
    await customer.arrived("bot", customer.said("contact_info"))
    assert await customer.transcript() == before
    assert await customer.conversation() == conversation


async def test_a_second_tab_shows_the_same_conversation(windows: Windows, language: Language) -> None:
    first = await (await windows.customer(language)).open()
    await first.ask(CONTACT[language], first.said("contact_info"))
    second = windows.customer_tab(await first.page.context.new_page(), language)
    await second.open()
    await second.arrived("bot", second.said("contact_info"))
    await second.ask_for_a_person()
    await first.arrived("system", first.said("queued_customer_request"))
    await expect(first.holder).to_have_text(first.words("widget_holder_queue"))
    assert await first.messages.count() == await second.messages.count()


async def test_the_desk_opens_again_where_it_was(windows: Windows, language: Language, anna: Login) -> None:
    agent = await (await windows.agent(language)).enter(anna)
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    await agent.open(await customer.conversation())
    await agent.claim()
    await agent.write("Guten Tag (1)")
    await agent.field.fill("Noch nicht fertig")
    await agent.page.reload()
    await expect(agent.said_by("human", "Guten Tag (1)")).to_have_count(1)
    await expect(agent.field).to_have_value("Noch nicht fertig")
    await agent.write("Guten Tag (2)")
    await customer.arrived("human", "Guten Tag (2)")
    elsewhere = windows.agent_tab(await agent.page.context.new_page(), language)
    await elsewhere.page.goto(agent.page.url)
    await expect(elsewhere.said_by("human", "Guten Tag (2)")).to_have_count(1)


async def test_what_is_written_offline_is_sent_when_the_line_is_back(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask(CONTACT[language], customer.said("contact_info"))
    async with customer.offline():
        await customer.say(CONTACT[language])
        waiting = customer.by("customer", CONTACT[language]).nth(1)
        await expect(waiting.locator(".state")).to_be_visible()
    await customer.arrived("bot", customer.said("contact_info"), before=1)
    await expect(waiting.locator(".state:not(.seen)")).to_be_hidden()
    await expect(customer.by("customer")).to_have_count(2)
