"""What comes between an agent and the work: a dead line, a lost answer, an ended session, a conversation that moved on.

Each is said in words, nothing typed is lost, and nothing reaches the customer twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from bot.service.brain_protocol import KnownCustomer, Reply, TurnRequest, TurnResponse
from bot.store.sessions import end_sessions_of
from tests.browser.conftest import Windows
from tests.browser.desk_edge import ANNA, BEN, TECHNICAL, answer, step
from tests.browser.line import AgentLine
from tests.browser.pages import AgentWindow, CustomerWindow
from tests.browser.test_file_transfer_pages import picture
from tests.integration.edge.conftest import PASSWORD, Edge

# How Chromium notes a line that is cut. The page itself must not complain.
CUT = ("WebSocket connection to", r"net::ERR_", "Failed to load resource")
# Milliseconds until another try over a line that is back.
BACK = 40_000
SCRIPT = '<img src=x onerror="window.hacked = 1"> & Söhne'


@pytest_asyncio.fixture(loop_scope="session")
async def line(edge: Edge) -> AsyncIterator[AgentLine]:
    """The line between one agent and the edge."""
    opened = AgentLine(edge.base)
    await opened.open()
    yield opened
    await opened.close()


async def behind(desks: Windows, line: AgentLine, *, undo: bool = False) -> AgentWindow:
    """Anna's desk at the end of this line."""
    agent = await desks.agent("de")
    agent.base = line.base
    agent.expect_console(*CUT)
    return await agent.enter(ANNA, undo=undo)


def unsent(agent: AgentWindow, text: str) -> Locator:
    """A message that the server has not confirmed."""
    return agent.main.locator(".pending li").filter(has_text=text)


async def back(agent: AgentWindow) -> None:
    """The browser notices that there is a network again: nobody waits for the next attempt."""
    await agent.page.evaluate("dispatchEvent(new Event('online'))")


async def expect_once(customer: CustomerWindow, *texts: str) -> None:
    """The customer has each of these once, in this order."""
    await customer.arrived("human", texts[-1])
    said = await customer.by("human").locator(".text").all_inner_texts()
    assert [text for text in said if text in texts] == list(texts)


async def test_what_is_written_on_a_dead_line_is_shown_as_unsent_and_goes_out_once_in_order(
    desks: Windows, line: AgentLine
) -> None:
    customer, conversation = await desks.waiting_customer()
    agent = await behind(desks, line)
    await agent.open(conversation)
    await agent.claim()
    await line.cut()
    for text in ("Erstens", "Zweitens"):
        await agent.field.fill(text)
        await agent.field.press("Enter")
        await expect(agent.field).to_have_value("")
    await expect(unsent(agent, "Zweitens")).to_contain_text(agent.words("desk_pending_queued"))
    await expect(agent.page.locator(".banner")).to_contain_text(agent.said("desk_connection_lost"))
    await agent.field.fill("Ein Entwurf")
    await agent.show("mine")
    await expect(agent.row(conversation)).to_contain_text(agent.words("desk_has_unsent"))
    await line.mend()
    await back(agent)
    await expect(agent.said_by("human", "Zweitens")).to_be_visible(timeout=BACK)
    await expect(agent.main.locator(".pending li")).to_have_count(0)
    await expect(agent.page.locator(".banner")).to_be_hidden()
    await expect(agent.field).to_have_value("Ein Entwurf")
    await expect_once(customer, "Erstens", "Zweitens")


@pytest.mark.parametrize("undo", [False, True])
async def test_an_answer_that_is_lost_makes_no_second_message(desks: Windows, line: AgentLine, undo: bool) -> None:
    """The edge has stored it and cannot say so: the same id is sent again and is known."""
    customer, conversation = await desks.waiting_customer()
    agent = await behind(desks, line, undo=undo)
    await agent.open(conversation)
    await agent.claim()
    line.deaf = True
    await agent.field.fill("Nur einmal")
    await agent.field.press("Enter")
    if undo:
        await asyncio.sleep(1)  # until the edge has it; nobody can be told
    else:
        await customer.arrived("human", "Nur einmal")
    await line.cut()
    await expect(unsent(agent, "Nur einmal")).to_contain_text(agent.words("desk_pending_queued"))
    line.deaf = False
    await line.mend()
    await back(agent)
    if undo:
        held = agent.main.locator('[data-held="held"]')
        await expect(held).to_have_count(1, timeout=BACK)
        await held.get_by_role("button", name=agent.words("desk_pending_send_now")).click()
    await expect(agent.said_by("human", "Nur einmal")).to_have_count(1, timeout=BACK)
    await expect(agent.main.locator(".pending li")).to_have_count(0)
    await expect_once(customer, "Nur einmal")


