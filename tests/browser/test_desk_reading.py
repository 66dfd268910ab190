"""What an agent reads in real Chromium over a real edge: each thing once, and nothing that is no longer so."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Windows
from tests.browser.desk_edge import ANNA, BEN, CLARA, step
from tests.browser.desk_tour import go
from tests.browser.pages import AgentWindow
from tests.browser.test_file_transfer_pages import picture
from tests.integration.edge.conftest import Edge


async def confirm(agent: AgentWindow, name: str) -> None:
    """Confirm the question that is open."""
    dialog = agent.page.get_by_role("dialog")
    await dialog.get_by_role("button", name=agent.words(name), exact=True).click()
    await expect(dialog).to_have_count(0)


@pytest.mark.parametrize("name", ["Router.png", None])
@pytest.mark.parametrize("caption", ["", "So sieht er aus", "[Achtung] heiß"])
async def test_a_picture_is_named_once_and_what_was_said_to_it_stays(
    desks: Windows, edge: Edge, caption: str, name: str | None
) -> None:
    customer, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await edge.services.files.receive(conversation, picture(), client_id="picture", name=name, caption=caption)
    await agent.open(conversation)
    await agent.claim()
    await agent.page.locator("input[type=file]").set_input_files(
        {"name": "Plan.png", "mimeType": "image/png", "buffer": picture()}
    )
    await agent.field.fill(caption)
    await agent.field.press("Enter")
    await expect(customer.by("human").locator("canvas")).to_be_visible()
    # A word for it stays where no picture is shown.
    await agent.show("mine")
    await expect(agent.row(conversation)).to_contain_text(caption or "[Bild]")
    for author, named in (("customer", name or "Bild"), ("human", "Plan.png")):
        entry = agent.thread.locator(f'li[data-author="{author}"]').last
        await expect(entry.locator("img")).to_be_visible()
        shown = await entry.locator(".bubble").inner_text()
        assert shown.count(named) == 1, shown
        assert "[Bild]" not in shown
        assert "".join(await entry.locator(".text").all_inner_texts()) == caption


async def test_a_lost_race_is_said_until_the_conversation_goes_on(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    anna, ben = [await (await desks.agent("de")).enter(login) for login in (ANNA, BEN)]
    for agent in (anna, ben):
        await agent.open(conversation)
        agent.expect_console("status of 409")
    # Both press before either has heard of the other: the first one's request is held until the other has it.
    await ben.page.route("**/claim", lambda route: asyncio.ensure_future(_after(anna, route.continue_)))
    for agent in (ben, anna):
        await agent.main.get_by_role("button", name=agent.words("desk_claim")).click()
    alert = ben.main.locator(".foot-alert")
    await expect(alert).to_have_text(ben.words("desk_error_already_claimed", agent=ANNA.name))
    await anna.write("Guten Tag")
    await customer.arrived("human", "Guten Tag")
    await expect(ben.said_by("human", "Guten Tag")).to_be_visible()
    await expect(alert).to_be_empty()
    await expect(ben.main).to_contain_text(ben.words("desk_bar_other", name=ANNA.name))


async def _after(winner: AgentWindow, going_on: object) -> None:
    await expect(winner.field).to_be_visible()
    await going_on()  # type: ignore[operator]


async def test_who_took_a_closed_conversation_up_again_is_not_told_that_the_bot_holds_it(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    await step(agent, "close")
    await confirm(agent, "desk_close_talk_confirm")
    await agent.show("closed")
    await expect(agent.row(conversation)).to_contain_text(agent.words("desk_close_reason_solved"))
    await agent.main.get_by_role("button", name=agent.words("desk_resume")).click()
    await expect(agent.field).to_be_visible()
    why = agent.section("why")
    await expect(why).not_to_contain_text(agent.words("desk_close_reason_solved"))
    await expect(why).not_to_contain_text(agent.words("desk_why_none"))


async def test_a_search_shows_the_words_where_they_were_said(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer("Seit gestern wackelt der <b>Kirchturm</b> auf dem Bild")
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.page.locator("#search").fill("kirchturm")
    mark = agent.row(conversation).locator("mark")
    await expect(mark).to_have_text("Kirchturm")
    await expect(agent.row(conversation).locator(".row-last")).to_contain_text("<b>Kirchturm</b>")
    await agent.page.locator("#search").fill("")
    await expect(mark).to_have_count(0)


async def test_handing_back_offers_the_customer_what_the_agent_chose(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    await agent.main.locator(".handback:visible").click()
    dialog = agent.page.get_by_role("dialog")
    await dialog.get_by_label(agent.words("desk_handback_topic")).select_option("invoice_explain")
    await dialog.get_by_role("textbox").fill("Rechnung war unklar")
    await confirm(agent, "desk_handback_confirm")
    await customer.press(customer.words("intent_title_invoice_explain"), "Echo: ")
    assert "unklar" not in await customer.transcript()
    await expect(agent.section("course")).to_contain_text("Rechnung war unklar")


async def test_the_figures_are_drawn_by_day_and_their_table_is_folded(desks: Windows) -> None:
    await desks.waiting_customer()
    chief = await (await desks.agent("de", viewport={"width": 375, "height": 812})).enter(CLARA)
    await go(chief, "#/office/figures")
    names = ("conversations", "handovers", "first_answer", "promises", "rating", "wrong_answers")
    for name in names:
        await expect(chief.page.get_by_role("img", name=chief.words(f"desk_chart_{name}"), exact=True)).to_be_visible()
    total = await chief.page.evaluate(
        "fetch('/desk/api/supervisor/history').then((answer) => answer.json()).then((found) => found.total)"
    )
    whole = chief.words("desk_figures_share")
    rate = round(100 * total["handovers"] / total["conversations"])
    # Every handover of this file has the same reason and topic.
    await expect(chief.page.locator(f'td[data-label="{whole}"]')).to_have_text(f"{rate}\u00a0%")
    table = chief.page.get_by_role("region", name=chief.words("desk_figures_days"))
    await expect(table).to_be_hidden()
    await chief.page.get_by_text(chief.words("desk_figures_days_show_other", n=7)).click()
    await expect(table.get_by_role("row")).to_have_count(1 + 7 + 1)


async def test_a_canned_reply_that_was_just_added_is_there_without_a_reload(desks: Windows, edge: Edge) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    async with edge.agent(CLARA.login) as chief:
        german, english = "Neu von heute", "New today"
        words = {"title_de": german, "title_en": english, "text_de": german, "text_en": english}
        status, _ = await chief.post("admin/canned", {"shortcut": "heute", "topics": [], **words})
        assert status == 200
    await agent.field.press_sequentially("/heu")
    await expect(agent.main.get_by_role("option").first).to_contain_text("Neu von heute")
    await agent.field.press("Enter")
    await expect(agent.field).to_have_value("Neu von heute")


GROWN = """(one, by) => {
  one.querySelector(".events").style.paddingBottom = `${by}px`;
  one.dispatchEvent(new Event("scroll"));
}"""
AT_END = "(one) => one.scrollHeight - one.scrollTop - one.clientHeight < 60"


async def test_a_picture_that_loads_late_does_not_push_the_end_of_the_thread_away(desks: Windows, edge: Edge) -> None:
    _, conversation = await desks.waiting_customer(*(f"Zeile {number}" for number in range(6)))
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await edge.services.files.receive(conversation, picture(300, 900), client_id="tall", name="Mast.png")
    image = agent.thread.locator("img")
    await expect(image).to_have_js_property("complete", True)
    await expect(image).to_have_js_property("naturalHeight", 900)
    scroller = agent.main.locator(".thread-scroll")
    await agent.page.wait_for_function(AT_END, arg=await scroller.element_handle())
    # In the order in which a browser may tell of it: it has grown before the scrolling to its end before is heard of.
    await scroller.evaluate(GROWN, 900)
    await agent.page.wait_for_function(AT_END, arg=await scroller.element_handle())
    await scroller.evaluate(GROWN, 0)
    await edge.services.conversations.receive(conversation, "Danach", client_id="after")
    await expect(agent.said_by("customer", "Danach")).to_be_in_viewport()
    await expect(agent.main.locator(".jump")).to_be_hidden()


async def test_what_another_team_has_got_offers_no_step(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    agent.expect_console("status of 403")
    await agent.open(conversation)
    await agent.claim()
    await step(agent, "transfer")
    dialog = agent.page.get_by_role("dialog")
    await dialog.get_by_role("combobox").select_option(label="Team Technik")
    await confirm(agent, "desk_transfer_confirm")
    await expect(agent.main).to_contain_text(agent.words("desk_lost_sight"))
    await expect(agent.main.locator(".steps-button")).to_have_count(0)
    await expect(agent.main.locator(".holder")).to_have_count(0)


async def test_a_refusal_in_a_long_dialog_is_on_screen_and_in_the_readers_language(desks: Windows) -> None:
    chief = await (await desks.agent("de", viewport={"width": 1280, "height": 600})).enter(CLARA)
    chief.expect_console("status of 422")
    await go(chief, "#/office/replies")
    await chief.page.get_by_role("button", name=chief.words("desk_reply_add")).click()
    dialog = chief.page.get_by_role("dialog")
    for key, words in (("title_de", "Neu"), ("title_en", "New"), ("text_de", "{falsch}"), ("text_en", "New")):
        await dialog.get_by_label(chief.words(f"desk_reply_{key}")).fill(words)
    await dialog.get_by_label(chief.words("desk_reply_shortcut"), exact=True).fill("neu")
    # By the Enter key, so that nothing scrolls to a button.
    await dialog.get_by_label(chief.words("desk_reply_shortcut"), exact=True).press("Enter")
    await expect(dialog.get_by_role("alert")).to_be_in_viewport()


async def test_the_log_tells_what_changed_in_words(desks: Windows, edge: Edge) -> None:
    chief = await (await desks.agent("de")).enter(CLARA)
    async with edge.agent(CLARA.login) as other:
        day = {"day": "2027-12-24", "name": "Heiligabend", "hours": "08:00-12:00"}
        for hours in ({"hours": "Mo-Fr 08:00-18:00", "days": [day]}, {"hours": "24/7", "days": []}):
            assert (await other.post("admin/hours", {"state": "ST", **hours}))[0] == 200
    await go(chief, "#/office/log")
    details = chief.page.locator(".log-detail")
    await expect(details.nth(1)).to_have_text(
        "Zeiten: rund um die Uhr → Mo-Fr 08:00-18:00 · Besondere Tage: – → 2027-12-24 / Heiligabend / 08:00-12:00"
    )
    await expect(details.first).to_contain_text("Zeiten: Mo-Fr 08:00-18:00 → rund um die Uhr")


async def test_the_reason_for_a_handover_is_read_whole_in_the_list(desks: Windows) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    await agent.show("mine")
    line = agent.row(conversation).locator(".row-state")
    await expect(line).to_contain_text(agent.words("desk_reason_customer_request"))
    cut = "node => [node, ...node.children].some((one) => one.scrollWidth > one.clientWidth + 1)"
    assert not await line.evaluate(f"({cut})")


async def test_that_the_customer_has_read_it_stands_at_the_message_and_at_no_note(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    await agent.claim()
    # Whoever writes looks at the end of the thread: several messages at once are shown from the first one on.
    await customer.say("Hallo")
    await expect(agent.said_by("customer", "Hallo")).to_be_visible()
    message = await agent.write("Guten Tag")
    await customer.arrived("human", "Guten Tag")
    await agent.main.locator('.mode[data-mode="note"]').click()
    await agent.field.fill("Klingt verärgert")
    await agent.field.press("Enter")
    await expect(agent.thread.locator('li[data-author="note"]')).to_be_visible()
    await expect(message).to_contain_text(agent.words("desk_receipt_read"))
    await expect(agent.main.get_by_text(agent.words("desk_receipt_read"))).to_have_count(1)
    # The next one takes it along.
    await agent.main.locator('.mode[data-mode="reply"]').click()
    later = await agent.write("Ich sehe es mir an")
    await expect(later).to_contain_text(agent.words("desk_receipt_read"))
    await expect(message).not_to_contain_text(agent.words("desk_receipt_read"))


async def test_a_long_name_of_a_file_keeps_its_picture_and_its_size_beside_it(desks: Windows, edge: Edge) -> None:
    _, conversation = await desks.waiting_customer()
    name = "Ein Bild vom Router mit einem Namen, der länger ist als jede Zeile, in der er steht.png"
    await edge.services.files.receive(conversation, picture(), client_id="long", name=name, caption="")
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    link = agent.thread.locator(".file-link")
    await expect(link).to_contain_text(name)
    icon, words, size = [await link.locator(part).bounding_box() for part in (".icon", "bdi", ".muted")]
    assert icon
    assert words
    assert size
    assert words["height"] > 1.5 * size["height"]
    assert icon["x"] + icon["width"] <= words["x"] < words["x"] + words["width"] <= size["x"]


async def test_the_menu_of_an_administrator_can_be_used_to_its_end_on_a_low_screen(desks: Windows) -> None:
    chief = await (await desks.agent("de", viewport={"width": 1024, "height": 500})).enter(CLARA)
    await chief.page.get_by_role("button", name=chief.words("desk_menu", name=CLARA.name)).click()
    await chief.page.get_by_role("button", name=chief.words("desk_menu_logout")).click()
    await expect(chief.page.get_by_text(chief.words("desk_login_done"))).to_be_visible()


async def test_what_is_said_between_the_thread_and_the_lists_is_shown(desks: Windows, edge: Edge) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    await agent.open(conversation)
    lists = asyncio.Event()

    async def held(route: Route) -> None:
        await lists.wait()
        await route.continue_()

    await agent.page.route("**/desk/api/conversations?*", held)
    await agent.page.reload()
    await expect(agent.said_by("customer", "Ich möchte einen Menschen")).to_be_visible()
    await edge.services.conversations.receive(conversation, "Sind Sie da?", client_id="between")
    lists.set()
    await expect(agent.said_by("customer", "Sind Sie da?")).to_be_visible()


async def test_what_is_said_while_the_thread_is_on_its_way_is_shown(desks: Windows, edge: Edge) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await (await desks.agent("de")).enter(ANNA)
    answered, late = asyncio.Event(), asyncio.Event()

    async def delayed(route: Route) -> None:
        answer = await route.fetch()
        answered.set()
        await late.wait()
        await route.fulfill(response=answer)

    await agent.page.route(f"**/desk/api/conversations/{conversation}", delayed, times=1)
    await agent.row(conversation).click()
    await answered.wait()
    await edge.services.conversations.receive(conversation, "Sind Sie da?", client_id="meanwhile")
    await expect(agent.row(conversation)).to_contain_text("Sind Sie da?")
    late.set()
    await expect(agent.said_by("customer", "Sind Sie da?")).to_be_visible()
