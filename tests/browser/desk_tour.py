"""Every view of the desk, one after the other: for pictures, and for checks that each must pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from playwright.async_api import expect

from tests.browser.desk_day import SCENES
from tests.browser.pages import AgentWindow
from tests.browser.stack import Login

# Where the scenes of `desk_day` are in what it returns.
WAITING = 0
HELD = next(index for index, scene in enumerate(SCENES) if scene.then == "hold")
WITH_CASE = next(index for index, scene in enumerate(SCENES) if scene.then == "case")
CLOSED = next(index for index, scene in enumerate(SCENES) if scene.then == "close")
TABS = ("waiting", "mine", "team", "cases", "closed")
OFFICE = ("account", "board", "figures", "people", "sessions", "hours", "templates", "log")


async def signed_out(window: AgentWindow) -> AsyncIterator[str]:
    """The login as it is at first, and with a refusal."""
    await window.visit()
    yield "login"
    window.expect_console("status of 401")
    await window.page.get_by_role("button", name=window.words("desk_login_submit")).click()
    await expect(window.login_error).not_to_be_empty()
    yield "login-refused"


async def at_work(window: AgentWindow, login: Login, played: Sequence[str]) -> AsyncIterator[str]:
    """An agent's views, signed in: each list, a conversation with everything that can be opened in it, search, keys."""
    narrow = (window.page.viewport_size or {"width": 1280})["width"] < 768
    await window.enter(login, undo=True)
    for tab in TABS:
        await go(window, f"#/{tab}")
        await expect(window.tab(tab)).to_have_attribute("aria-current", "page")
        yield f"inbox-{tab}"
    await go(window, "#/waiting?q=abgebucht")
    await expect(window.inbox.locator("a.row")).to_have_count(1)
    yield "search"
    await go(window, "#/waiting?q=nirgendwo")
    await expect(window.inbox.locator(".blank-heading")).to_be_visible()
    yield "search-empty"
    await thread(window, f"#/waiting/{played[WAITING]}")
    yield "conversation-waiting"
    if narrow:
        await go(window, f"#/waiting/{played[WAITING]}/details")
        await expect(window.section("customer")).to_be_visible()
        yield "details"
    await thread(window, f"#/mine/{played[HELD]}")
    await expect(window.field).to_be_visible()
    yield "conversation"
    await window.field.fill("/")
    await expect(window.main.get_by_role("option").first).to_be_visible()
    yield "canned"
    await window.field.fill("")
    await window.main.locator('.mode[data-mode="note"]').click()
    await window.field.fill("Hat schon zweimal angerufen.")
    yield "note"
    await window.field.fill("")
    await window.main.locator('.mode[data-mode="reply"]').click()
    await window.main.locator(".steps-button").click()
    yield "steps"
    await window.page.keyboard.press("Escape")
    for name in ("transfer", "invite", "case", "close"):
        await window.main.locator(".steps-button").click()
        await window.main.locator(f'[data-step="{name}"]').click()
        await expect(window.page.get_by_role("dialog")).to_be_visible()
        yield f"dialog-{name}"
        await window.page.keyboard.press("Escape")
        await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await window.main.locator(".handback:visible, .handback-below:visible").first.click()
    await expect(window.page.get_by_role("dialog")).to_be_visible()
    yield "dialog-handback"
    await window.page.keyboard.press("Escape")
    # A field takes Escape first; the dialog goes with it.
    await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await thread(window, f"#/cases/{played[WITH_CASE]}")
    if narrow:
        await go(window, f"#/cases/{played[WITH_CASE]}/details")
    card = window.section("cases").locator("[data-case]")
    await card.scroll_into_view_if_needed()
    yield "case"
    await thread(window, f"#/closed/{played[CLOSED]}")
    yield "conversation-closed"
    await go(window, "#/waiting")
    await window.page.locator(".availability").click()
    yield "settings"
    await window.page.keyboard.press("Escape")
    await window.page.get_by_role("button", name=window.words("desk_menu", name=login.name)).click()
    yield "menu"
    await window.page.keyboard.press("Escape")
    await window.page.evaluate("document.activeElement.blur()")
    await window.page.keyboard.press("?")
    await expect(window.page.get_by_role("dialog")).to_be_visible()
    yield "keys"
    await window.page.keyboard.press("Escape")


async def at_the_office(window: AgentWindow, login: Login) -> AsyncIterator[str]:
    """Every page that the menu of an administrator leads to, also those that this file does not know."""
    await window.enter(login)
    await go(window, "#/office/account")
    links = window.page.locator(".office-nav a:not(.office-back)")
    addresses = [await links.nth(index).get_attribute("href") for index in range(await links.count())]
    names = [str(address).rpartition("/")[2] for address in addresses]
    assert set(OFFICE) <= set(names)
    for name in names:
        await go(window, f"#/office/{name}")
        await expect(
            window.page.get_by_role("heading", level=1, name=window.words(f"desk_office_{name}"))
        ).to_be_visible()
        await expect(window.page.locator(".office-body").first).not_to_contain_text(window.words("desk_loading"))
        if name == "hours":
            await fill_week(window)
        yield f"office-{name}"
    await go(window, "#/office/account")
    form = window.page.get_by_role("form", name=window.words("desk_factor_begin"))
    await form.get_by_label(window.words("desk_password_current")).fill(login.password)
    await form.get_by_role("button").click()
    await expect(window.page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    yield "second-factor"
    await window.page.keyboard.press("Escape")


async def fill_week(window: AgentWindow) -> None:
    """A week as an administrator fills it in; it is not saved."""
    await window.page.get_by_label(window.words("desk_hours_always")).uncheck()
    for code in ("mo", "fr"):
        day = window.words(f"desk_weekday_{code}")
        await window.page.get_by_role("button", name=window.words("desk_hours_add_of", day=day)).click()
        if code == "mo":
            await window.page.get_by_role("button", name=window.words("desk_hours_copy")).click()
    last = window.page.get_by_role("group", name=day, exact=True).locator("input")
    for place, value in enumerate(("08:00", "12:00", "13:00", "16:00")):
        await last.nth(place).fill(value)


async def go(window: AgentWindow, place: str) -> None:
    """To an address of the desk, as a link leads there."""
    await window.page.evaluate("(place) => { location.hash = place; }", place)


async def thread(window: AgentWindow, place: str) -> None:
    """To a conversation; its thread is there afterwards."""
    await go(window, place)
    await expect(window.main).to_be_visible()
    await expect(window.thread.get_by_role("listitem").first).to_be_visible()
