"""What an agent has under their hands stays there, whatever arrives: menus, dialogs, selections, scroll, presses.

Each test first makes something arrive on screen and then looks, so that none depends on how fast it came.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Windows
from tests.browser.desk_edge import ANNA, BEN, step
from tests.browser.pages import AgentWindow, CustomerWindow

SELECT = "node => getSelection().selectAllChildren(node)"
SELECTED = "() => getSelection().toString()"
TOP = "node => node.scrollTop"


async def at_work(desks: Windows) -> tuple[AgentWindow, CustomerWindow, str]:
    """Anna holds a conversation and has her list before her."""
    customer, conversation = await desks.waiting_customer("Guten Tag")
    anna = await (await desks.agent("de")).enter(ANNA)
    await anna.open(conversation)
    await anna.claim()
    await anna.show("mine")
    return anna, customer, conversation


async def arrives(anna: AgentWindow, customer: CustomerWindow, text: str) -> None:
    """The customer writes, and it is on screen, in the thread and in the list."""
    await customer.say(text)
    await expect(anna.said_by("customer", text)).to_be_visible()
    await expect(anna.inbox.locator('a.row[aria-current="true"]')).to_contain_text(text)


async def make_case(agent: AgentWindow, title: str) -> None:
    """Make a case of the open conversation."""
    await step(agent, "case")
    dialog = agent.page.get_by_role("dialog")
    await dialog.get_by_label(agent.words("desk_make_case_title")).fill(title)
    await dialog.get_by_role("button", name=agent.words("desk_make_case_confirm"), exact=True).click()
    await expect(dialog).to_have_count(0)


async def mark(node: Locator) -> None:
    """Remember this very node."""
    await node.evaluate("node => { node.marked = true; }")


async def expect_marked(node: Locator) -> None:
    """It is still the same node."""
    assert await node.evaluate("node => node.marked === true")


async def test_an_open_menu_stays_open_and_takes_the_click(desks: Windows) -> None:
    """A message, a colleague who looks, a case: each changes the head, none takes the menu away."""
    anna, customer, conversation = await at_work(desks)
    ben = await (await desks.agent("de")).enter(BEN)
    await ben.show("team")
    await anna.main.locator(".steps-button").click()
    invite = anna.main.locator('[data-step="invite"]')
    await invite.focus()
    await mark(invite)
    await arrives(anna, customer, "Noch etwas")
    await ben.open(conversation)
    await expect(anna.main.locator(".typing")).to_contain_text(BEN.name)
    await make_case(ben, "Leitung messen")
    await expect(anna.section("cases")).to_contain_text("Leitung messen")
    await expect(invite).to_be_visible()
    await expect(invite).to_be_focused()
    await expect_marked(invite)
    await invite.click()
    await expect(anna.page.get_by_role("dialog")).to_be_visible()


async def test_a_menu_shows_only_what_can_still_be_done(desks: Windows) -> None:
    """Two windows of one agent: what the other hands back cannot be closed here, and the open menu says so."""
    anna, _customer, conversation = await at_work(desks)
    await anna.main.locator(".steps-button").click()
    other = await (await desks.agent("de")).enter(ANNA)
    await other.show("mine")
    await other.open(conversation)
    await other.hand_back()
    await expect(anna.main.locator('[data-step="close"]')).to_have_count(0)
    await expect(anna.main.locator('[data-step="case"]')).to_be_visible()


async def test_an_open_question_keeps_what_was_typed_and_chosen(desks: Windows) -> None:
    anna, customer, _conversation = await at_work(desks)
    await step(anna, "close")
    dialog = anna.page.get_by_role("dialog")
    await dialog.get_by_role("combobox").select_option("duplicate")
    note = dialog.get_by_role("textbox")
    await note.fill("Siehe anderes Gespräch")
    await arrives(anna, customer, "Sind Sie noch da?")
    await expect(note).to_be_focused()
    await expect(note).to_have_value("Siehe anderes Gespräch")
    await expect(dialog.get_by_role("combobox")).to_have_value("duplicate")


@pytest.mark.parametrize("key", ["t", "c"])
async def test_a_key_pressed_twice_asks_once(desks: Windows, key: str) -> None:
    """The colleagues are fetched before the question can be asked; who presses again meanwhile gets one question."""
    anna, _customer, _conversation = await at_work(desks)
    await anna.main.locator("h2").focus()
    await anna.page.keyboard.press(key)
    await anna.page.keyboard.press(key)
    dialog = anna.page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    # Whatever the second press set off has come back when this has.
    await anna.page.evaluate("fetch('/desk/api/people').then((answer) => answer.json())")
    await expect(dialog).to_have_count(1)
    await anna.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_text_that_is_selected_stays_selected(desks: Windows) -> None:
    """In the head, in a row of the list, in the thread and in the details."""
    anna, customer, conversation = await at_work(desks)
    await make_case(anna, "Leitung messen")
    case = anna.section("cases").locator(".card-head strong")
    texts = [anna.main.locator("h2 bdi"), anna.thread.locator('li[data-author="bot"] .text').first, case]
    for number, node in enumerate(texts):
        await node.evaluate(SELECT)
        text = await node.inner_text()
        await arrives(anna, customer, f"Nachricht {number}")
        assert await anna.page.evaluate(SELECTED) == text
    # The card changes by a colleague's hand, and its number is still selected.
    ben = await (await desks.agent("de")).enter(BEN)
    await ben.show("cases")
    await ben.open(conversation)
    await ben.section("cases").locator('[data-field="status"]').select_option("in_progress")
    status = anna.section("cases").locator('[data-field="status"]')
    await expect(status).to_have_value("in_progress")
    assert await anna.page.evaluate(SELECTED) == await case.inner_text()


async def test_what_was_saved_on_a_case_is_said_and_the_control_keeps_the_focus(desks: Windows) -> None:
    anna, _customer, conversation = await at_work(desks)
    await make_case(anna, "Leitung messen")
    section = anna.section("cases")
    status = section.locator('[data-field="status"]')
    await status.focus()
    await status.select_option("in_progress")
    await expect(section.get_by_role("status")).to_have_text(anna.words("desk_case_saved"))
    # The list of cases shows it, so everything that the change set off has been drawn.
    await anna.show("cases")
    await expect(anna.row(conversation)).to_contain_text(anna.words("desk_crm_in_progress"))
    await expect(section.get_by_role("status")).to_have_text(anna.words("desk_case_saved"))
    await expect(status).to_have_value("in_progress")


async def test_what_was_unfolded_and_scrolled_stays(desks: Windows) -> None:
    customer, conversation = await desks.waiting_customer(*[f"Frage {number}" for number in range(6)])
    anna = await (await desks.agent("de")).enter(ANNA)
    await anna.open(conversation)
    older = anna.section("bot_tried").locator("details")
    await older.locator("summary").first.click()
    details, thread = anna.page.locator(".details-scroll"), anna.main.locator(".thread-scroll")
    await thread.evaluate("node => { node.scrollTop = 60; }")
    await details.evaluate("node => { node.scrollTop = 90; }")
    await expect(anna.main.locator(".jump")).to_be_hidden()
    places = [await details.evaluate(TOP), await thread.evaluate(TOP)]
    await customer.say("Noch etwas")
    # The reader is further up: what came is announced there, and nothing moves.
    await expect(anna.main.locator(".jump")).to_be_visible()
    ben = await (await desks.agent("de")).enter(BEN)
    await ben.open(conversation)
    await make_case(ben, "Leitung messen")
    await expect(anna.section("cases")).to_contain_text("Leitung messen")
    assert [await details.evaluate(TOP), await thread.evaluate(TOP)] == places
    await expect(older.first).to_have_attribute("open", "")


async def test_a_row_that_changes_between_press_and_release_is_opened(desks: Windows) -> None:
    anna, customer, conversation = await at_work(desks)
    await anna.page.goto(f"{anna.base}/desk#/mine")
    row = anna.row(conversation)
    await expect(anna.field).to_be_hidden()
    await row.locator(".row-last").hover()
    await anna.page.mouse.down()
    await customer.say("Genau jetzt")
    await expect(row).to_contain_text("Genau jetzt")
    await anna.page.mouse.up()
    await expect(anna.field).to_be_visible()


# Contents by chance, as lists of [tag, key, text]: what was there before becomes what is new, and what has a key stays.
MORPH = """async () => {
  const [{ h }, { morph }] = await Promise.all([import("/desk/static/dom.js"), import("/desk/static/morph.js")]);
  let seed = 7;
  const chance = (limit) => { seed = (seed * 16807) % 2147483647; return seed % limit; };
  const words = () => `w${chance(4)}`;
  const one = (key, depth) => {
    const tag = ["p", "span", "button"][chance(3)];
    const content = depth ? tree(depth - 1) : words();
    const on = key || tag === "button" ? { click() {} } : null;
    return h(key ? "button" : tag, { class: `c${chance(2)}`, data: { key }, on }, content);
  };
  const tree = (depth) => {
    const keys = ["a", "b", "c", "d"].filter(() => chance(2)).sort(() => chance(3) - 1);
    const others = Array.from({ length: chance(4) }, () => (chance(3) ? one(null, depth) : words()));
    return [...keys.map((key) => one(key, 0)), ...others].sort(() => chance(3) - 1);
  };
  const problems = [];
  const shown = document.createElement("div");
  const fresh = document.createElement("div");
  for (let round = 0; round < 3000; round += 1) {
    const content = tree(2);
    fresh.replaceChildren(...content.map((node) => (node.cloneNode ? node.cloneNode(true) : node)));
    const name = (node) => node.dataset.key + node.classList[0];
    const before = new Map([...shown.children].filter((node) => node.dataset.key).map((node) => [name(node), node]));
    morph(shown, content);
    if (shown.innerHTML !== fresh.innerHTML) problems.push(`${shown.innerHTML} instead of ${fresh.innerHTML}`);
    for (const node of shown.children) {
      const known = node.dataset.key && before.get(name(node));
      if (known && known !== node) problems.push(`${node.dataset.key} is another node`);
    }
  }
  return problems.slice(0, 3);
}"""

# Lists by chance: the order is the new one, nodes stay, and a row that comes, goes or moves leaves the others in place.
RECONCILE = """async () => {
  const { h, reconcile } = await import("/desk/static/dom.js");
  const list = document.createElement("ul");
  const draw = (keys) => reconcile(list, keys, (key) => key, () => h("li"), (node, key) => { node.textContent = key; });
  const order = () => [...list.children].map((node) => node.textContent).join();
  const problems = [];
  const watch = new MutationObserver(() => {});
  watch.observe(list, { childList: true });
  const all = Array.from({ length: 30 }, (_, index) => `k${index}`);
  let seed = 11;
  const chance = (limit) => { seed = (seed * 16807) % 2147483647; return seed % limit; };
  for (let round = 0; round < 500; round += 1) {
    const keys = all.filter(() => chance(3)).sort(() => chance(3) - 1);
    const before = new Map([...list.children].map((node) => [node.textContent, node]));
    draw(keys);
    if (order() !== keys.join()) problems.push(`${order()} instead of ${keys}`);
    const other = (key, place) => before.has(key) && before.get(key) !== list.children[place];
    if (keys.some(other)) problems.push("another node");
  }
  const [front, rest] = [all.slice(0, 20), all.slice(20)];
  const small = {
    gone: all.slice(1),
    down: [...front.slice(1), front[0], ...rest],
    up: [front[19], ...front.slice(0, 19), ...rest],
  };
  for (const [name, keys] of Object.entries(small)) {
    draw(all);
    watch.takeRecords();
    draw(keys);
    const moved = new Set(watch.takeRecords().flatMap((record) => [...record.removedNodes]));
    if (moved.size > 1) problems.push(`${name}: ${moved.size} rows were taken out`);
  }
  return problems.slice(0, 3);
}"""


@pytest.mark.parametrize("check", [MORPH, RECONCILE], ids=["content", "rows"])
async def test_updating_gives_what_drawing_anew_gives_and_keeps_the_nodes(desks: Windows, check: str) -> None:
    agent = await (await desks.agent("de")).enter(ANNA)
    assert await agent.page.evaluate(check) == []
