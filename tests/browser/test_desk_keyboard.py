"""An agent's work by keyboard alone: nothing here clicks, and at every step it is seen where the focus is."""

from __future__ import annotations

import re

import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.desk_day import PERSON, play
from tests.browser.desk_edge import ANNA, CLARA
from tests.browser.desk_tour import HELD
from tests.browser.pages import AgentWindow
from tests.integration.edge.conftest import Edge

# What has the focus, whether an outline shows it, and whether it is in the window with nothing in front of it.
FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return { name: "nothing" };
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  const name = `${node.tagName.toLowerCase()} ${node.id || node.className} ${(node.innerText ?? "").slice(0, 30)}`;
  const x = (Math.max(0, box.left) + Math.min(innerWidth, box.right)) / 2;
  const y = (Math.max(0, box.top) + Math.min(innerHeight, box.bottom)) / 2;
  const front = document.elementFromPoint(x, y);
  const label = node.labels?.[0];
  const own = front && (node.contains(front) || front.contains(node) || label?.contains(front));
  return { name, outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, there: Boolean(own) };
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def played(edge: Edge) -> list[str]:
    """The morning's conversations."""
    return await play(edge)


class Keyboard:
    """Presses keys and looks at the focus after each."""

    def __init__(self, window: AgentWindow) -> None:
        self.window = window
        self.page = window.page

    async def press(self, *keys: str) -> None:
        """Each key, one after the other; the focus is to be seen afterwards."""
        for key in keys:
            await self.page.keyboard.press(key)
        await self.seen()

    async def write(self, text: str) -> None:
        """Type into what has the focus."""
        await self.page.keyboard.type(text)

    async def seen(self) -> str:
        """What has the focus; fails where nothing has it or it cannot be seen."""
        focus = await self.page.evaluate(FOCUS)
        assert focus["name"] != "nothing", "the focus is lost"
        assert focus["outlined"], f"no outline: {focus['name']}"
        assert focus["there"], f"covered or outside: {focus['name']}"
        return str(focus["name"])

    async def tab_to(self, selector: str, key: str = "Tab", most: int = 40) -> None:
        """Tab on until this has the focus; every stop on the way is seen."""
        for _ in range(most):
            await self.press(key)
            if await self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} is not reached in {most} steps")

    async def expect_at(self, selector: str) -> None:
        """This has the focus, and it is seen."""
        await expect(self.page.locator(selector)).to_be_focused()
        await self.seen()


