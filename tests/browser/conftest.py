"""One running system and one browser for the whole folder; windows of their own for each test.

A test fails also when one of its windows complained on the console or broke the security policy. What a failed test
saw last is kept in `results/browser/`. Tests that kill processes run last.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bot.transparency.wording import LANGUAGES, Language
from tests.browser.desk_edge import desk_edge
from tests.browser.pages import PATIENCE, AgentWindow, CustomerWindow, Post, Window
from tests.browser.phone import PhoneWindow
from tests.browser.site import Site
from tests.browser.stack import ROOT, Login, Stack
from tests.integration.edge.conftest import Edge

HERE = Path(__file__).parent
RESULTS = ROOT / "results" / "browser"
LAST = "test_processes.py"
CHROMIUM = os.environ.get("KLARTEXT_TEST_CHROMIUM") or "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# How a browser is started that writes dates into fields as in Germany, whatever the page says. Debian has its German
# words in a package of their own, `chromium-l10n`; without them fields of dates are as in America.
IN_GERMAN: dict[str, Any] = {
    "args": [*ARGUMENTS, "--lang=de"],
    "env": {**os.environ, "LANGUAGE": "de", "LANG": "C.UTF-8"},
}
# A violation of the page's security policy becomes an error on the console, which fails the test.
WATCH_POLICY = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`security policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));"""
LOCALES = {"de": "de-DE", "en": "en-GB"}

_failed = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder in one event loop, with time for a first start, and those that kill processes last."""
    here = {item: None for item in items if HERE in item.path.parents}
    for item in here:
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))
    ordered = iter(sorted(here, key=lambda item: item.path.name == LAST))
    items[:] = [next(ordered) if item in here else item for item in items]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember for the windows whether their test failed."""
    outcome = yield
    if call.when == "call":
        item.stash[_failed] = outcome.get_result().failed  # type: ignore[attr-defined]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def allowed_site() -> AsyncIterator[Site]:
    """The website that may embed the chat."""
    site = Site()
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
def site(allowed_site: Site, stack: Stack) -> Site:
    """The website, as it is before a test changes its tag."""
    allowed_site.chat, allowed_site.attributes, allowed_site.integrity = stack.base, {}, None
    return allowed_site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(browser: Browser, allowed_site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The running system; without a browser it is not started."""
    running = Stack(tmp_path_factory.mktemp("klartext"), {"KLARTEXT_WIDGET_ORIGINS": allowed_site.origin})
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


@pytest.fixture(scope="session")
def anna(stack: Stack) -> Login:
    """The first agent's account, as `klartext run` printed it."""
    assert stack.agent is not None
    return stack.agent


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ben(stack: Stack) -> Login:
    """A second agent's account."""
    return await stack.add_agent("ben", "Ben Okafor")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    """Each test in both languages."""
    chosen: Language = request.param
    return chosen


class Windows:
    """Opens windows, each with storage and cookies of its own, as on different computers."""

    def __init__(self, browser: Browser, stack: Stack | Edge) -> None:
        self._browser = browser
        self._base = stack.base
        self._contexts: list[BrowserContext] = []
        self.all: list[Window] = []

    async def customer(self, language: Language, **options: object) -> CustomerWindow:
        """A customer's window, not yet anywhere."""
        return self.customer_tab(await self._page(language, **options), language)

    def customer_tab(self, page: Page, language: Language) -> CustomerWindow:
        """A page as a customer's window; pages of one context share their storage."""
        window = CustomerWindow(page, self._base, language)
        self.all.append(window)
        return window

    async def agent(self, language: Language, **options: object) -> AgentWindow:
        """An agent's window, not yet anywhere."""
        window = AgentWindow(await self._page(language, **options), self._base, language)
        self.all.append(window)
        return window

    def agent_tab(self, page: Page, language: Language) -> AgentWindow:
        """A page as an agent's window."""
        window = AgentWindow(page, self._base, language)
        self.all.append(window)
        return window

    async def phone(self, language: Language, **options: object) -> PhoneWindow:
        """A window with the demonstration's phone, not yet anywhere."""
        window = PhoneWindow(await self._page(language, **options), self._base, language)
        self.all.append(window)
        return window

    async def waiting_customer(
        self, *words: str, asking: str = "Ich möchte einen Menschen"
    ) -> tuple[CustomerWindow, str]:
        """A customer of the desk's edge who said this and waits for a person, and the conversation's id."""
        customer = await (await self.customer("de")).open()
        for text in words:
            await customer.ask(text, f"Echo: {text}")
        await customer.ask(asking, customer.said("queued_customer_request"), author="system")
        return customer, await customer.conversation()

    def post(self) -> Post:
        """The demonstration's post."""
        return Post(lambda: self._page("de"), self._base)

    async def plain(self, language: Language, **options: object) -> Page:
        """A page that is no window of a chat or a desk."""
        return await self._page(language, **options)

    async def _page(self, language: Language, **options: object) -> Page:
        context = await self._browser.new_context(
            locale=LOCALES[language],
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
            **{"viewport": {"width": 1280, "height": 800}, **options},  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        await context.add_init_script(WATCH_POLICY)
        self._contexts.append(context)
        return await context.new_page()

    async def keep_pictures(self, name: str) -> None:
        """What each window shows now, as files."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        for number, window in enumerate(self.all):
            if not window.page.is_closed():
                file = RESULTS / f"{name}-{number}-{type(window).__name__}.png"
                await window.page.screenshot(path=file, timeout=5_000)

    async def close(self) -> None:
        """Close everything."""
        for context in self._contexts:
            await context.close()


@asynccontextmanager
async def _opened(browser: Browser, system: Stack | Edge, request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    opened = Windows(browser, system)
    try:
        yield opened
        if request.node.stash.get(_failed, False):
            await opened.keep_pictures(re.sub(r"\W+", "-", request.node.name))
    finally:
        await opened.close()
    complaints = [f"{type(window).__name__}: {line}" for window in opened.all for line in window.complaints]
    assert not complaints, "\n".join(complaints)


@pytest_asyncio.fixture(loop_scope="session")
async def windows(browser: Browser, stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    """Windows for one test on the whole system."""
    async with _opened(browser, stack, request) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def edge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    """The desk's edge with a known brain, one for each file of tests."""
    async with desk_edge(tmp_path_factory.mktemp("desk")) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def desks(browser: Browser, edge: Edge, request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    """Windows for one test on the desk's edge."""
    async with _opened(browser, edge, request) as opened:
        yield opened


@pytest.fixture
def post(windows: Windows) -> Post:
    """The demonstration's post."""
    return windows.post()
