"""The customer's own record from the chat: readable for everybody, and what is erased leaves the open chat at once."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import CustomerWindow

EXPORT = {"de": "Ich möchte meine Daten anfordern", "en": "I want to get my data"}
# Rules that axe tests for levels A and AA, and what it calls good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Words of a table that stand on two lines, of those that are words.
TORN = """() => {
  const torn = [];
  for (const cell of document.querySelectorAll("td")) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      if (walker.currentNode.parentElement.closest(".long")) continue;
      for (const { 0: word, index } of walker.currentNode.data.matchAll(/\\p{L}+/gu)) {
        const range = new Range();
        range.setStart(walker.currentNode, index);
        range.setEnd(walker.currentNode, index + word.length);
        if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) torn.push(word);
      }
    }
  }
  return torn;
}"""
SECRET = "Mein Codewort ist Quittenmarmelade"


async def _record(customer: CustomerWindow) -> Page:
    """Ask for the record and open it, as a person does."""
    await customer.ask(EXPORT[customer.language], customer.said("own_data_export"))
    async with customer.page.context.expect_page() as opened:
        await customer.choice(customer.words("button_record")).click()
    page = await opened.value
    await expect(page.get_by_role("heading", level=1)).to_have_text(customer.words("record_title"))
    return page


async def _check(page: Page, state: str) -> None:
    found = await Axe().run(page, options=RULES)
    assert [one["id"] for one in found.response["violations"]] == [], state
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state}: wider than the screen"
    assert await page.evaluate(TORN) == [], state


@pytest.mark.parametrize("size", [(320, 640), (1440, 900)], ids=str)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_record_is_readable_for_everybody(windows: Windows, size: tuple[int, int], scheme: str) -> None:
    viewport = {"width": size[0], "height": size[1]}
    customer = await (await windows.customer("de", viewport=viewport, color_scheme=scheme)).open()
    await customer.ask(SECRET, re.compile(r"\w"))
    await customer.ask("Gibt es in 06217 eine Störung?", "S-1042")
    page = await _record(customer)
    await expect(page.get_by_text(SECRET)).to_be_visible()
    await _check(page, "read")
    assert customer.page.url.count("token") == 0
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name=customer.words("record_erase")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(customer.words("record_erased_title"))
    await _check(page, "erased")


async def test_what_is_erased_leaves_the_open_chat_without_a_reload(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask(SECRET, re.compile(r"\w"))
    page = await _record(customer)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name=customer.words("record_erase")).click()
    await customer.arrived("system", customer.words("widget_fresh_start"))
    await expect(customer.panel.get_by_text("Quittenmarmelade")).to_have_count(0)
    await customer.arrived("system", customer.words("erased_customer"))
    await customer.arrived("bot", customer.words("disclosure"))
    assert "Quitten" not in await customer.page.evaluate("JSON.stringify(localStorage)")
