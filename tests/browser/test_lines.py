"""Every kind of cut, over a socket and over HTTP: each message and each answer is there once, and none is missing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.line import CustomerLine, Sockets
from tests.browser.pages import CustomerWindow
from tests.browser.stack import Login, Stack
from tests.integration.edge.conftest import Edge

QUESTION = "Gibt es in 06217 eine Störung?"
ANSWER = "S-1042"
# How Chromium notes a line that is cut or blocked. The page itself must not complain.
NOTED = (
    *("WebSocket connection to", "ERR_CONNECTION_", "ERR_EMPTY_RESPONSE", "ERR_INTERNET_DISCONNECTED"),
    *("ERR_NETWORK_CHANGED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONTENT_LENGTH_MISMATCH"),
)
# Milliseconds: until a dead line is noticed and another is open.
BACK = 90_000
OVER = {"pass": "socket", "refused": "http", "swallowed": "http"}
SHOW_LINE = """window.klartext = function () { (klartext.q = klartext.q || []).push(arguments); };
klartext("on", "connection", ({state, over}) => { if (state === "open") window.over = over; });"""


@pytest_asyncio.fixture(loop_scope="session", params=["pass", "refused"])
async def line(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[CustomerLine]:
    """The line between one customer and the system."""
    sockets: Sockets = request.param
    opened = CustomerLine(stack.base, sockets)
    await opened.open()
    yield opened
    await opened.close()


async def talking(windows: Windows, line: CustomerLine) -> CustomerWindow:
    """A customer who has got one answer over this line."""
    customer = await windows.customer("de")
    customer.base = line.base
    customer.expect_console(*NOTED)
    await customer.page.add_init_script(SHOW_LINE)
    await customer.open()
    await customer.ask(QUESTION, ANSWER)
    # A socket that opens late is followed by HTTP for a while: then the page comes back to it by itself.
    await customer.page.wait_for_function(f"() => window.over === '{OVER[line.sockets]}'", timeout=BACK)
    return customer


async def expect_once(customer: CustomerWindow, *texts: str) -> None:
    """Each of these was said once and has been sent, and each question has one answer."""
    for text in texts:
        said = customer.by("customer", text)
        await expect(said).to_have_count(1, timeout=BACK)
        await expect(said.locator(".state:not(.seen)")).to_be_hidden(timeout=BACK)


async def expect_the_same(one: CustomerWindow, other: CustomerWindow) -> None:
    """Both show the same, down to what came back on the last words: an answer, or the notice that a person comes."""
    for tab in (one, other):
        await expect(tab.messages.last).to_have_class(re.compile(r"\b(bot|system)\b"), timeout=BACK)
    # Its second sentence may still be on its way to one of them.
    until = asyncio.get_running_loop().time() + BACK / 1_000
    while (shown := await one.transcript()) != await other.transcript():
        assert asyncio.get_running_loop().time() < until, f"only in one of the tabs:\n{shown}"
        await asyncio.sleep(0.1)


async def test_a_reload_in_the_middle_of_sending(windows: Windows, line: CustomerLine) -> None:
    customer = await talking(windows, line)
    line.hang()
    await customer.say("Und in 06217 (eins)?")
    await customer.say("Und in 06217 (zwei)?")
    line.resume()
    await customer.reload()
    await expect_once(customer, "(eins)", "(zwei)")
    await customer.reload()
    await expect_once(customer, "(eins)", "(zwei)")


async def test_what_was_said_while_another_tab_was_in_front(windows: Windows, line: CustomerLine, anna: Login) -> None:
    agent = await (await windows.agent("de")).enter(anna)
    customer = await talking(windows, line)
    await customer.ask_for_a_person()
    await agent.open(await customer.conversation())
    await agent.claim()
    elsewhere = await customer.page.context.new_page()
    await elsewhere.bring_to_front()
    await agent.write("Guten Tag (eins)")
    await agent.write("Sind Sie da? (zwei)")
    await customer.page.bring_to_front()
    for text in ("(eins)", "(zwei)"):
        await expect(customer.by("human", text)).to_have_count(1, timeout=BACK)
    await customer.say("Ja, hier (drei)")
    await expect_once(customer, "(drei)")
    await expect(agent.said_by("customer", "(drei)")).to_have_count(1)


async def test_what_was_read_while_the_line_was_cut_is_told_when_it_is_back(
    windows: Windows, line: CustomerLine, anna: Login
) -> None:
    agent = await (await windows.agent("de")).enter(anna)
    customer = await talking(windows, line)
    await customer.ask_for_a_person()
    await agent.open(await customer.conversation())
    await agent.claim()
    await customer.say("Hallo (eins)")
    await expect(agent.said_by("customer", "(eins)")).to_be_visible()
    await customer.page.keyboard.press("Escape")
    message = await agent.write("Guten Tag (zwei)")
    await expect(message).to_contain_text(agent.words("desk_receipt_delivered"))
    await customer.page.evaluate("klartext('on', 'connection', ({state}) => { window.line = state; })")
    await line.cut()
    await customer.page.wait_for_function("() => window.line && window.line !== 'open'", timeout=BACK)
    await customer.page.get_by_role("button", name=customer.words("widget_launcher_unread_one")).click()
    await expect(customer.by("human", "(zwei)")).to_be_in_viewport()
    await line.mend()
    await customer.page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(message).to_contain_text(agent.words("desk_receipt_read"), timeout=BACK)


async def test_two_tabs_at_once(windows: Windows, line: CustomerLine) -> None:
    first = await talking(windows, line)
    second = windows.customer_tab(await first.page.context.new_page(), "de")
    second.base = line.base
    second.expect_console(*NOTED)
    await second.open()
    await second.arrived("bot", ANSWER)
    await second.say("Aus dem zweiten Tab")
    await first.say("Aus dem ersten Tab")
    for tab in (first, second):
        await expect_once(tab, "Aus dem zweiten Tab", "Aus dem ersten Tab")
    await expect_the_same(first, second)


async def test_a_tab_that_is_closed_leaves_what_it_could_not_send_to_the_other(
    windows: Windows, line: CustomerLine
) -> None:
    first = await talking(windows, line)
    second = windows.customer_tab(await first.page.context.new_page(), "de")
    second.base = line.base
    second.expect_console(*NOTED)
    await second.open()
    line.hang()
    await first.say("Vor dem Schließen gesagt")
    await expect(first.by("customer", "Vor dem Schließen gesagt")).to_be_visible()
    await first.page.close()
    await expect(second.by("customer", "Vor dem Schließen gesagt")).to_be_visible()
    line.resume()
    await expect_once(second, "Vor dem Schließen gesagt")


async def test_a_line_that_is_silent_as_after_sleep(windows: Windows, line: CustomerLine) -> None:
    """Nothing comes through and nobody is told, as when a lid is closed; the same messages go over a new line."""
    customer = await talking(windows, line)
    line.hang()
    await customer.say("Beim Zuklappen gesagt")
    waiting = customer.by("customer", "Beim Zuklappen gesagt").locator(".state")
    await expect(waiting).to_have_text(customer.words("widget_state_waiting"), timeout=BACK)
    await line.cut()
    await line.mend()
    await customer.page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect_once(customer, "Beim Zuklappen gesagt")
    await customer.ask(QUESTION, ANSWER)


async def test_a_network_that_goes_and_comes_back(windows: Windows, line: CustomerLine) -> None:
    customer = await talking(windows, line)
    for number in ("eins", "zwei"):
        async with customer.offline():
            await line.cut()
            await customer.say(f"Ohne Netz gesagt ({number})")
            waiting = customer.by("customer", f"({number})").locator(".state")
            await expect(waiting).to_have_text(customer.words("widget_state_waiting"), timeout=BACK)
            await line.mend()
        await expect_once(customer, "(eins)")
    await expect_once(customer, "(eins)", "(zwei)")


async def test_sockets_that_are_swallowed_are_given_up_for_http(windows: Windows, stack: Stack) -> None:
    line = CustomerLine(stack.base, "swallowed")
    await line.open()
    try:
        customer = await talking(windows, line)
        assert await customer.page.evaluate("JSON.parse(localStorage.getItem('klartext.session')).polls") is True
    finally:
        await line.close()


async def test_typing_and_reading_are_told_over_http_too(windows: Windows, stack: Stack, anna: Login) -> None:
    line = CustomerLine(stack.base, "refused")
    await line.open()
    try:
        agent = await (await windows.agent("de")).enter(anna)
        customer = await talking(windows, line)
        await customer.ask_for_a_person()
        await agent.open(await customer.conversation())
        await agent.claim()
        typing = customer.panel.locator(".typing")
        shown = asyncio.Event()

        async def write_until_shown() -> None:
            # A hint that comes between two questions is lost; whoever goes on writing is seen with the next.
            while not shown.is_set():
                await agent.field.press_sequentially("Guten Tag, ", delay=300)

        writing = asyncio.create_task(write_until_shown())
        try:
            await expect(typing).to_have_text(customer.words("widget_typing_human", name=anna.name))
        finally:
            shown.set()
            await writing
        await agent.write("Guten Tag")
        await customer.arrived("human", "Guten Tag")
        await expect(typing).to_be_hidden()
    finally:
        await line.close()


@pytest.mark.parametrize("way", ["close", "reset", "leave the page"])
async def test_who_goes_while_the_socket_opens_leaves_no_warning(desks: Windows, edge: Edge, way: str) -> None:
    """A website's console stays empty, however slowly the socket opens; and no socket stays open behind."""
    line = CustomerLine(edge.base)
    await line.open()
    try:
        customer = await desks.customer("de")
        customer.base = line.base
        await customer.visit()
        launcher = customer.page.get_by_role("button", name=customer.words("widget_launcher"))
        await expect(launcher).to_be_visible()
        line.hang()
        async with customer.page.expect_websocket() as opening:
            await launcher.click()
        if way == "leave the page":
            await customer.page.goto("about:blank")
            line.resume()
            await customer.visit()
        else:
            await customer.page.evaluate(f"klartext('{way}')")
            line.resume()
            socket = await opening.value
            if not socket.is_closed():
                await socket.wait_for_event("close")
        await customer.open_chat()
        assert customer.complaints == []
        # Who is still there when the line goes has reason to complain.
        await customer.page.goto("about:blank")
    finally:
        await line.close()
