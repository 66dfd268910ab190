"""The pages as people use them: a customer's window, an agent's window, the demonstration's post.

Elements are found by role and visible words wherever a person would find them so; the words come from the same files
as the product's. Every window keeps what its console said: `complaints` is what nobody expected.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from playwright.async_api import ConsoleMessage, Locator, Page, expect

from bot.transparency.wording import Language, wording
from tests.browser.stack import Login

# Milliseconds. For everything that happens by itself; nothing here measures speed.
PATIENCE = 15_000
# The desk is promised within a second; a busy machine gets three.
ARRIVAL = 3_000

# By day and time, by the time of today, or by the day alone where no more is known, as of a law.
SOURCE = {
    "de": re.compile(r"^Quellen?: .+, Stand (\d{1,2}\. \S+ \d{4}(, \d\d:\d\d Uhr)?|\d\d:\d\d Uhr)$"),
    "en": re.compile(r"^Sources?: .+, as of (\d{1,2} \S+ \d{4}(, \d\d:\d\d)?|\d\d:\d\d)$"),
}


def said(key: str, language: Language, **values: object) -> re.Pattern[str]:
    """A text of the product as a pattern; what is not given in `values` may be anything."""
    template = wording().entries()[key][language]
    parts = re.split(r"\{(\w+)\}", template)
    pattern = "".join(
        re.escape(part) if place % 2 == 0 else re.escape(str(values[part])) if part in values else r".+?"
        for place, part in enumerate(parts)
    )
    return re.compile(pattern, re.DOTALL)


class Window:
    """A page, its language, and what its console said."""

    def __init__(self, page: Page, base: str, language: Language) -> None:
        self.page = page
        self.base = base
        self.language = language
        self._console: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._console.append(f"pageerror: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._console.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def expect_console(self, *patterns: str) -> None:
        """These lines belong to what this test does, for instance the browser's own note of a refused login."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    @asynccontextmanager
    async def offline(self) -> AsyncIterator[None]:
        """No network meanwhile. That requests fail then is noted by Chromium, and is no complaint of the page."""
        self.expect_console("net::ERR_INTERNET_DISCONNECTED")
        await self.page.context.set_offline(True)
        try:
            yield
        finally:
            await self.page.context.set_offline(False)

    @property
    def complaints(self) -> list[str]:
        """Errors, warnings and violations of the security policy that no test expected."""
        return [line for line in self._console if not any(pattern.search(line) for pattern in self._expected)]

    def words(self, key: str, **values: object) -> str:
        """A text in this window's language."""
        return wording().say(key, self.language, **values)

    def said(self, key: str, **values: object) -> re.Pattern[str]:
        """A text in this window's language, as a pattern."""
        return said(key, self.language, **values)


