"""The agents' work in real Chromium over a real edge: two agents, two customers, at once.

The brain is a stand-in, so that what the bot says is known; everything else is the product.
"""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from bot.store.log import current_tenure
from tests.browser.conftest import Windows
from tests.browser.desk_edge import ANNA, BEN, step
from tests.browser.pages import AgentWindow
from tests.browser.stack import Login
from tests.integration.edge.conftest import Edge


async def test_a_reply_is_held_back_survives_a_reload_and_can_be_withdrawn(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer("Mein Internet ist langsam")
    agent = await (await desks.agent("de")).enter(ANNA, undo=True)
    await agent.open(conversation)
    await agent.claim()
    await agent.field.fill("An den Falschen")
    await agent.field.press("Enter")
    held = agent.main.locator('[data-held="held"]')
    await expect(held).to_contain_text("Wird in")
    await agent.page.reload()
    await expect(held).to_contain_text("An den Falschen")
    await held.get_by_role("button", name=agent.words("desk_held_undo")).click()
    await expect(held).to_have_count(0)
    await expect(agent.field).to_have_value("An den Falschen")
    await agent.field.fill("Guten Tag")
    await agent.field.press("Enter")
    await held.get_by_role("button", name=agent.words("desk_pending_send_now")).click()
    await customer.arrived("human", "Guten Tag")
    await expect(agent.said_by("human", "Guten Tag")).to_have_count(1)
    await expect(held).to_have_count(0)
    assert await customer.by("human", "An den Falschen").count() == 0


async def test_a_private_note_looks_different_and_reaches_colleagues_alone(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    anna = await (await desks.agent("de")).enter(ANNA)
    ben = await (await desks.agent("de")).enter(BEN)
    for desk in (anna, ben):
        await desk.open(conversation)
    await anna.claim()
    await anna.main.locator('.mode[data-mode="note"]').click()
    await anna.field.fill("<b>Vorsicht</b>, schon gemahnt")
    await anna.field.press("Enter")
    for desk in (anna, ben):
        note = desk.thread.locator('li[data-author="note"]')
        await expect(note).to_contain_text("<b>Vorsicht</b>, schon gemahnt")
        await expect(note).to_contain_text(desk.words("desk_note_private"))
    await anna.main.locator('.mode[data-mode="reply"]').click()
    await anna.write("Danach kam dies")
    await customer.arrived("human", "Danach kam dies")
    assert "Vorsicht" not in await customer.transcript()


async def test_a_draft_of_a_note_never_becomes_a_reply(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    await agent.field.fill("An den Kunden")
    await agent.main.locator('.mode[data-mode="note"]').click()
    await expect(agent.field).to_have_value("")
    await agent.field.fill("Nur für uns")
    await agent.page.reload()
    await expect(agent.field).to_have_value("An den Kunden")
    await agent.main.locator('.mode[data-mode="note"]').click()
    await expect(agent.field).to_have_value("Nur für uns")


async def test_passing_to_a_team_hides_it_and_keeps_the_draft(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    anna = await (await desks.agent("de")).enter(ANNA)
    ben = await (await desks.agent("de")).enter(BEN)
    await anna.open(conversation)
    await anna.claim()
    await anna.field.fill("Noch ein Entwurf")
    await step(anna, "transfer")
    dialog = anna.page.get_by_role("dialog")
    await dialog.get_by_role("combobox").select_option(label="Team Technik")
    await dialog.get_by_role("textbox").fill("Leitung ist geprüft")
    await dialog.get_by_role("button", name=anna.words("desk_transfer_confirm"), exact=True).click()
    await customer.arrived("system", customer.said("queued_transferred", agent=ANNA.name))
    await expect(anna.row(conversation)).to_have_count(0)
    anna.expect_console(r"status of 403")
    await expect(anna.main).to_contain_text(anna.words("desk_lost_sight"))
    await ben.show("waiting")
    await ben.open(conversation)
    await expect(ben.thread.locator('li[data-author="note"]')).to_contain_text("Leitung ist geprüft")
    assert "Leitung" not in await customer.transcript()


IS_THERE = """(name) => fetch("/desk/api/people").then((answer) => answer.json())
  .then(({agents}) => agents.some((one) => one.name === name && one.state === "available"))"""


async def give(agent: AgentWindow, how: str, colleague: Login) -> None:
    """Pass the open conversation on to a colleague, or invite them."""
    await agent.page.wait_for_function(IS_THERE, arg=colleague.name)
    await step(agent, how)
    dialog = agent.page.get_by_role("dialog")
    option = dialog.get_by_role("combobox").locator("option").filter(has_text=colleague.name)
    await dialog.get_by_role("combobox").select_option(value=await option.get_attribute("value"))
    await dialog.get_by_role("button", name=agent.words(f"desk_{how}_confirm"), exact=True).click()
    await expect(dialog).to_have_count(0)


# How many of the agent's conversations are marked as unread.
UNREAD = """() => {
  const words = document.querySelector('.tab[data-view="mine"]').getAttribute("aria-label").split(", ")[2];
  return words ? parseInt(words) || 1 : 0;
}"""


@pytest.mark.parametrize("how", ["transfer", "invite"])
async def test_what_comes_to_an_agent_is_said_and_marked_until_it_is_opened(desks: Windows, how: str) -> None:
    """Who works elsewhere meanwhile hears of it, and sees it at the list and at the row."""
    _, conversation = await desks.waiting_customer()
    anna = await (await desks.agent("de")).enter(ANNA)
    before = await anna.page.evaluate(UNREAD)
    ben = await (await desks.agent("de")).enter(BEN)
    await ben.open(conversation)
    await ben.claim()
    await give(ben, how, ANNA)
    told = anna.said("desk_given" if how == "transfer" else "desk_invited")
    await expect(anna.page.locator("#announcer")).to_contain_text(told)
    unread = anna.words("desk_unread_in_other", n=before + 1) if before else anna.words("desk_unread_in_one")
    await expect(anna.tab("mine")).to_have_attribute("aria-label", re.compile(unread))
    await anna.show("mine")
    await expect(anna.row(conversation)).to_contain_text(anna.words("desk_unread"))
    await anna.open(conversation)
    await expect(anna.row(conversation)).not_to_contain_text(anna.words("desk_unread"))
    await expect(anna.tab("mine")).not_to_have_attribute("aria-label", re.compile(unread))


async def test_what_was_read_here_is_read_on_the_agents_other_devices(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer()
    here, there = [await (await desks.agent("de")).enter(ANNA) for _ in range(2)]
    unread = there.words("desk_unread")
    await expect(there.row(conversation)).to_contain_text(unread)
    await here.open(conversation)
    await expect(there.row(conversation)).not_to_contain_text(unread)
    later = await (await desks.agent("de")).enter(ANNA)
    await expect(later.row(conversation)).not_to_contain_text(unread)


async def test_who_did_not_take_up_what_they_were_given_is_named(desks: Windows, edge: Edge) -> None:
    _, conversation = await desks.waiting_customer()
    anna = await (await desks.agent("de")).enter(ANNA)
    ben = await (await desks.agent("de")).enter(BEN)
    await ben.open(conversation)
    await ben.claim()
    await give(ben, "transfer", ANNA)
    await expect(anna.page.locator("#announcer")).to_contain_text(anna.said("desk_given"))
    async with edge.services.store.write() as unit:
        opened = await edge.services.conversations.open(unit, conversation)
        await edge.services.conversations.handover.back_to_queue(opened, await current_tenure(unit, conversation))
        await opened.save()
    for name in ("why", "course"):
        await expect(ben.section(name)).to_contain_text(ben.words("desk_reason_not_taken_up"))
        await expect(ben.section(name).locator(".quote").last).to_have_text(ANNA.name)


async def test_a_case_is_made_changed_solved_and_the_customer_is_told(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    await step(agent, "case")
    dialog = agent.page.get_by_role("dialog")
    await dialog.get_by_label(agent.words("desk_make_case_title")).fill("Leitung messen")
    await dialog.get_by_role("button", name=agent.words("desk_make_case_confirm"), exact=True).click()
    await customer.arrived("system", customer.said("case_made"))
    await agent.show("cases")
    row = agent.inbox.locator("a.row").filter(has_text="Leitung messen")
    await expect(row).to_contain_text(ANNA.name)
    card = agent.section("cases").locator("[data-case]")
    await card.locator('[data-field="status"]').select_option("solved")
    await customer.arrived("system", customer.said("case_solved"))
    await expect(row).to_have_count(0)


async def test_closing_asks_the_customer_once_and_the_agent_sees_the_answer(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    await agent.write("Das ist erledigt")
    await step(agent, "close")
    dialog = agent.page.get_by_role("dialog")
    await dialog.get_by_role("button", name=agent.words("desk_close_talk_confirm"), exact=True).click()
    await customer.arrived("system", customer.words("closed", agent=ANNA.name))
    # Whoever closed it is not told, as of something that went wrong, that they hold it no more.
    await expect(agent.main.get_by_role("button", name=agent.words("desk_resume"))).to_be_visible()
    await expect(agent.main.locator(".foot-alert")).to_be_empty()
    for name in ("why", "course"):
        await expect(agent.section(name)).to_contain_text(agent.words("desk_close_reason_solved"))
    await expect(agent.section("why")).to_contain_text(agent.words("desk_reason_customer_request"))
    await customer.press(customer.words("rating_4"), customer.words("rating_thanks", stars="4"), author="system")
    await expect(agent.section("ratings")).to_contain_text(agent.words("desk_rating_stars", n=4))
    await agent.show("closed")
    await agent.open(conversation)
    await agent.main.get_by_role("button", name=agent.words("desk_resume")).click()
    await customer.arrived("system", customer.words("resumed", agent=ANNA.name))


async def test_canned_replies_by_slash_and_a_suggestion_that_must_be_adapted(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer("Mein Internet ist langsam")
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    await agent.field.press_sequentially("/begr")
    await agent.field.press("Enter")
    await expect(agent.field).to_have_value(re.compile(r"Guten Tag \{customer_name\}, hier schreibt Anna Berger"))
    await agent.field.press("Enter")
    missing = f"{agent.words('desk_variable_customer_name')} {{customer_name}}"
    await expect(agent.main.locator(".compose-problem")).to_contain_text(missing)
    await agent.field.fill("")
    for mode, count in (("note", 0), ("reply", 2)):
        await agent.main.locator(f'.mode[data-mode="{mode}"]').click()
        await expect(agent.main.locator(".suggestions button")).to_have_count(count)
    await agent.main.locator(".suggestions button").first.click()
    suggested = await agent.field.input_value()
    await agent.field.press("Enter")
    await expect(agent.main.locator(".compose-problem")).to_contain_text(agent.words("desk_suggested_unchanged"))
    await agent.field.fill(f"{suggested} Danke.")
    await agent.field.press("Enter")
    await customer.arrived("human", "Danke.")


async def test_search_and_filters_stay_in_the_address(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer("Der Dachboden wackelt")
    _, other = await desks.waiting_customer("Etwas anderes")
    agent = await (await desks.agent("de")).enter(ANNA)
    await expect(agent.row(other)).to_be_visible()
    await agent.page.locator("#search").fill("dachboden")
    await expect(agent.row(other)).to_have_count(0)
    await expect(agent.row(conversation)).to_be_visible()
    await agent.page.reload()
    await expect(agent.row(conversation)).to_be_visible()
    await expect(agent.row(other)).to_have_count(0)
    await expect(agent.page.locator("#search")).to_have_value("dachboden")


async def test_who_types_and_who_else_is_looking_is_seen(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    anna = await (await desks.agent("de")).enter(ANNA)
    ben = await (await desks.agent("de")).enter(BEN)
    await anna.open(conversation)
    await ben.open(conversation)
    await expect(anna.main.locator(".typing")).to_contain_text(BEN.name, timeout=30_000)
    await expect(anna.row(conversation)).to_contain_text(anna.words("desk_looking", names=BEN.name))
    await customer.input.press_sequentially("Noch etwas")
    typing = anna.words("desk_typing", name=anna.words("desk_author_customer"))
    await expect(anna.row(conversation)).to_contain_text(typing)
    # It ends by itself: nobody types for ever.
    await expect(anna.row(conversation)).not_to_contain_text(typing)


# What would be heard and shown on the computer, and a page that is behind others.
NOTICES = """window.heard = 0;
window.AudioContext = class { constructor() { window.heard += 1; throw new Error("no sound here"); } };
window.shown = [];
window.Notification = class { constructor(title, more) { window.shown.push([title, more.body ?? ""].join("")); } };
Notification.permission = "granted";
Notification.requestPermission = async () => "granted";"""
BEHIND = "Object.defineProperty(document, 'hidden', { get: () => true })"


async def test_sound_and_notices_come_when_switched_on_and_tell_no_customers_words(desks: Windows) -> None:
    agent = await desks.agent("de")
    await agent.page.add_init_script(NOTICES)
    await agent.enter(ANNA)
    await agent.page.evaluate(BEHIND)
    _, first = await desks.waiting_customer("Mein Geheimnis")
    await expect(agent.row(first)).to_be_visible()
    assert await agent.page.evaluate("[heard, shown]") == [0, []]
    await agent.page.locator(".availability").click()
    for name in ("sound", "notices"):
        await agent.page.get_by_label(agent.words(f"desk_set_{name}")).check()
    # Switching the sound on lets it be heard.
    await agent.page.wait_for_function("() => heard === 1")
    await agent.page.keyboard.press("Escape")
    _, second = await desks.waiting_customer("Mein Geheimnis")
    await expect(agent.row(second)).to_be_visible()
    assert await agent.page.evaluate("[heard, shown]") == [2, [agent.words("desk_notice_waiting")]]


# A colleague says that they look and is never heard of again; time passes when it is told to.
LOOKED = """async () => {
  const { DeskState } = await import("/desk/static/state.js");
  const [wait, now, late] = [window.setTimeout, Date.now, []];
  window.setTimeout = (run, after) => late.push([run, after]);
  const state = new DeskState({ id: "me" });
  const drawn = [];
  state.on("typing", () => drawn.push(state.lookers("c").join()));
  state.applyLooking({ conversation: "c", author: { id: "ben", name: "Ben" } });
  for (const [run, after] of late) { Date.now = () => now() + after; run(); }
  [window.setTimeout, Date.now] = [wait, now];
  return drawn;
}"""


# A colleague looks, and then types as well.
TYPES = """async () => {
  const { DeskState } = await import("/desk/static/state.js");
  const state = new DeskState({ id: "me" });
  const [ben, eva] = [{ kind: "human", id: "ben", name: "Ben" }, { kind: "human", id: "eva", name: "Eva" }];
  for (const author of [ben, eva]) state.applyLooking({ conversation: "c", author });
  state.applyTyping({ conversation: "c", author: ben });
  return state.lookers("c");
}"""


async def test_who_types_is_not_said_to_be_looking_as_well(desks: Windows) -> None:
    agent = await (await desks.agent("de")).enter(ANNA)
    assert await agent.page.evaluate(TYPES) == ["Eva"]


async def test_who_looked_is_gone_from_the_screen_by_themselves(desks: Windows) -> None:
    agent = await (await desks.agent("de")).enter(ANNA)
    assert await agent.page.evaluate(LOOKED) == ["Ben", ""]


async def test_logging_out_leaves_no_draft_behind(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    agent.expect_console(r"status of 401")
    await agent.open(conversation)
    await agent.claim()
    await agent.field.fill("Vertraulich")
    await agent.page.get_by_role("button", name=agent.words("desk_menu", name=ANNA.name)).click()
    await agent.page.get_by_role("button", name=agent.words("desk_menu_logout")).click()
    await expect(agent.page.get_by_text(agent.words("desk_login_done"))).to_be_visible()
    stored = await agent.page.evaluate("JSON.stringify(localStorage)")
    assert "Vertraulich" not in stored
    assert ANNA.login not in stored
    await expect(agent.page.locator("#login")).to_have_value("")
