"""Files between the customer's window and the agent's, chosen as people choose them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from playwright.async_api import Page, expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import AgentWindow, CustomerWindow
from tests.browser.stack import Login

PDF = b"%PDF-1.7\n" + bytes(50)


def picture(width: int = 40, height: int = 30) -> bytes:
    """A real PNG: a browser shows it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\x20\x60\xa0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def _with_agent(windows: Windows, language: Language, anna: Login) -> tuple[CustomerWindow, AgentWindow]:
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    agent = await (await windows.agent(language)).enter(anna)
    await agent.open(await customer.conversation())
    await agent.claim()
    return customer, agent


async def _paste(page: Page, selector: str, name: str, media_type: str, content: bytes) -> None:
    await page.evaluate(
        """([selector, name, type, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, { type }));
          const how = { clipboardData: data, bubbles: true, cancelable: true };
          document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        [selector, name, media_type, list(content)],
    )


async def test_an_agent_attaches_pastes_and_sends(
    windows: Windows, language: Language, anna: Login, tmp_path: Path
) -> None:
    customer, agent = await _with_agent(windows, language, anna)
    (tmp_path / "Anleitung.pdf").write_bytes(PDF)
    async with agent.page.expect_file_chooser() as choosing:
        await agent.page.get_by_role("button", name=agent.words("desk_attach")).click()
    await (await choosing.value).set_files(tmp_path / "Anleitung.pdf")
    await _paste(agent.page, "#compose", "Router.png", "image/png", picture())
    uploads = agent.page.get_by_role("list", name=agent.words("desk_uploads"))
    await expect(uploads.get_by_role("listitem")).to_have_count(2)
    await agent.page.locator("#compose").fill("So geht es.")
    await agent.page.locator("#compose").press("Enter")
    shown = await customer.arrived("human", "So geht es.")
    await expect(shown).to_contain_text("Anleitung.pdf")
    await customer.arrived("human", "Router.png")
    await expect(uploads).to_be_hidden()
    own = agent.page.locator(".event[data-author=human] .files")
    await expect(own).to_have_count(2)
    await expect(own.last.get_by_role("img")).to_have_js_property("naturalWidth", 40)
    await expect(agent.page.locator("#compose")).to_have_value("")


async def test_what_cannot_be_sent_is_said_at_once(
    windows: Windows, language: Language, anna: Login, tmp_path: Path
) -> None:
    _customer, agent = await _with_agent(windows, language, anna)
    huge = tmp_path / "film.mp4"
    with huge.open("wb") as file:
        file.truncate(1024**3)
    (tmp_path / "programm.exe").write_bytes(b"MZ")
    chooser = agent.page.locator("input[type=file]")
    await chooser.set_input_files(huge)
    alerts = agent.page.locator(".uploads").get_by_role("alert")
    await expect(alerts).to_have_text(agent.words("desk_file_too_large", limit=16))
    await chooser.set_input_files(tmp_path / "programm.exe")
    await expect(alerts.last).to_have_text(agent.words("desk_error_file_type"))
    for _ in range(2):
        await agent.page.get_by_role("button", name=agent.words("desk_upload_remove")).first.click()
    await expect(agent.page.locator(".upload")).to_have_count(0)


async def test_a_customer_sends_files_and_gets_them_back(
    windows: Windows, language: Language, anna: Login, tmp_path: Path
) -> None:
    customer, agent = await _with_agent(windows, language, anna)
    (tmp_path / "Router.png").write_bytes(picture())
    (tmp_path / "Rechnung.pdf").write_bytes(PDF)
    async with customer.page.expect_file_chooser() as choosing:
        await customer.panel.get_by_role("button", name=customer.words("widget_attach")).click()
    await (await choosing.value).set_files([tmp_path / "Router.png", tmp_path / "Rechnung.pdf"])
    await customer.arrived("customer", "Router.png")
    shown = await customer.arrived("customer", "Rechnung.pdf")
    # Its name stands there once, at the file.
    assert (await shown.inner_text()).count("Rechnung.pdf") == 1
    save = customer.words("widget_file_save", name="Rechnung.pdf")
    async with customer.page.expect_download() as download:
        await shown.get_by_role("button", name=save).click()
    assert (await (await download.value).path()).read_bytes() == PDF
    canvas = customer.thread.get_by_role("img", name="Router.png")
    await expect(canvas).to_have_js_property("width", 40)
    at_the_desk = agent.page.locator(".event[data-author=customer] .files")
    await expect(at_the_desk).to_have_count(2)
    await expect(at_the_desk.first.get_by_role("img")).to_have_js_property("naturalWidth", 40)
    await customer.reload()
    await expect(customer.thread.get_by_role("img", name="Router.png")).to_have_js_property("width", 40)
    await expect(customer.by("customer", "Rechnung.pdf")).to_have_count(1)


async def test_a_customers_file_that_cannot_be_sent_is_said_at_once(
    windows: Windows, language: Language, tmp_path: Path
) -> None:
    customer = await (await windows.customer(language)).open()
    huge = tmp_path / "film.mp4"
    with huge.open("wb") as file:
        file.truncate(1024**3)
    chooser = customer.panel.locator("input[type=file]")
    await chooser.set_input_files(huge)
    await expect(customer.status).to_contain_text(customer.words("widget_file_too_large", limit=16))
    (tmp_path / "bild.png").write_bytes(b"MZ" + bytes(100))
    customer.expect_console(r"status of 422 .*widget/files")
    await chooser.set_input_files(tmp_path / "bild.png")
    await expect(customer.by("customer", "bild.png").locator(".state.refused")).to_be_visible()
    await expect(customer.status).to_contain_text(customer.words("error_file_type"))
    await customer.ask({"de": "Hallo", "en": "Hello"}[language], "")