class CustomerWindow(Window):
    """The provider's website with the chat."""

    def __init__(self, page: Page, base: str, language: Language) -> None:
        super().__init__(page, base, language)
        self.panel = page.get_by_role("dialog")
        self.thread = self.panel.get_by_role("log")
        self.messages = self.thread.get_by_role("article")
        self.input = self.panel.get_by_role("textbox")
        self.holder = self.panel.locator("#holder")
        self.status = self.panel.get_by_role("status")
        self.to_human = self.panel.locator(".to-human")

    async def visit(self) -> None:
        """Go to the website."""
        await self.page.goto(f"{self.base}/{'?lang=en' if self.language == 'en' else ''}")

    async def open(self) -> CustomerWindow:
        """Go to the website and open the chat."""
        await self.visit()
        return await self.open_chat()

    async def open_chat(self) -> CustomerWindow:
        """Press the launcher; the first message is there afterwards."""
        await self.page.get_by_role("button", name=self.words("widget_launcher")).click()
        await expect(self.messages.first).to_be_visible()
        return self

    async def reload(self) -> None:
        """Load the page again and open the chat."""
        await self.page.reload()
        await self.open_chat()

    async def conversation(self) -> str:
        """The conversation's id, as this browser remembers it."""
        found: str = await self.page.evaluate("JSON.parse(localStorage.getItem('klartext.session')).conversation")
        return found

    async def switch_language(self) -> None:
        """Press the button for the other language."""
        await self.panel.get_by_role("button", name=self.words("widget_language_switch")).click()
        self.language = "en" if self.language == "de" else "de"
        await expect(self.panel.get_by_role("button", name=self.words("widget_send"), exact=True)).to_be_visible()

    # --- saying something ---

    async def say(self, text: str) -> None:
        """Write and send with the Enter key."""
        await self.input.fill(text)
        await self.input.press("Enter")

    async def ask(self, text: str, expecting: str | re.Pattern[str], author: str = "bot") -> Locator:
        """Say something; the new message that answers as expected."""
        before = await self.by(author, expecting).count()
        await self.say(text)
        return await self.arrived(author, expecting, before)

    async def press(self, title: str, expecting: str | re.Pattern[str], author: str = "bot") -> Locator:
        """Press a button under the newest message; the new message that answers as expected."""
        before = await self.by(author, expecting).count()
        await self.choice(title).click()
        return await self.arrived(author, expecting, before)

    async def arrived(self, author: str, expecting: str | re.Pattern[str], before: int = 0) -> Locator:
        """The message with this author and text, when `before` such were there already."""
        wanted = self.by(author, expecting).nth(before)
        try:
            await expect(wanted).to_be_visible()
        except AssertionError:
            raise AssertionError(
                f"no message by {author} matches {expecting!r}; the thread:\n{await self.transcript()}"
            ) from None
        return wanted

    async def prove(self, identifier: str, post: Post, recipient: str, expecting: str | re.Pattern[str]) -> Locator:
        """Give an identifier and the code that the post then holds; the answer to the request behind it."""
        await self.ask(identifier, self.words("identity_ask_code").split(" ")[0])
        code = await post.code_for(recipient)
        await self.ask(code, self.said("identity_proven"))
        return await self.arrived("bot", expecting)

    async def ask_for_a_person(self, text: str | None = None) -> Locator:
        """Ask for a person, by the button or in words; the notice that says what happens now."""
        expecting = self.said("queued_customer_request")
        if text is not None:
            return await self.ask(text, expecting, author="system")
        before = await self.by("system", expecting).count()
        await self.to_human.click()
        return await self.arrived("system", expecting, before)

    # --- reading ---

    def by(self, author: str, text: str | re.Pattern[str] = "") -> Locator:
        """Messages by bot, human, system or customer that contain a text."""
        return self.thread.locator(f"article.{author}").filter(has_text=text or re.compile(""))

    def choice(self, title: str) -> Locator:
        """A button under a message that can still be pressed."""
        return self.thread.locator(".choices button:enabled").get_by_text(title, exact=True)

    async def expect_source(self, message: Locator) -> None:
        """The message says where it comes from and as of when."""
        await expect(message.locator(".source")).to_have_text(SOURCE[self.language])

    async def transcript(self) -> str:
        """Everything that is shown, for a failure's message."""
        return "\n".join(text.replace("\n", " ") for text in await self.messages.all_inner_texts())


