"""Every process is killed while people talk; each comes back, and the conversation is where it was."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.line import CustomerLine
from tests.browser.pages import AgentWindow, CustomerWindow, Window
from tests.browser.stack import Login, Stack

OUTAGE = {"de": "Gibt es in 06217 eine Störung?", "en": "Is there an outage in 06217?"}
FIBRE = {
    "de": "Gibt es in der Nebraer Straße 7 in Querfurt Glasfaser?",
    "en": "Is fibre available at Nebraer Straße 7, Querfurt?",
}
ELSEWHERE = {"de": "Und in der Fährstraße 5?", "en": "And at Fährstraße 5?"}
# How Chromium notes a server that is away. The pages themselves must not complain.
LINE = (
    *("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"),
    *("WebSocket connection to", "status of 503"),
)
# Milliseconds: a process starts again and the page comes back to it, on a busy machine.
BACK = 120_000


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def all_up(stack: Stack) -> None:
    """Each test begins with everything running, whatever the one before did."""
    await stack.until_up()


def lines_may_break(*windows: Window) -> None:
    """The browser notes lost connections; that is no complaint of the page."""
    for window in windows:
        window.expect_console(*LINE)


async def in_the_middle(windows: Windows, language: Language, anna: Login) -> tuple[CustomerWindow, AgentWindow]:
    """A customer and an agent who talk."""
    agent = await (await windows.agent(language)).enter(anna)
    customer = await (await windows.customer(language)).open()
    await customer.ask(OUTAGE[language], "S-1042")
    await customer.ask_for_a_person()
    await agent.open(await customer.conversation())
    await agent.claim()
    await agent.write("Guten Tag")
    await customer.arrived("human", "Guten Tag")
    lines_may_break(customer, agent)
    return customer, agent


async def test_the_edge_dies_while_two_talk(windows: Windows, stack: Stack, language: Language, anna: Login) -> None:
    """What is written meanwhile waits visibly and arrives once, on both sides."""
    customer, agent = await in_the_middle(windows, language, anna)
    killed = stack.process_of("edge")
    with stack.down("edge"):
        await customer.say("Sind Sie noch da?")
        waiting = customer.by("customer", "Sind Sie noch da?")
        await expect(waiting.locator(".state")).to_have_text(customer.words("widget_state_waiting"))
        await expect(customer.status).to_contain_text(customer.words("widget_reconnecting"))
        await agent.field.fill("Ja, ich bin da")
        await agent.field.press("Enter")
        await expect(agent.main.locator(".pending")).to_contain_text("Ja, ich bin da")
    await stack.until_back("edge", killed)
    await expect(waiting.locator(".state:not(.seen)")).to_be_hidden(timeout=BACK)
    await expect(agent.said_by("customer", "Sind Sie noch da?")).to_have_count(1, timeout=BACK)
    await expect(customer.by("human", "Ja, ich bin da")).to_have_count(1, timeout=BACK)
    # The agent has it on screen, which is told once the desk's own line is back.
    await expect(waiting.locator(".state")).to_have_text(customer.words("widget_state_seen"), timeout=BACK)
    before = await customer.transcript()
    await customer.reload()
    await customer.arrived("human", "Ja, ich bin da")
    await expect(customer.by("customer", "Sind Sie noch da?")).to_have_count(1)
    assert sorted(before.splitlines()) == sorted((await customer.transcript()).splitlines())
    await agent.page.reload()
    for author, text in (("customer", "Sind Sie noch da?"), ("human", "Ja, ich bin da")):
        await expect(agent.said_by(author, text)).to_have_count(1)


async def test_the_edge_dies_while_a_customer_is_on_http(windows: Windows, stack: Stack) -> None:
    """Where sockets are blocked: what is said while nobody hears it is there once, and answered once."""
    line = CustomerLine(stack.base, "refused")
    await line.open()
    try:
        customer = await windows.customer("de")
        customer.base = line.base
        lines_may_break(customer)
        customer.expect_console("ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONTENT_LENGTH", "ERR_SOCKET_NOT_CONNECTED")
        await customer.open()
        await customer.ask(OUTAGE["de"], "S-1042")
        killed = stack.process_of("edge")
        with stack.down("edge"):
            await customer.say(FIBRE["de"])
            waiting = customer.by("customer", "Nebraer Straße 7")
            await expect(waiting.locator(".state")).to_have_text(customer.words("widget_state_waiting"))
        await stack.until_back("edge", killed)
        await expect(customer.by("bot", "Nebraer Straße 7")).to_have_count(1, timeout=BACK)
        await expect(waiting).to_have_count(1)
        await expect(waiting.locator(".state:not(.seen)")).to_be_hidden()
        polls = "JSON.parse(localStorage.getItem('klartext.session')).polls"
        assert await customer.page.evaluate(polls) is True
        await customer.reload()
        for author in ("customer", "bot"):
            await expect(customer.by(author, "Nebraer Straße 7")).to_have_count(1)
    finally:
        await line.close()


@pytest.mark.parametrize("name", ["brain", "actions"])
async def test_the_bot_dies_and_answers_after_all(windows: Windows, stack: Stack, name: str) -> None:
    """Until it is back a question waits; it is answered once, or a person gets it with the true reason."""
    customers = [await (await windows.customer(language)).open() for language in ("de", "en")]
    for customer in customers:
        await customer.ask(OUTAGE[customer.language], "S-1042")
    killed = stack.kill(name)
    for customer in customers:
        await customer.say(FIBRE[customer.language])
    await stack.until_back(name, killed)
    for customer in customers:
        answer = customer.by("bot", "Nebraer Straße 7")
        given_to_a_person = customer.by("system", customer.words("queued_assistant_unavailable"))
        await expect(answer.or_(given_to_a_person)).to_be_visible(timeout=BACK)
        if await given_to_a_person.count():
            cancel = customer.words("button_cancel_queue")
            await customer.press(cancel, customer.said("queue_cancelled"), author="system")
            await customer.ask(FIBRE[customer.language], "Nebraer Straße 7")
        # It still knows what was talked about: an address alone asks the same service again.
        await customer.ask(ELSEWHERE[customer.language], "Fährstraße 5")
        await expect(answer).to_have_count(1)


@pytest.mark.timeout(400)
async def test_everything_is_stopped_and_started(windows: Windows, stack: Stack, anna: Login) -> None:
    customer, agent = await in_the_middle(windows, "de", anna)
    english = await (await windows.customer("en")).open()
    await english.ask(OUTAGE["en"], "S-1042")
    lines_may_break(english)
    await stack.stop()
    await customer.say("Hallo?")
    await expect(customer.by("customer", "Hallo?").locator(".state")).to_have_text(
        customer.words("widget_state_waiting")
    )
    await stack.start()
    await expect(agent.said_by("customer", "Hallo?")).to_have_count(1, timeout=BACK)
    await agent.write("Da bin ich wieder")
    await customer.arrived("human", "Da bin ich wieder")
    await expect(customer.by("customer", "Hallo?").locator(".state:not(.seen)")).to_be_hidden()
    await expect(customer.status).not_to_contain_text(customer.words("widget_reconnecting"), timeout=BACK)
    await english.ask(FIBRE["en"], "Nebraer Straße 7")
    await customer.reload()
    await customer.arrived("human", "Da bin ich wieder")
    await expect(customer.by("customer", "Hallo?")).to_have_count(1)
