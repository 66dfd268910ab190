"""Takes the pictures of README and docs/widget.md from the running system: `python -m tests.browser.take_pictures`.

Starts a system of its own, plays a short conversation, and writes to `docs/pictures/`: `widget.png` and `desk.png`
(1280 by 800, light), `widget-why.png`, `widget-phone.png` (a phone, dark) and `widget-site.png` (the demonstration's
website in English, dark). A picture over 150 kB gets fewer colours; one that stays over it is an error. With a folder
as argument it plays the same in a narrow and a wide window and takes pictures of the main steps there, to look at after
changes of the pages. Fails like the tests when something does not appear.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, IN_GERMAN, Windows
from tests.browser.pages import PATIENCE
from tests.browser.stack import ROOT, Stack

# In bytes.
LARGEST = 150_000
FEWEST_COLOURS = 32
PICTURES = ROOT / "docs" / "pictures"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


async def keep(page: Page, path: Path) -> None:
    """What the page shows, as a file that a reader's line carries easily."""
    await page.screenshot(path=path)
    _make_small(path)


def _make_small(path: Path) -> None:
    colours = 256
    while path.stat().st_size > LARGEST and colours >= FEWEST_COLOURS:
        with Image.open(path) as shown:
            fewer = shown.convert("RGB").quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        fewer.save(path, optimize=True)
        colours //= 2
    assert path.stat().st_size <= LARGEST, f"{path.name} has {path.stat().st_size} bytes"


async def on_a_phone(windows: Windows, folder: Path) -> None:
    """The chat on a phone, in the dark, and the website around it in English."""
    phone = await (await windows.customer("de", viewport=NARROW, color_scheme="dark")).open()
    await phone.ask("Gibt es in 06217 eine Störung?", "S-1042")
    await keep(phone.page, folder / "widget-phone.png")
    site = await windows.customer("en", viewport=WIDE, color_scheme="dark")
    await site.visit()
    await expect(site.page.get_by_role("button", name=site.words("widget_launcher"))).to_be_visible()
    await keep(site.page, folder / "widget-site.png")


async def play(stack: Stack, windows: Windows, size: dict[str, int], steps: Path | None, readme: Path | None) -> None:
    """A conversation with an answer and a handover, with pictures on the way."""
    assert stack.agent is not None
    customer = await (await windows.customer("de", viewport=size, color_scheme="light")).open()
    agent = await (await windows.agent("de", viewport=size, color_scheme="light")).enter(stack.agent)

    async def picture(page: Page, step: str, readme_name: str = "") -> None:
        if readme and readme_name:
            await keep(page, readme / readme_name)
        if steps:
            await page.screenshot(path=steps / f"{size['width']}-{step}.png")

    await picture(customer.page, "1-customer-opened")
    await customer.ask("Wie lange läuft mein Vertrag noch?", customer.words("identity_ask_identifier"))
    await picture(customer.page, "2-customer-identity")
    await customer.prove("2169047", windows.post(), "stefan.reuter@example.org", "V-216904")
    await customer.page.mouse.move(0, 0)
    await picture(customer.page, "3-customer-answer", "widget.png")
    answer = customer.by("bot", "V-216904").last
    await answer.get_by_role("button", name=customer.words("widget_why")).click()
    await expect(answer.locator(".reasons li").first).to_be_visible()
    await picture(customer.page, "3-customer-why", "widget-why.png")
    await customer.ask_for_a_person("Kann ich bitte mit einem Menschen darüber sprechen?")
    await expect(agent.row(await customer.conversation())).to_be_visible()
    await picture(customer.page, "4-customer-waits")
    await picture(agent.page, "4-agent-list")
    await agent.open(await customer.conversation())
    await expect(agent.section("bot_tried")).to_contain_text("Wie lange")
    await picture(agent.page, "5-agent-waiting", "desk.png")
    await agent.claim()
    await agent.write("Guten Tag, Herr Reuter, ich sehe mir Ihren Vertrag mit Ihnen an.")
    await customer.arrived("human", "Guten Tag, Herr Reuter")
    await picture(customer.page, "6-customer-person")
    await picture(agent.page, "6-agent-person")
    await agent.hand_back("Vertrag erklärt.")
    await customer.arrived("bot", customer.words("disclosure_again"))
    await picture(customer.page, "7-customer-bot-again")


async def main(steps: Path | None) -> None:
    """Start everything, take the pictures, stop everything."""
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory(prefix="klartext-pictures-") as folder:
        stack = Stack(Path(folder))
        try:
            await stack.start()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, **IN_GERMAN)
                windows = Windows(browser, stack)
                await play(stack, windows, WIDE, steps, PICTURES)
                await on_a_phone(windows, PICTURES)
                if steps:
                    await play(stack, windows, NARROW, steps, None)
                await windows.close()
                await browser.close()
        finally:
            await stack.stop()


if __name__ == "__main__":
    further = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for folder_of_pictures in filter(None, (PICTURES, further)):
        folder_of_pictures.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(further))