async def test_a_whole_shift_by_keyboard(desks: Windows, played: list[str]) -> None:
    customer, conversation = await desks.waiting_customer(asking=PERSON)
    window = await desks.agent("de")
    await window.visit()
    await window.page.evaluate("localStorage.setItem('klartext-desk:undo', 'false')")
    keys = Keyboard(window)
    # Sign in.
    await keys.expect_at("#login")
    await keys.write(ANNA.login)
    await keys.press("Tab")
    await keys.write(ANNA.password)
    await window.page.keyboard.press("Enter")
    await expect(window.tab("waiting")).to_have_attribute("aria-label", re.compile(r"\d"))
    await keys.expect_at('.tab[data-view="waiting"]')
    # Pick the one who has just come.
    row = f'a.row[data-conversation="{conversation}"]'
    await expect(window.page.locator(row)).to_be_visible()
    await keys.press("j")
    await keys.press("End")
    await keys.press("Home")
    while not await window.page.locator(row).evaluate("node => node === document.activeElement"):
        await keys.press("ArrowDown")
    await keys.press("Enter")
    await keys.expect_at(".conversation h2")
    # Take it over and answer.
    await window.page.keyboard.press("u")
    await keys.expect_at("#compose")
    await keys.write("Guten Tag")
    await keys.press("Shift+Enter")
    await keys.write("ich sehe es mir an.")
    await keys.press("Enter")
    await customer.arrived("human", re.compile(r"Guten Tag\s+ich sehe es mir an\."))
    await keys.expect_at("#compose")
    # Out of the field: to the next who waits, and among one's own to the open conversation.
    await keys.press("Escape")
    assert "row" in await keys.seen()
    await window.page.keyboard.press("2")
    await expect(window.tab("mine")).to_have_attribute("aria-current", "page")
    # A private note, and back to replies.
    await window.page.keyboard.press("r")
    await keys.expect_at("#compose")
    await keys.press("Escape")
    await keys.expect_at(f'a.row[data-conversation="{conversation}"]')
    await window.page.keyboard.press("m")
    await keys.expect_at('[data-mode="note"] #compose')
    await keys.write("Klingt verärgert")
    await keys.press("Enter")
    await expect(window.thread.locator('li[data-author="note"]')).to_contain_text("Klingt verärgert")
    await keys.press("Escape")
    await window.page.keyboard.press("r")
    await keys.expect_at('[data-mode="reply"] #compose')
    # A canned reply.
    await keys.write("/rueck")
    await expect(window.main.get_by_role("option")).to_have_count(1)
    await keys.press("Enter")
    await expect(window.field).to_have_value(re.compile("Seit wann"))
    await keys.press("Enter")
    await customer.arrived("human", "Seit wann")
    # A case.
    await keys.press("Escape")
    await window.page.keyboard.press("c")
    await keys.expect_at("#make_case-title")
    await keys.write("Leitung messen")
    await keys.tab_to('[data-action="confirm"]')
    await window.page.keyboard.press("Enter")
    await customer.arrived("system", customer.said("case_made"))
    await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await keys.seen()
    # The end.
    await window.page.keyboard.press("e")
    await keys.expect_at("#close_talk-reason")
    await keys.tab_to('[data-action="confirm"]')
    await window.page.keyboard.press("Enter")
    await customer.arrived("system", customer.words("closed", agent=ANNA.name))
    await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await keys.seen()
    # The next who waits, taken and passed on to another team.
    await window.page.keyboard.press("n")
    await keys.expect_at(".conversation h2")
    await window.page.keyboard.press("u")
    await keys.expect_at("#compose")
    await keys.press("Escape")
    await window.page.keyboard.press("t")
    await keys.expect_at("#transfer-to")
    window.expect_console("status of 403")
    await keys.tab_to('[data-action="confirm"]')
    await window.page.keyboard.press("Enter")
    await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await expect(window.main).to_contain_text(window.words("desk_lost_sight"))
    await keys.seen()
    # Another view, a search, and its first result.
    await window.page.keyboard.press("2")
    await expect(window.tab("mine")).to_have_attribute("aria-current", "page")
    await window.page.keyboard.press("s")
    await keys.expect_at("#search")
    await keys.write("Kabelanschluss")
    await keys.press("Enter")
    await keys.expect_at(f'a.row[data-conversation="{played[HELD]}"]')
    await keys.press("Enter")
    await keys.expect_at("#compose")
    # The list of keys, and back to where it was opened.
    await keys.press("Escape")
    await window.page.keyboard.press("?")
    await expect(window.page.get_by_role("dialog")).to_be_visible()
    await keys.press("Escape")
    await keys.expect_at(f'a.row[data-conversation="{played[HELD]}"]')
    # Hand it back to the bot.
    await window.page.keyboard.press("b")
    await keys.expect_at("#handback-note")
    await keys.write("Rufnummer wird mitgenommen")
    await window.page.keyboard.press("Enter")
    await expect(window.field).to_be_hidden()
    await keys.seen()


async def test_tab_leads_through_everything_and_around(desks: Windows, played: list[str]) -> None:
    """Every stop is seen, none holds the focus, and each part of a conversation is reached."""
    for width in (1440, 375):
        window = await desks.agent("de", viewport={"width": width, "height": 800})
        await window.enter(CLARA)
        await window.page.goto(f"{window.base}/desk#/team/{played[0]}")
        await expect(window.thread.get_by_role("listitem").first).to_be_visible()
        keys = Keyboard(window)
        rounds: list[list[str]] = [[]]
        for _ in range(160):
            await window.page.keyboard.press("Tab")
            if not await window.page.evaluate("document.activeElement === document.body"):
                rounds[-1].append(await keys.seen())
            elif len(rounds) == 2:
                break
            else:
                rounds.append([])
        else:
            raise AssertionError(f"no way around: {rounds}")
        seen = rounds[1]
        assert len(seen) > 8, seen
        text = "\n".join(seen)
        for part in ("steps-button", "thread-scroll", "button-primary", *(["search", "row"] if width > 400 else [])):
            assert part in text, f"{part} in\n{text}"