# The answer to a message and the message itself come over two lines: in each order, what is then left as unsent.
ORDERS = """async () => {
  const { Outbox } = await import("/desk/static/outbox.js");
  const left = {};
  const play = async (name, steps) => {
    let shown = 0, answer;
    const sent = () => new Promise((...both) => { answer = both; });
    const outbox = new Outbox("nobody", sent, () => {}, () => shown);
    outbox.retryLater = () => {};
    outbox.add(name, "Text");
    const [item] = outbox.of(name);
    for (const step of steps) {
      if (step === "event") outbox.matchEvent(name, { client_id: item.id, seq: 5 });
      if (step === "thread") { shown = 5; outbox.settle(name, 5); }
      if (step === "answer") answer[0]({ seq: 5 });
      if (step === "fails") answer[1]({ passing: true });
      await new Promise((done) => setTimeout(done));
    }
    left[name] = outbox.of(name).map((one) => one.state).join();
    for (const one of outbox.of(name)) outbox.discard(one);
  };
  await play("answer, event", ["answer", "event"]);
  await play("event, answer", ["event", "answer"]);
  await play("event, fails", ["event", "fails"]);
  await play("fails, event", ["fails", "event"]);
  await play("answer, thread", ["answer", "thread"]);
  await play("thread, answer", ["thread", "answer"]);
  await play("fails", ["fails"]);
  await play("answer", ["answer"]);
  return left;
}"""


async def test_what_the_thread_shows_is_not_unsent_in_whichever_order_it_is_learned(desks: Windows) -> None:
    agent = await (await desks.agent("de")).enter(ANNA)
    left = await agent.page.evaluate(ORDERS)
    assert {name for name, states in left.items() if not states} == set(left) - {"fails", "answer"}
    assert (left["fails"], left["answer"]) == ("queued", "sent")


async def asked_for_the_password_alone(agent: AgentWindow) -> None:
    """Whose work it was is known."""
    await expect(agent.page.locator("#login")).to_have_value(ANNA.login)
    await expect(agent.page.locator("#password")).to_be_focused()


async def test_a_session_that_ends_in_the_middle_loses_nothing(
    desks: Windows, edge: Edge, line: AgentLine, tmp_path: Path
) -> None:
    """A draft, a note, a file beside the field, a half-filled question, a message on its way: all are there again."""
    customer, conversation = await desks.waiting_customer()
    agent = await behind(desks, line)
    await agent.open(conversation)
    await agent.claim()
    (tmp_path / "Plan.png").write_bytes(picture())
    await agent.page.locator("input[type=file]").set_input_files(tmp_path / "Plan.png")
    await agent.main.locator('.mode[data-mode="note"]').click()
    await agent.field.fill("Nur für uns")
    await agent.main.locator('.mode[data-mode="reply"]').click()
    await agent.field.fill("Mitten im Satz")
    await step(agent, "case")
    dialog = agent.page.get_by_role("dialog")
    await dialog.get_by_label(agent.words("desk_make_case_title")).fill("Leitung messen")
    await dialog.get_by_label(agent.words("desk_step_note")).fill("Bitte vormittags")
    me = await agent.page.evaluate("fetch('/desk/api/me').then((answer) => answer.json())")
    async with edge.services.store.write() as unit:
        await end_sessions_of(unit, me["agent"]["id"])
    # The step is refused because the session is over, and the login takes the desk's place.
    await dialog.get_by_role("button", name=agent.words("desk_make_case_confirm"), exact=True).click()
    await expect(agent.page.get_by_text(agent.words("desk_login_expired"))).to_be_visible()
    await expect(dialog).to_have_count(0)
    await asked_for_the_password_alone(agent)
    await agent.log_in(ANNA)
    await expect(agent.field).to_have_value("Mitten im Satz")
    await expect(agent.main.locator(".upload")).to_contain_text("Plan.png")
    await agent.main.locator('.mode[data-mode="note"]').click()
    await expect(agent.field).to_have_value("Nur für uns")
    await agent.main.locator('.mode[data-mode="reply"]').click()
    await step(agent, "case")
    await expect(dialog.get_by_label(agent.words("desk_make_case_title"))).to_have_value("Leitung messen")
    await expect(dialog.get_by_label(agent.words("desk_step_note"))).to_have_value("Bitte vormittags")
    await agent.page.keyboard.press("Escape")
    # And once more, with a message that was just written.
    async with edge.services.store.write() as unit:
        await end_sessions_of(unit, me["agent"]["id"])
    await agent.field.press("Enter")
    await expect(agent.page.get_by_text(agent.words("desk_login_expired"))).to_be_visible()
    await agent.log_in(ANNA)
    await customer.arrived("human", "Plan.png")
    await expect(customer.by("human", "Mitten im Satz")).to_have_count(1)
    await expect(agent.main.locator(".upload")).to_have_count(0)


