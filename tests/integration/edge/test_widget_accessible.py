"""The chat and the form in a real Chromium over the real edge: no violation that axe knows, in each state and size.

And nothing wider than the screen, the way to a person in the page, and each control large enough for an unsteady hand.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.store.log import read_conversation
from bot.transparency.wording import wording
from tests.browser.conftest import ARGUMENTS, CHROMIUM, LOCALES
from tests.integration.edge.conftest import Edge

# Rules that axe tests for levels A and AA, and what it calls good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# In CSS pixels; the last is a window of 1280 by 900 at 400 %.
SIZES = {"320": (320, 640), "768": (768, 1024), "1440": (1440, 900), "zoom": (320, 225)}
# Inside the panel: what is cut off at its sides, and controls under 44 by 44.
TOO_WIDE = """(panel) => [...panel.querySelectorAll("*")].filter((node) => node.checkVisibility()
  && !node.closest(".unseen") && node.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1)
  .map((node) => node.className)"""
# Whether the author of the newest message of the bot can be read, and nothing stands in front of it.
AUTHOR_IN_SIGHT = """(panel) => {
  const name = [...panel.querySelectorAll("article.bot .name")].at(-1);
  const { x, y, width, height } = name.getBoundingClientRect();
  return panel.getRootNode().elementFromPoint(x + width / 2, y + height / 2) === name;
}"""
TOO_SMALL = """(panel) => [...panel.querySelectorAll("button")].filter((node) => node.checkVisibility())
  .map((node) => [node.className || node.textContent, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.5 || box.height < 43.5).map(([name]) => name)"""


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Chromium."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        await opened.close()


def say(key: str, **values: object) -> str:
    """A text in German."""
    return wording().say(key, "de", **values)


async def check(page: Page, state: str) -> None:
    """Nothing that axe finds, nothing cut off, nothing too small."""
    if folder := os.environ.get("KLARTEXT_TEST_PICTURES"):
        size, scheme = page.viewport_size, await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert size is not None
        name = f"{size['width']}x{size['height']}-{'dark' if scheme else 'light'}-{state.replace(' ', '-')}.png"
        await page.screenshot(path=Path(folder) / name)
    height = await page.evaluate("innerHeight")
    # Where bars stick to both edges of a low screen, axe counts what they cover at the moment as too small a target.
    # How large each is, is checked below.
    covered = {"rules": {"target-size": {"enabled": False}}} if height < SIZES["320"][1] else {}
    found = await Axe().run(page, options={**RULES, **covered})
    violations = [(one["id"], [node["target"] for node in one["nodes"]]) for one in found.response["violations"]]
    assert violations == [], state
    panel = page.locator("#panel")
    if await panel.count() and await panel.is_visible():
        assert await panel.evaluate(TOO_WIDE) == [], state
        assert await panel.evaluate(TOO_SMALL) == [], state
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state}: wider than the screen"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_each_state_of_the_chat(edge: Edge, chromium: Browser, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    context = await chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=LOCALES["de"],
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(edge.base)
    launcher = page.get_by_role("button", name=say("widget_launcher"))
    await expect(launcher).to_be_visible()
    await check(page, "closed")
    await launcher.click()
    thread = page.get_by_role("log")
    await expect(thread).to_contain_text(say("disclosure"))
    await expect(page.get_by_role("button", name=say("widget_human")).first).to_be_attached()
    assert await page.locator("#panel").evaluate(AUTHOR_IN_SIGHT)
    await check(page, "opened")
    await page.get_by_role("textbox").fill("Mein Router blinkt rot.")
    await page.keyboard.press("Enter")
    await expect(thread).to_contain_text("Echo: Mein Router")
    assert await page.locator("#panel").evaluate(AUTHOR_IN_SIGHT)
    await check(page, "answered")
    # Scrolled to the end, at any zoom: the way to a person and the field are on screen.
    await expect(page.locator(".to-human")).to_be_in_viewport(ratio=0.9)
    await expect(page.get_by_role("textbox")).to_be_in_viewport(ratio=0.9)
    await page.get_by_role("button", name=say("widget_why"), exact=True).last.click()
    await expect(page.locator(".reasons li").last).to_be_visible()
    await check(page, "why")
    await page.locator(".to-human").click()
    await expect(page.locator("#holder")).to_have_text(say("widget_holder_queue"))
    await check(page, "waiting")
    await page.get_by_role("button", name=say("button_leave")).click()
    await check(page, "leaving")
    await page.get_by_role("button", name=say("widget_leave_cancel")).click()
    conversation = await page.evaluate("JSON.parse(localStorage.getItem('klartext.session')).conversation")
    async with edge.services.store.read() as unit:
        row = await read_conversation(unit, conversation)
    assert row is not None
    agent = await edge.services.agents.add("cora", "Cora Lindner", "agent", "ein-gutes-passwort")
    await edge.services.conversations.claim(conversation, agent, row.epoch)
    await edge.services.conversations.reply(conversation, agent, "Guten Tag.\nمرحبا، أحتاج إلى مساعدة", client_id="1")
    await expect(thread).to_contain_text("Guten Tag.")
    await check(page, "with a person")
    await page.get_by_role("button", name=say("widget_large_type")).click()
    await check(page, "large type")
    await page.get_by_role("button", name=say("widget_language_switch")).click()
    await expect(page.locator("klartext-widget .root")).to_have_attribute("lang", "en")
    await check(page, "in English")
    await context.close()


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_without_a_script(edge: Edge, chromium: Browser, size: str) -> None:
    width, height = SIZES[size]
    context = await chromium.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=False, locale=LOCALES["de"]
    )
    page = await context.new_page()
    await page.goto(f"{edge.base}/widget/form")
    await page.get_by_label(say("form_text")).fill("Mein Anschluss ist gestört.")
    await page.get_by_label(say("form_contact")).fill("keine Nummer")
    await page.get_by_role("button", name=say("form_send")).click()
    await expect(page.get_by_role("alert")).to_contain_text(say("form_error_contact"))
    await expect(page.get_by_role("alert")).to_be_in_viewport()
    await expect(page.get_by_label(say("form_text"))).to_have_value("Mein Anschluss ist gestört.")
    await page.get_by_label(say("form_contact")).fill("0345 123456")
    await page.get_by_role("button", name=say("form_send")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(say("form_done_title"))
    await expect(page.get_by_role("definition").first).to_contain_text("KT-")
    await page.reload()
    await expect(page.get_by_role("definition").first).to_contain_text("KT-")
    await context.close()


@pytest.mark.parametrize("language", ["de", "en"])
async def test_the_website_pins_its_script_and_offers_the_form_without_one(
    edge: Edge, chromium: Browser, language: str
) -> None:
    address = f"{edge.base}/{'?lang=en' if language == 'en' else ''}"
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(address)
    script = page.locator("script[integrity]")
    source, integrity = await script.get_attribute("src"), await script.get_attribute("integrity")
    answer = await page.request.get(f"{edge.base}{source}")
    digest = base64.b64encode(hashlib.sha384(await answer.body()).digest()).decode()
    assert integrity == f"sha384-{digest}"
    assert re.fullmatch(r"/widget/klartext\.[0-9a-f]{16}\.js", source or "")
    await expect(page.locator("[data-open-chat]").first).to_be_hidden()
    await page.locator("noscript a").click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", language)
    assert page.url.startswith(f"{edge.base}/widget/form")
    await context.close()
