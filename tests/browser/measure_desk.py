"""How fast the desk is with many conversations and a long thread: `python -m tests.browser.measure_desk`, by hand.

Starts an edge of its own, fills it, and measures in a real Chromium what an agent waits for. Prints one line for each
figure, in milliseconds, the median of five. Nothing is asserted: the tests count nodes and pages instead.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Windows
from tests.browser.desk_crowd import crowd, long_thread
from tests.browser.desk_edge import ANNA, desk_edge
from tests.browser.pages import AgentWindow
from tests.integration.edge.conftest import Edge

_TIMES = 5
# Milliseconds from `begin()` until `found()` and the frame after it is painted.
_UNTIL = """async () => {
  const start = performance.now();
  BEGIN;
  while (!(FOUND)) await new Promise(requestAnimationFrame);
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
# The longest and the median time between two frames while this is scrolled from end to end.
_SCROLL = """async (selector) => {
  const node = document.querySelector(selector), gaps = [];
  const down = node.scrollTop < 10;
  let last = performance.now();
  for (let step = 0; step < 60; step += 1) {
    node.scrollTop += down ? 400 : -400;
    await new Promise(requestAnimationFrame);
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  gaps.sort((a, b) => a - b);
  return [gaps[Math.floor(gaps.length / 2)], gaps.at(-1)];
}"""


async def first_list(window: AgentWindow) -> float:
    """From a reload to the first row that can be read, in milliseconds."""
    await window.page.goto("about:blank")
    await window.page.goto(f"{window.base}/desk#/waiting", wait_until="commit")
    await expect(window.inbox.locator("a.row").first).to_be_visible(timeout=60_000)
    found: float = await window.page.evaluate("performance.now()")
    return found


async def timed(page: Page, begin: str, found: str) -> float:
    """Milliseconds until the page shows what was asked for."""
    took: float = await page.evaluate(_UNTIL.replace("BEGIN", begin).replace("FOUND", found))
    return took


async def median(measure: Callable[[], Awaitable[float]]) -> float:
    """Of several."""
    return statistics.median([await measure() for _ in range(_TIMES)])


async def measured(edge: Edge, window: AgentWindow, waiting: int, long: str) -> None:
    """Print every figure."""
    page = window.page

    def say(name: str, *values: float) -> None:
        print(f"{waiting:>6} waiting  {name:<44}" + " / ".join(f"{value:7.0f}" for value in values), flush=True)  # noqa: T201

    say("first list after a reload", await median(lambda: first_list(window)))
    rows = await page.locator(".inbox a.row").count()
    nodes = await page.evaluate("document.querySelectorAll('*').length")
    say("rows and nodes in the page (count)", rows, nodes)
    say("a frame while the list scrolls, median / worst", *await page.evaluate(_SCROLL, ".rows-scroll"))
    last = "document.querySelector('[role=log] [data-seq=\"2000\"]')"

    async def opened() -> float:
        await page.evaluate("location.hash = '#/team'")
        await expect(page.locator("[role=log]")).to_have_count(0)
        return await timed(page, f"location.hash = '#/team/{long}'", last)

    say("open a thread of 2,000 messages", await median(opened))
    say("entries in the page (count)", await page.locator("[role=log] li.event").count())
    say("a frame while it scrolls up, median / worst", *await page.evaluate(_SCROLL, ".thread-scroll"))

    async def changed() -> float:
        row = await edge.services.conversations.start_widget("de")
        before = await page.locator('.tab[data-view="team"] .tab-count').inner_text()
        found = f"document.querySelector('.tab[data-view=\"team\"] .tab-count').textContent !== '{before}'"
        waits = asyncio.create_task(timed(page, "", found))
        await asyncio.sleep(0.05)
        await edge.services.conversations.receive(row.conversation.id, "Hallo", client_id="h")
        return await waits - 50

    say("a new conversation is in the list", await median(changed))


async def main() -> None:
    """Measure with 500 and with 10,000 who wait."""
    with tempfile.TemporaryDirectory(prefix="klartext-desk-") as folder:
        async with desk_edge(Path(folder)) as edge, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            windows = Windows(browser, edge)
            window = await (await windows.agent("de", viewport={"width": 1440, "height": 900})).enter(ANNA)
            long = await long_thread(edge, 2000)
            there = 0
            for waiting in (500, 10_000):
                await crowd(edge, waiting - there)
                there = waiting
                await measured(edge, window, waiting, long)
            await windows.close()
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