@pytest.mark.parametrize("end", ["handback", "close"])
async def test_what_is_written_into_a_conversation_that_has_just_ended_stays_with_the_reason(
    desks: Windows, line: AgentLine, end: str
) -> None:
    """Two windows of one agent: what the one ends, the other does not know yet."""
    customer, conversation = await desks.waiting_customer()
    late = await behind(desks, line)
    await late.open(conversation)
    await late.claim()
    early = await (await desks.agent("de")).enter(ANNA)
    await early.show("mine")
    await early.open(conversation)
    line.hang()
    await late.field.fill("Zu spät geschrieben")
    await late.field.press("Enter")
    if end == "handback":
        await early.hand_back()
    else:
        await step(early, "close")
        dialog = early.page.get_by_role("dialog")
        await dialog.get_by_role("button", name=early.words("desk_close_talk_confirm"), exact=True).click()
        await expect(early.main.get_by_role("button", name=early.words("desk_resume"))).to_be_visible()
    line.resume()
    refused = unsent(late, "Zu spät geschrieben")
    await expect(refused.get_by_role("alert")).to_have_text(late.words("desk_error_not_holder"), timeout=BACK)
    await expect(late.main.locator(".foot-alert")).to_have_text(late.words("desk_lost_hold"))
    await late.page.reload()
    await expect(refused.get_by_role("alert")).to_have_text(late.words("desk_error_not_holder"))
    await refused.get_by_role("button", name=late.words("desk_pending_edit")).click()
    await expect(late.main.locator(".kept-text")).to_have_text("Zu spät geschrieben")
    take = "desk_claim" if end == "handback" else "desk_resume"
    await late.main.get_by_role("button", name=late.words(take)).click()
    await expect(late.field).to_have_value("Zu spät geschrieben")
    assert await customer.by("human", "Zu spät geschrieben").count() == 0


async def test_another_teams_conversation_by_its_address_says_whose_it_is(desks: Windows) -> None:
    _customer, conversation = await desks.waiting_customer()
    ben = await (await desks.agent("de")).enter(BEN)
    await ben.open(conversation)
    await ben.claim()
    await step(ben, "transfer")
    dialog = ben.page.get_by_role("dialog")
    await dialog.get_by_role("combobox").select_option(f"team:{TECHNICAL}")
    await dialog.get_by_role("button", name=ben.words("desk_transfer_confirm"), exact=True).click()
    anna = await (await desks.agent("de")).enter(ANNA)
    anna.expect_console("status of 403")
    await anna.page.goto(f"{anna.base}/desk#/team/{conversation}")
    await expect(anna.main).to_contain_text(anna.words("desk_error_other_team", team="Technik"))
    await expect(anna.field).to_be_hidden()


