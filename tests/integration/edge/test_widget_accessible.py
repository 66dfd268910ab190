"""The chat and the form in a real Chromium over the real edge: no violation that axe knows, in each state and size.

And nothing wider than the screen, the way to a person in the page, and each control large enough for an unsteady hand.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.conversation.model import utc_now
from bot.service.brain_protocol import Reply, Source, TurnRequest, TurnResponse
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
# To a share of the way from the beginning to the end, wherever this size scrolls.
_SCROLL = """(share) => {
  const { shadowRoot } = document.querySelector("klartext-widget");
  for (const node of [shadowRoot.querySelector(".log"), shadowRoot.querySelector("#panel")])
    node.scrollTop = (node.scrollHeight - node.clientHeight) * share;
}"""
# Whatever can be read or pressed and stands under the button that leads to new messages.
UNDER_THE_JUMP = """(panel) => {
  const jump = panel.querySelector(".jump").getBoundingClientRect();
  const bars = [...panel.querySelectorAll(".tools, .foot")].map((node) => node.getBoundingClientRect());
  const log = panel.querySelector(".log").getBoundingClientRect();
  const beside = (box) => box.left < jump.right - 1 && box.right > jump.left + 1;
  const under = (box) => beside(box) && box.top < jump.bottom - 1 && box.bottom > jump.top + 1;
  const controls = [...panel.querySelectorAll("button, textarea")]
    .filter((node) => !node.matches(".jump, .log *") && node.checkVisibility());
  const own = bars.some((box) => jump.top >= box.top - 1 && jump.bottom <= box.bottom + 1);
  const scrolls = getComputedStyle(panel.querySelector(".log")).overflowY === "auto";
  return [...controls.filter((node) => under(node.getBoundingClientRect())).map((node) => node.className),
    ...(own ? [] : ["in no bar"]), ...(scrolls && under(log) ? ["the conversation"] : [])];
}"""
# Where the words that stand in an empty field are wider than the field.
CUT_OFF = """(panel) => [...panel.querySelectorAll("textarea")].filter((node) => {
  if (!node.checkVisibility()) return false;
  const style = getComputedStyle(node), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = node.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(node.placeholder).width > room;
}).map((node) => node.placeholder)"""
# What of a text stands on two lines although it belongs together.
TORN = """([log, wanted]) => {
  const walker = document.createTreeWalker(log, NodeFilter.SHOW_TEXT), torn = [];
  while (walker.nextNode()) {
    for (const { 0: found, index } of walker.currentNode.data.matchAll(new RegExp(wanted, "g"))) {
      const range = new Range();
      range.setStart(walker.currentNode, index);
      range.setEnd(walker.currentNode, index + found.length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) torn.push(found);
    }
  }
  return torn;
}"""
# What of the page the chat's button stands over, of all that can be pressed there.
UNDER_THE_LAUNCHER = """() => {
  const launcher = document.querySelector("klartext-widget").shadowRoot.querySelector(".launcher");
  const over = launcher.getBoundingClientRect();
  return [...document.querySelectorAll("a, button")].filter((node) => node.checkVisibility()).filter((node) => {
    const box = node.getBoundingClientRect();
    return box.left < over.right && box.right > over.left && box.top < over.bottom && box.bottom > over.top;
  }).map((node) => node.textContent);
}"""
# Scrolls the page's last link under the chat's button and gives it the focus, as the Tab key may.
FOCUS_UNDER_THE_LAUNCHER = """() => {
  const over = document.querySelector("klartext-widget").shadowRoot.querySelector(".launcher").getBoundingClientRect();
  const link = document.querySelector("footer a");
  scrollBy({ top: link.getBoundingClientRect().top - over.top - 4, behavior: "instant" });
  link.focus({ preventScroll: true });
  const box = link.getBoundingClientRect();
  return box.right > over.left && box.top < over.bottom && box.bottom > over.top;
}"""
# Whether all of what has the focus can be seen and pressed.
FOCUS_IN_SIGHT = """() => {
  const own = document.activeElement, box = own.getBoundingClientRect(), y = (box.top + box.bottom) / 2;
  return [box.left + 4, box.right - 4].every((x) => document.elementFromPoint(x, y) === own);
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
        assert await panel.evaluate(CUT_OFF) == [], state
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
    await expect(page.get_by_role("button", name=say("widget_close"))).to_be_in_viewport(ratio=0.9)
    await page.get_by_role("button", name=say("widget_why")).last.click()
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
    await page.evaluate(_SCROLL, 0)
    await expect(page.get_by_role("textbox")).to_be_in_viewport(ratio=0.9)
    await expect(page.locator(".to-human")).to_be_in_viewport(ratio=0.9)
    await page.get_by_role("button", name=say("widget_language_switch")).click()
    await expect(page.locator("klartext-widget .root")).to_have_attribute("lang", "en")
    await check(page, "in English")
    await context.close()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_whoever_reads_further_up_is_told_of_news_and_nothing_is_covered(
    edge: Edge, chromium: Browser, size: str, language: str
) -> None:
    width, height = SIZES[size]
    page = await chromium.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    await page.goto(f"{edge.base}/{'?lang=en' if language == 'en' else ''}")
    said = functools.partial(wording().say, language=language)
    await page.get_by_role("button", name=said("widget_launcher")).click()
    thread = page.get_by_role("log")
    await expect(thread).to_contain_text(said("disclosure"))
    for number in range(3):
        await page.get_by_role("textbox").fill(f"Frage {number}: " + "was ist mit meinem Anschluss? " * 12)
        await page.keyboard.press("Enter")
        await expect(thread).to_contain_text(f"Echo: Frage {number}")
    # Each button says which answer it is about, beginning with the words that are seen.
    names = [await button.get_attribute("aria-label") or "" for button in await page.locator(".ask-why").all()]
    assert len(names) == len(set(names)) == 4
    assert all(name.startswith(said("widget_why")) and re.search(r"\d\d:\d\d: \S", name) for name in names)
    to_human, close = page.locator(".to-human"), page.get_by_role("button", name=said("widget_close"))
    await page.evaluate(_SCROLL, 0)
    conversation = await page.evaluate("JSON.parse(localStorage.getItem('klartext.session')).conversation")
    agent = await edge.services.agents.add("cora", "Cora Lindner", "agent", "ein-gutes-passwort")
    await edge.services.conversations.claim(conversation, agent, 1)
    jump = page.locator(".jump")
    await expect(jump).to_be_visible()
    assert await page.locator("#panel").evaluate(UNDER_THE_JUMP) == []
    await expect(jump).to_be_in_viewport(ratio=1)
    await check(page, f"news-{language}")
    for part in (0, 0.5, 1):
        await page.evaluate(_SCROLL, part)
        for button in (to_human, close, page.get_by_role("textbox")):
            await expect(button).to_be_in_viewport(ratio=0.9)
    await page.evaluate(_SCROLL, 0)
    await edge.services.conversations.reply(conversation, agent, "Guten Tag.", client_id="1")
    await expect(jump).to_be_visible()
    await jump.click()
    await expect(jump).to_be_hidden()
    assert await page.evaluate("document.querySelector('klartext-widget').shadowRoot.activeElement.className") == "log"
    await expect(thread.get_by_text("Guten Tag.", exact=True)).to_be_in_viewport(ratio=0.9)
    await page.close()


@pytest.mark.parametrize("large", [False, True], ids=["type", "large"])
async def test_who_turns_the_phone_reads_on_where_they_were(edge: Edge, chromium: Browser, large: bool) -> None:
    upright, across = {"width": 390, "height": 844}, {"width": 844, "height": 390}
    page = await chromium.new_page(viewport=upright, reduced_motion="reduce")  # type: ignore[arg-type]
    await page.goto(edge.base)
    await page.get_by_role("button", name=say("widget_launcher")).click()
    thread = page.get_by_role("log")
    await expect(thread).to_contain_text(say("disclosure"))
    if large:
        await page.get_by_role("button", name=say("widget_large_type")).click()
    for number in range(4):
        await page.get_by_role("textbox").fill(f"Frage {number}: " + "was ist mit meinem Anschluss? " * 12)
        await page.keyboard.press("Enter")
        await expect(thread).to_contain_text(f"Echo: Frage {number}")
    read = thread.get_by_role("article").filter(has_text="Echo: Frage 1")
    await read.evaluate("(node) => node.scrollIntoView()")
    await expect(read.locator(".name")).to_be_in_viewport()
    for size in (across, upright, across, upright):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await expect(read.locator(".name")).to_be_in_viewport(ratio=0.9)
    # And who was at the end stays there. What is scrolled while the window changes is the browser's own doing.
    await page.wait_for_function("() => innerWidth < innerHeight")
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await page.evaluate(_SCROLL, 1)
    await expect(thread.locator(".keep")).to_be_in_viewport(ratio=0.9)
    newest = thread.locator(".keep")
    for size in (across, upright):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await expect(newest).to_be_in_viewport(ratio=0.5)
    await page.close()


async def test_numbers_times_and_amounts_are_not_torn_apart(edge: Edge, chromium: Browser) -> None:
    async def answer(request: TurnRequest) -> TurnResponse:
        sources = [
            Source(label=f"{request.text} Telekommunikationsdienstleistungsgesetz", as_of=utc_now(), system="crm")
        ]
        return TurnResponse(replies=[Reply(text=f"Echo: {request.text}", sources=sources)])

    edge.brain.answer = answer
    page = await chromium.new_page(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    await page.goto(edge.base)
    await page.get_by_role("button", name=say("widget_launcher")).click()
    thread = page.get_by_role("log")
    await expect(thread).to_contain_text(say("disclosure"))
    # And what is too long for that is broken, not cut off.
    wanted = "R-2026-11-216904|20:40 Uhr|21\\. November|37,90 €|E-Mail|30 Mbit/s|0345 123456"
    # Not more than one customer may write at once.
    for filled in range(1, 24, 2):
        text = (
            f"{'i' * filled} R-2026-11-216904 vom 21. November, 20:40 Uhr: 37,90 €; per E-Mail, 30 Mbit/s; 0345 123456."
        )
        await page.get_by_role("textbox").fill(text)
        await page.keyboard.press("Enter")
    answered = page.locator("article.bot", has_text="Echo:")
    await expect(answered.last).to_contain_text("i" * 23)
    assert await answered.locator(".together").count() >= 7
    for message in await page.locator("article").all():
        assert await page.evaluate(TORN, [await message.element_handle(), wanted]) == []
    await page.get_by_role("button", name=say("widget_large_type")).click()
    assert await page.locator("#panel").evaluate(TOO_WIDE) == []
    await page.close()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "size", [(320, 256), (320, 568), (320, 640), (360, 640), (375, 667), (390, 844), (768, 1024), (1440, 900)], ids=str
)
async def test_on_arrival_the_chats_button_stands_over_nothing_that_can_be_pressed(
    edge: Edge, chromium: Browser, size: tuple[int, int], language: str
) -> None:
    page = await chromium.new_page(viewport={"width": size[0], "height": size[1]})
    await page.goto(f"{edge.base}/{'?lang=en' if language == 'en' else ''}")
    await expect(page.locator(".launcher")).to_be_visible()
    assert await page.evaluate(UNDER_THE_LAUNCHER) == []
    await page.close()


@pytest.mark.parametrize("size", [(320, 256), (320, 568), (390, 844)], ids=str)
async def test_the_closed_chat_gives_room_to_whoever_reads_the_page(
    edge: Edge, chromium: Browser, size: tuple[int, int]
) -> None:
    width, height = size
    page = await chromium.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    await page.goto(edge.base)
    launcher = page.locator(".launcher")
    await expect(launcher).to_have_accessible_name(re.compile(say("widget_launcher")))
    assert await page.evaluate(FOCUS_UNDER_THE_LAUNCHER), "nothing is tested"
    await expect(launcher).to_have_css("opacity", "0")
    await page.wait_for_function(FOCUS_IN_SIGHT)
    box = await launcher.bounding_box()
    assert box is not None
    # Who reads has nearly all of the screen.
    assert box["width"] * box["height"] < 0.07 * width * height
    # It has its place in the order of the Tab key all the same, and is seen there.
    await launcher.focus()
    await expect(launcher).to_have_css("opacity", "1")
    await page.locator("footer a").last.focus()
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    await expect(launcher).to_have_css("opacity", "1")
    # At the page's beginning it says what it is, where the screen is not too low for it.
    seen = "widget_launcher_brief" if height < SIZES["320"][1] else "widget_launcher_note"
    await expect(launcher.get_by_text(say(seen), exact=True)).to_be_visible()
    await page.close()


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
