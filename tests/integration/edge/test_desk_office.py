"""The office's pages in a real Chromium over the real edge: forms, keyboard, the second factor, accessibility."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator

import pyotp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright, expect

from bot.transparency.wording import Language, wording
from tests.browser.conftest import ARGUMENTS, CHROMIUM, LOCALES, WATCH_POLICY
from tests.integration.edge.conftest import PASSWORD, Edge

ADMINISTRATORS = (
    *("account", "board", "figures", "teaching", "people", "teams", "replies"),
    *("sessions", "hours", "templates", "log"),
)
# Rules that axe tests for levels A and AA.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def say(key: str, language: Language = "de", **values: object) -> str:
    """A text of the desk."""
    return wording().say(key, language, **values)


class Browser:
    """Opens windows of one Chromium; what their consoles say unasked fails the test."""

    def __init__(self, chromium: object, base: str) -> None:
        self._chromium = chromium
        self.base = base
        self.complaints: list[str] = []

    async def window(self, language: Language = "de", **options: object) -> Page:
        """A window at the login."""
        context = await self._chromium.new_context(locale=LOCALES[language], **options)  # type: ignore[attr-defined]
        await context.add_init_script(WATCH_POLICY)
        page: Page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self._note(line.type, line.text))
        await page.goto(f"{self.base}/desk")
        if language == "en":
            await page.get_by_role("button", name="English").click()
        return page

    def _note(self, kind: str, text: str) -> None:
        # Chromium's own note of an answer that a test asks for.
        if kind == "error" and "status of 4" not in text:
            self.complaints.append(text)


@pytest.fixture
async def browser(edge: Edge) -> AsyncIterator[Browser]:
    """Chromium, with an administrator to log in as."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium on this machine")
    await edge.services.agents.add("clara", "Clara Haupt", "administrator", PASSWORD)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = Browser(chromium, edge.base)
        yield opened
        await chromium.close()
    assert not opened.complaints


async def _log_in(page: Page, login: str, password: str = PASSWORD, code: str = "") -> None:
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(password)
    if code:
        await page.locator("#code").fill(code)
    await page.locator("#password").press("Enter")


async def _open(page: Page, base: str, name: str, language: Language = "de") -> None:
    await page.goto(f"{base}/desk#/office/{name}")
    await expect(page.get_by_role("heading", level=1, name=say(f"desk_office_{name}", language))).to_be_visible()
    await expect(page.locator(".office-body").first).not_to_contain_text(say("desk_loading", language))
    await expect(page.get_by_text(say("desk_office_failed", language))).to_be_hidden()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("de", "light", 1280), ("en", "dark", 390), ("de", "dark", 1280)]
)
async def test_no_page_breaks_a_rule_of_accessibility_or_is_wider_than_the_window(
    browser: Browser, language: Language, scheme: str, width: int
) -> None:
    page = await browser.window(language, color_scheme=scheme, viewport={"width": width, "height": 800})
    await _log_in(page, "clara")
    await expect(page.locator(".bar")).to_be_visible()
    for name in ADMINISTRATORS:
        await _open(page, browser.base, name, language)
        found = await Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.timeout(300)
async def test_an_account_is_added_and_changed_by_keyboard_alone(edge: Edge, browser: Browser) -> None:
    page = await browser.window()
    await _log_in(page, "clara")
    await _open(page, browser.base, "people")
    form = page.get_by_role("form", name=say("desk_person_add"))
    await form.get_by_label(say("desk_login_name")).focus()
    await page.keyboard.type("doris")
    await page.keyboard.press("Tab")
    await page.keyboard.type("<b>Doris</b> Ebner")
    await page.keyboard.press("Enter")
    secret = page.get_by_role("dialog").locator("code")
    await expect(secret).to_have_text(re.compile(r"^(\w{4}-){3}\w{4}$"))
    password = await secret.inner_text()
    await page.keyboard.press("Escape")
    row = page.get_by_role("row").filter(has_text="doris")
    await expect(row).to_contain_text("<b>Doris</b> Ebner")
    await row.get_by_role("button").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(say("desk_person_may_log_in")).focus()
    await page.keyboard.press("Space")
    await dialog.get_by_role("button", name=say("desk_save")).focus()
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text(say("desk_person_inactive"))
    stranger = await browser.window()
    await _log_in(stranger, "doris", password)
    await expect(stranger.get_by_role("alert")).to_have_text(say("desk_error_login_wrong"))


@pytest.mark.timeout(300)
async def test_a_required_second_factor_is_set_up_before_the_desk_opens(edge: Edge, browser: Browser) -> None:
    chief = await browser.window()
    await _log_in(chief, "clara")
    await _open(chief, browser.base, "people")
    await chief.get_by_label(say("desk_security_required")).check()
    await chief.get_by_role("form", name=say("desk_security")).get_by_role("button").click()
    page = await browser.window()
    await _log_in(page, "anna")
    await expect(page.get_by_role("heading", level=1)).to_have_text(say("desk_factor_needed_heading"))
    await expect(page.locator(".inbox")).to_have_count(0)
    await page.get_by_label(say("desk_password_current")).fill(PASSWORD)
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("img")).to_be_visible()
    found = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    key = (await dialog.locator("code.secret").inner_text()).replace(" ", "")
    await dialog.get_by_label(say("desk_factor_code")).fill(pyotp.TOTP(key).now())
    await page.keyboard.press("Enter")
    await expect(dialog.locator(".secrets li")).to_have_count(10)
    recovery = await dialog.locator(".secrets code").first.inner_text()
    await page.keyboard.press("Escape")
    await expect(page.locator(".inbox")).to_be_visible()
    again = await browser.window()
    await _log_in(again, "anna")
    await expect(again.get_by_role("alert")).to_have_text(say("desk_error_login_code_needed"))
    await _log_in(again, "anna", code=recovery)
    await expect(again.locator(".inbox")).to_be_visible()


@pytest.mark.timeout(300)
async def test_agents_have_no_way_to_what_is_not_theirs(browser: Browser) -> None:
    page = await browser.window()
    await _log_in(page, "anna")
    await expect(page.locator(".bar")).to_be_visible()
    await page.goto(f"{browser.base}/desk#/office/log")
    await expect(page.get_by_text(say("desk_error_role"))).to_be_visible()
    await expect(page.locator(".office-nav")).not_to_contain_text(say("desk_office_people"))
