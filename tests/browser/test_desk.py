"""The handover from two windows: the customer's and the agent's. Nothing is reloaded unless a test says so."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import ARRIVAL, AgentWindow, Post
from tests.browser.requests import OUT_OF_PLACE
from tests.browser.stack import Login

OUTAGE = {"de": "Gibt es in 06217 eine Störung?", "en": "Is there an outage in 06217?"}
REPLY = {"de": "Guten Tag, ich sehe mir Ihren Anschluss an.", "en": "Hello, I am looking at your line."}
THANKS = {"de": "Danke, das ist nett", "en": "Thanks, that is kind"}


@pytest_asyncio.fixture(loop_scope="session")
async def agent(windows: Windows, language: Language, anna: Login) -> AgentWindow:
    """An agent who looks at the list."""
    return await (await windows.agent(language)).enter(anna)


async def test_a_handover_from_beginning_to_end_and_again(
    windows: Windows, language: Language, anna: Login, agent: AgentWindow
) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask(OUTAGE[language], "S-1042")
    for round_number in range(2):
        await customer.ask_for_a_person()
        conversation = await customer.conversation()
        row = agent.row(conversation)
        await expect(row).to_be_visible(timeout=ARRIVAL)
        await expect(row).to_contain_text(agent.words("desk_reason_customer_request"))
        await agent.open(conversation)
        await expect(agent.section("why")).to_contain_text(agent.words("desk_reason_customer_request"))
        await expect(agent.said_by("customer", OUTAGE[language])).to_have_count(round_number + 1)
        await expect(agent.said_by("bot", "S-1042")).to_have_count(round_number + 1)

        await agent.claim()
        await customer.arrived("system", customer.words("claimed", agent=anna.name), before=round_number)
        await expect(customer.holder).to_have_text(customer.words("widget_holder_agent", name=anna.name))
        await expect(customer.to_human).to_have_text(customer.words("widget_human_present"))

        reply = f"{REPLY[language]} ({round_number})"
        await agent.write(reply)
        shown = await customer.arrived("human", reply)
        await expect(shown.locator(".name")).to_have_text(customer.words("widget_author_human", name=anna.name))

        bot_before = await customer.by("bot").count()
        await customer.say(THANKS[language])
        await expect(agent.said_by("customer", THANKS[language])).to_have_count(round_number + 1)
        # What the agent writes after it is there, and the bot has said nothing in between.
        await agent.write(f"{reply}!")
        await customer.arrived("human", f"{reply}!")
        assert await customer.by("bot").count() == bot_before, await customer.transcript()

        await agent.hand_back(f"Notiz {round_number}")
        await customer.arrived("system", customer.words("handed_back", agent=anna.name), before=round_number)
        await customer.arrived("bot", customer.words("disclosure_again"), before=round_number)
        await expect(customer.holder).to_have_text(customer.words("widget_holder_bot"))
        await customer.ask(OUTAGE[language], "S-1042")
        await agent.show("waiting")


async def test_the_agent_sees_what_the_crm_knows_and_what_the_bot_tried(
    windows: Windows, post: Post, language: Language, agent: AgentWindow
) -> None:
    customer = await (await windows.customer(language)).open()
    question = {"de": "Wie ist der Stand meines Vorgangs?", "en": "What is the status of my ticket?"}[language]
    await customer.ask(question, customer.words("identity_ask_identifier"))
    await customer.prove("2114620", post, "karl-heinz.boettcher@example.org", "T-104817")
    await customer.ask_for_a_person()
    row = agent.row(await customer.conversation())
    await expect(row).to_be_visible(timeout=ARRIVAL)
    await expect(row).to_contain_text("Karl-Heinz Böttcher")
    await row.click()
    known = agent.section("customer")
    for fact in ("Karl-Heinz Böttcher", agent.words("desk_level_proven"), "2114620", "V-211462", "T-104817"):
        await expect(known).to_contain_text(fact)
    tried = agent.section("bot_tried")
    await tried.locator("details.older > summary").click()
    await expect(tried).to_contain_text(question)
    await expect(tried).to_contain_text(agent.words("desk_intent_ticket_status"))
    await expect(tried).to_contain_text(agent.words("desk_operation_check_code"))
    await expect(tried).to_contain_text(agent.words("desk_result_proven"))


async def test_asked_back_once_then_a_person_with_the_reason(
    windows: Windows, language: Language, agent: AgentWindow
) -> None:
    customer = await (await windows.customer(language)).open()
    first, second = OUT_OF_PLACE[language]
    await customer.ask(first, customer.words("ask_back_openly"))
    await customer.ask(second, customer.words("queued_not_understood"), author="system")
    conversation = await customer.conversation()
    await expect(agent.row(conversation)).to_contain_text(agent.words("desk_reason_not_understood"), timeout=ARRIVAL)
    await agent.open(conversation)
    await expect(agent.section("why")).to_contain_text(agent.words("desk_reason_not_understood"))
    await expect(agent.section("bot_tried")).to_contain_text(second)


async def test_an_agent_takes_over_from_the_bot_in_the_middle(
    windows: Windows, language: Language, anna: Login, agent: AgentWindow
) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask(OUTAGE[language], "S-1042")
    await agent.show("team")
    await agent.open(await customer.conversation())
    await agent.claim()
    await customer.arrived("system", customer.words("claimed", agent=anna.name))
    await agent.write(REPLY[language])
    await customer.arrived("human", REPLY[language])


async def test_only_one_agent_gets_a_conversation(
    windows: Windows, language: Language, agent: AgentWindow, anna: Login, ben: Login
) -> None:
    other = await (await windows.agent(language)).enter(ben)
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    conversation = await customer.conversation()
    for window in (agent, other):
        await expect(window.row(conversation)).to_be_visible(timeout=ARRIVAL)
        await window.open(conversation)
    await agent.claim()
    await expect(other.main).to_contain_text(other.words("desk_bar_other", name=anna.name))
    await expect(other.main.get_by_role("button", name=other.words("desk_claim"))).to_be_hidden()
    await expect(other.field).to_be_hidden()
    await expect(other.said_by("system", other.words("desk_change_agent", name=anna.name))).to_be_visible()
    await agent.write(REPLY[language])
    await expect(other.said_by("human", REPLY[language])).to_be_visible()


async def test_each_sees_the_other_write(windows: Windows, language: Language, agent: AgentWindow, anna: Login) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    await agent.open(await customer.conversation())
    await agent.claim()
    await customer.input.press_sequentially("Hallo")
    await expect(agent.main.locator(".typing")).not_to_be_empty()
    await agent.field.press_sequentially("Guten Tag")
    typing = customer.panel.locator(".typing")
    await expect(typing).to_have_text(customer.words("widget_typing_human", name=anna.name))
    # Whoever stops is not shown as writing any more, without a word from anybody.
    await expect(typing).to_be_hidden()
    await expect(agent.main.locator(".typing")).to_be_empty()


async def test_the_customer_may_go_back_to_the_bot(windows: Windows, language: Language, agent: AgentWindow) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    conversation = await customer.conversation()
    await expect(agent.row(conversation)).to_be_visible(timeout=ARRIVAL)
    await customer.press(customer.words("button_cancel_queue"), customer.said("queue_cancelled"), author="system")
    await expect(agent.row(conversation)).to_be_hidden()
    await customer.ask(OUTAGE[language], "S-1042")


async def test_log_out_ends_the_session(windows: Windows, language: Language, agent: AgentWindow) -> None:
    agent.expect_console(r"status of 401")
    await agent.page.get_by_role("button", name=agent.words("desk_menu", name="Anna Berger")).click()
    await agent.page.get_by_role("button", name=agent.words("desk_menu_logout")).click()
    await expect(agent.page.get_by_text(agent.words("desk_login_done"))).to_be_visible()
    await agent.page.reload()
    await expect(agent.page.get_by_role("heading", name=agent.words("desk_login_heading"))).to_be_visible()