async def test_script_in_names_files_notes_and_cases_is_text(desks: Windows, edge: Edge, tmp_path: Path) -> None:
    """Everything that a person can name, at once: it is read as it was written and does nothing."""

    async def names(request: TurnRequest) -> TurnResponse:
        if request.text and "Mensch" in request.text:
            return await answer(request)
        known = KnownCustomer(number="2048173", name=SCRIPT, level="proven")
        return TurnResponse(replies=[Reply(text=f"Echo: {request.text}")], customer=known)

    await edge.services.agents.add("mallory", SCRIPT, "agent", PASSWORD)
    edge.brain.answer = names
    try:
        customer, conversation = await desks.waiting_customer(SCRIPT)
    finally:
        edge.brain.answer = answer
    anna = await (await desks.agent("de")).enter(ANNA)
    await expect(anna.row(conversation)).to_contain_text(SCRIPT)
    await anna.open(conversation)
    await expect(anna.main.get_by_role("heading", level=2)).to_contain_text(SCRIPT)
    await anna.claim()
    await anna.write(SCRIPT)
    (tmp_path / "file.png").write_bytes(picture())
    await anna.page.locator("input[type=file]").set_input_files(
        {"name": "<img src=x onerror=hacked=1>.png", "mimeType": "image/png", "buffer": picture()}
    )
    await expect(anna.main.locator(".upload-name")).to_have_text("<img src=x onerror=hacked=1>.png")
    await anna.field.press("Enter")
    shown = await customer.arrived("human", "onerror=hacked=1")
    await expect(shown).to_be_visible()
    await anna.main.locator('.mode[data-mode="note"]').click()
    await anna.field.fill(SCRIPT)
    await anna.field.press("Enter")
    await expect(anna.thread.locator('li[data-author="note"] .text')).to_have_text(SCRIPT)
    await step(anna, "invite")
    dialog = anna.page.get_by_role("dialog")
    await expect(dialog.get_by_role("combobox")).to_contain_text(SCRIPT)
    await anna.page.keyboard.press("Escape")
    await step(anna, "case")
    await dialog.get_by_label(anna.words("desk_make_case_title")).fill(SCRIPT)
    await dialog.get_by_role("button", name=anna.words("desk_make_case_confirm"), exact=True).click()
    await expect(anna.section("cases")).to_contain_text(SCRIPT)
    await anna.show("cases")
    await expect(anna.inbox.locator("a.row").filter(has_text=SCRIPT)).to_have_count(1)
    for window in (anna, customer):
        assert await window.page.evaluate("window.hacked") is None
        assert await window.page.locator('img[src="x"]').count() == 0


async def test_two_agents_and_two_customers_at_once(desks: Windows) -> None:
    """Each with the other's conversation in the list: every message reaches its own thread once and in order."""
    (first, one), (second, two) = await asyncio.gather(desks.waiting_customer(), desks.waiting_customer())
    anna, ben = await asyncio.gather(*[(await desks.agent("de")).enter(login) for login in (ANNA, BEN)])
    rounds = [f"Runde {number}" for number in range(1, 6)]

    async def work(agent: AgentWindow, customer: CustomerWindow, conversation: str, name: str) -> None:
        await agent.open(conversation)
        await agent.claim()
        for text in rounds:
            await agent.write(f"{name}: {text}")
            await customer.arrived("human", f"{name}: {text}")
            await customer.say(f"Antwort an {name}: {text}")
            await expect(agent.said_by("customer", f"Antwort an {name}: {text}")).to_be_visible()

    await asyncio.gather(work(anna, first, one, "Anna"), work(ben, second, two, "Ben"))
    for agent, customer, name in ((anna, first, "Anna"), (ben, second, "Ben")):
        written = [f"{name}: {text}" for text in rounds]
        assert await customer.by("human").locator(".text").all_inner_texts() == written
        own = agent.thread.locator('li[data-author="human"] .text')
        assert await own.all_inner_texts() == written
    # What the one holds, the other sees as held, and cannot write into.
    await anna.show("team")
    await anna.open(two)
    await expect(anna.main).to_contain_text(anna.words("desk_bar_other", name=BEN.name))
    await expect(anna.field).to_be_hidden()


async def test_who_reloads_the_login_of_an_ended_session_finds_name_and_draft(
    desks: Windows, edge: Edge, line: AgentLine
) -> None:
    _, conversation = await desks.waiting_customer()
    agent = await behind(desks, line)
    await agent.open(conversation)
    await agent.claim()
    await agent.field.fill("Mitten im Satz")
    me = await agent.page.evaluate("fetch('/desk/api/me').then((answer) => answer.json())")
    async with edge.services.store.write() as unit:
        await end_sessions_of(unit, me["agent"]["id"])
    await agent.field.press("Enter")
    await expect(agent.page.get_by_text(agent.words("desk_login_expired"))).to_be_visible()
    await agent.page.reload()
    await asked_for_the_password_alone(agent)
    await agent.log_in(ANNA)
    await expect(agent.main).to_contain_text("Mitten im Satz")
