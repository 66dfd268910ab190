"""The demonstration's phone as its user sees it: what was written, what came, the faults that can be switched on."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.browser.pages import Window


class PhoneWindow(Window):
    """The page that looks like a messenger on a phone."""

    async def open(self) -> PhoneWindow:
        """Go to the page; it has its number afterwards."""
        await self.page.goto(f"{self.base}/demo/whatsapp?lang={self.language}")
        await expect(self.page.locator("#number")).to_have_text(re.compile(r"^\+\d+$"))
        return self

    @property
    def received(self) -> Locator:
        """What came from the company."""
        return self.page.locator("#thread > div:not(.own):not(.hint)")

    @property
    def sent(self) -> Locator:
        """What was written here."""
        return self.page.locator("#thread > .own")

    def labelled(self, label: str, text: str | re.Pattern[str]) -> Locator:
        """What came with this author's label and this text."""
        own = self.page.locator(".label").get_by_text(f"{label} ·", exact=True)
        return self.received.filter(has=own).filter(has_text=text)

    async def say(self, text: str) -> None:
        """Write and send with the Enter key."""
        field = self.page.locator("#text")
        await field.fill(text)
        await field.press("Enter")

    async def press(self, title: str) -> None:
        """Press the newest button with this title; in a list, after opening it."""
        button = self.page.locator(".choices button:enabled").get_by_text(title, exact=True)
        if await button.count() == 0:
            await self.page.locator(".choices button", has_text="☰").last.click()
            await self.page.locator("#sheet-rows button").filter(has_text=title).click()
        else:
            await button.last.click()

    async def send_sample(self, name: str) -> None:
        """Attach one of the demonstration's own files."""
        await self.page.get_by_role("button", name=self.words("phone_attach")).click()
        await self.page.get_by_role("button", name=self.words(f"phone_sample_{name}")).click()

    async def switch(self, trouble: str) -> None:
        """Let the provider repeat, lose or throttle from now on."""
        async with self.page.expect_response("**/demo/whatsapp/troubles") as answer:
            await self.page.get_by_label(self.words(f"phone_trouble_{trouble}")).check()
        assert (await answer.value).ok
