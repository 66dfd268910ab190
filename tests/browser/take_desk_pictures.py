"""Takes the pictures of every view of the desk: `python -m tests.browser.take_desk_pictures`, by hand.

Starts an edge of its own, plays a busy morning, walks through every view and writes `docs/pictures/desk-{view}.png`,
wide and (`-phone`) narrow, some also dark. With a folder as argument every view in every look goes there instead, to
look at after changes of the pages. Pictures are reduced to a palette, so that none is larger than 150 kB.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright, expect

from tests.browser.conftest import CHROMIUM, IN_GERMAN, Windows
from tests.browser.desk_day import play
from tests.browser.desk_edge import ANNA, CLARA, desk_edge
from tests.browser.desk_tour import at_the_office, at_work, signed_out
from tests.browser.pages import PATIENCE, AgentWindow
from tests.browser.stack import ROOT

PICTURES = ROOT / "docs" / "pictures"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 375, "height": 812}
LOOKS = {"": (WIDE, "light"), "-dark": (WIDE, "dark"), "-phone": (NARROW, "light"), "-phone-dark": (NARROW, "dark")}
# Those that the documents show in the dark.
DARK = {"-dark": {"conversation", "inbox-waiting", "office-board"}, "-phone-dark": {"conversation", "inbox-mine"}}
LARGEST = 150_000


def reduced(picture: bytes) -> bytes:
    """The same picture in as many colours as fit into the limit."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            out, "PNG", optimize=True
        )
        if out.tell() <= LARGEST:
            return out.getvalue()
    raise ValueError("too large in 32 colours")


async def take(window: AgentWindow, tour: AsyncIterator[str], look: str, folder: Path, *, everything: bool) -> None:
    """A picture of each view of a tour."""
    async for view in tour:
        if everything or look not in DARK or view in DARK[look]:
            await window.page.wait_for_timeout(150)
            (folder / f"desk-{view}{look}.png").write_bytes(reduced(await window.page.screenshot()))


async def main(folder: Path, *, everything: bool) -> None:
    """Start, play, walk through, stop."""
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory(prefix="klartext-desk-") as var:
        async with desk_edge(Path(var)) as edge, async_playwright() as playwright:
            played = await play(edge)
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, **IN_GERMAN)
            for look, (size, scheme) in LOOKS.items():
                windows = Windows(browser, edge)
                out, agent, chief = [await windows.agent("de", viewport=size, color_scheme=scheme) for _ in range(3)]
                tours = (
                    (out, signed_out(out)),
                    (agent, at_work(agent, ANNA, played)),
                    (chief, at_the_office(chief, CLARA)),
                )
                for window, tour in tours:
                    await take(window, tour, look, folder, everything=everything)
                await windows.close()
            await browser.close()


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    (chosen or PICTURES).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(chosen or PICTURES, everything=chosen is not None))