class AgentWindow(Window):
    """The agents' desk."""

    def __init__(self, page: Page, base: str, language: Language) -> None:
        super().__init__(page, base, language)
        self.inbox = page.locator(".inbox")
        self.main = page.locator("#conversation")
        self.thread = self.main.get_by_role("log")
        self.field = page.locator("#compose")
        self.login_error = page.locator("#login-error")
        # Chromium notes the answer to "who am I?" before anybody has logged in.
        self.expect_console(r"status of 401 .*desk/api/me")

    async def visit(self) -> AgentWindow:
        """Go to the desk; it asks for a login."""
        await self.page.goto(f"{self.base}/desk")
        await expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        if await self.page.locator("html").get_attribute("lang") != self.language:
            await self.page.get_by_role("button", name="English" if self.language == "en" else "Deutsch").click()
        await expect(self.page.get_by_role("heading", name=self.words("desk_login_heading"))).to_be_visible()
        return self

    async def log_in(self, login: Login, password: str | None = None) -> AgentWindow:
        """Fill in the form and send it."""
        await self.page.get_by_label(self.words("desk_login_name"), exact=True).fill(login.login)
        await self.page.get_by_label(self.words("desk_login_password"), exact=True).fill(password or login.password)
        await self.page.get_by_role("button", name=self.words("desk_login_submit")).click()
        return self

    async def enter(self, login: Login, *, undo: bool = False) -> AgentWindow:
        """Go to the desk, log in, and wait for the list. With `undo` replies are held back, as they are by default."""
        await self.visit()
        await self.page.evaluate("undo => localStorage.setItem('klartext-desk:undo', undo)", str(undo).lower())
        await self.log_in(login)
        await expect(self.tab("waiting")).to_have_attribute("aria-label", re.compile(r"\d"))
        return self

    # --- finding ---

    def tab(self, view: str) -> Locator:
        """The link to a view: waiting, mine, team, cases, closed."""
        return self.inbox.locator(f'.tab[data-view="{view}"]')

    async def show(self, view: str) -> None:
        """Change to a view."""
        await self.tab(view).click()
        await expect(self.tab(view)).to_have_attribute("aria-current", "page")

    def row(self, conversation: str) -> Locator:
        """A conversation in the list."""
        return self.inbox.locator(f'a.row[data-conversation="{conversation}"]')

    async def open(self, conversation: str) -> None:
        """Open a conversation of the list."""
        await self.row(conversation).click()
        await expect(self.thread.get_by_role("listitem").first).to_be_visible()

    def section(self, name: str) -> Locator:
        """A section of the details: why, promise, customer, bot_tried, cases, course."""
        return self.page.locator(f'section[data-section="{name}"]')

    def said_by(self, author: str, text: str | re.Pattern[str]) -> Locator:
        """Entries of the thread by customer, bot, human or system that contain a text."""
        return self.thread.locator(f'li[data-author="{author}"]').filter(has_text=text)

    # --- acting ---

    async def claim(self) -> None:
        """Take the open conversation over; the field to write in is there afterwards."""
        await self.main.get_by_role("button", name=self.words("desk_claim")).click()
        await expect(self.field).to_be_visible()

    async def write(self, text: str) -> Locator:
        """Write to the customer; the entry in the thread."""
        await self.field.fill(text)
        await self.field.press("Enter")
        entry = self.said_by("human", text)
        await expect(entry).to_be_visible()
        return entry

    async def hand_back(self, note: str = "") -> None:
        """Give the conversation back to the bot."""
        await self.main.locator(".handback:visible, .handback-below:visible").first.click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_role("textbox").fill(note)
        await dialog.get_by_role("button", name=self.words("desk_handback_confirm"), exact=True).click()
        await expect(dialog).to_be_hidden()
        await expect(self.field).to_be_hidden()


class Post:
    """The demonstration's outgoing mail, in a tab of its own."""

    def __init__(self, new_tab: Callable[[], Awaitable[Page]], base: str) -> None:
        self._new_tab = new_tab
        self._base = base

    async def code_for(self, recipient: str) -> str:
        """The newest code that went to this address or telephone number."""
        tab = await self._new_tab()
        await tab.goto(f"{self._base}/demo/outbox")
        letter = tab.locator(".letter").filter(has_text=recipient).first
        code = (await letter.locator("output").inner_text()).strip()
        await tab.close()
        return code

    async def letters_to(self, recipient: str) -> int:
        """How many letters went to this address."""
        tab = await self._new_tab()
        await tab.goto(f"{self._base}/demo/outbox")
        await expect(tab.locator(".letter").first.or_(tab.locator("#state:not(:empty)"))).to_be_visible()
        count = await tab.locator(".letter").filter(has_text=recipient).count()
        await tab.close()
        return count
