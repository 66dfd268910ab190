"""Many conversations and a long thread: only what can be read soon is in the page and asked of the server.

Nothing here measures time: `python -m tests.browser.measure_desk` does.
"""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Request, expect

from tests.browser.conftest import Windows
from tests.browser.desk_crowd import crowd, long_thread
from tests.browser.desk_edge import ANNA
from tests.browser.desk_tour import go
from tests.browser.pages import AgentWindow
from tests.integration.edge.conftest import Edge

# Rows and entries in the page at first, and with each further page.
PAGE = 100
# The server lists so many.
LISTED = 500


def asked(window: AgentWindow) -> list[str]:
    """The addresses of the desk's interface that this window asks from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if "/desk/api/conversations" in request.url:
            found.append(request.url.partition("/desk/api")[2])

    window.page.on("request", note)
    return found


async def to_the_top(scroller: Locator) -> None:
    """Scroll up as far as there is something."""
    await scroller.evaluate("node => { node.scrollTop = 0; }")


async def test_a_thread_of_2000_messages_is_fetched_and_drawn_by_pages(desks: Windows, edge: Edge) -> None:
    conversation = await long_thread(edge, 2000)
    agent = await (await desks.agent("de")).enter(ANNA)
    requests = asked(agent)
    await agent.open(conversation)
    entries = agent.thread.locator("li.event")
    await expect(agent.thread.locator('[data-seq="2000"]')).to_be_in_viewport()
    await expect(entries).to_have_count(PAGE)
    scroller = agent.main.locator(".thread-scroll")
    for page in (2, 3):
        reading = agent.thread.locator(f'[data-seq="{2000 - (page - 1) * PAGE + 1}"]')
        await to_the_top(scroller)
        await expect(entries).to_have_count(page * PAGE)
        await expect(reading).to_be_in_viewport()
    assert [one for one in requests if "before=" in one] == [
        f"/conversations/{conversation}/events?before={seq}" for seq in (1901, 1801)
    ]
    # What was fetched stays when the conversation is fetched again, in order and each once.
    await agent.main.locator('[data-action="note"]').click()
    await agent.field.fill("Eine Notiz")
    await agent.field.press("Enter")
    await expect(agent.thread.locator('li[data-author="note"]')).to_have_count(1)
    shown = await entries.evaluate_all("nodes => nodes.map((node) => Number(node.dataset.seq)).filter(Boolean)")
    assert shown == list(range(2000 - 3 * PAGE + 1, 2001))


async def test_500_conversations_are_all_reached_and_only_those_near_are_drawn(desks: Windows, edge: Edge) -> None:
    await crowd(edge, LISTED - 1)  # with the long thread of the test before: 500
    agent = await (await desks.agent("de")).enter(ANNA)
    await expect(agent.tab("waiting")).to_have_attribute("aria-label", re.compile(rf"\b{LISTED}\b"))
    rows = agent.inbox.locator("a.row")
    await expect(rows).to_have_count(PAGE)
    assert await agent.page.evaluate("document.querySelectorAll('*').length") < 5000
    await agent.inbox.locator(".rows-scroll").evaluate("node => { node.scrollTop = node.scrollHeight; }")
    await expect(rows).to_have_count(2 * PAGE)
    await rows.first.focus()
    await agent.page.keyboard.press("End")
    await expect(rows).to_have_count(LISTED)
    await expect(rows.last).to_be_focused()
    await expect(agent.inbox.locator(".rows-more")).to_be_hidden()
    # Another view begins at the top again.
    await agent.show("team")
    await expect(rows).to_have_count(PAGE)


@pytest.mark.timeout(200)
async def test_10000_who_wait_are_answered_with_the_first_and_their_number(desks: Windows, edge: Edge) -> None:
    conversations = await crowd(edge, 10_000 - LISTED)
    agent = await (await desks.agent("de")).enter(ANNA)
    await expect(agent.tab("waiting")).to_have_attribute("aria-label", re.compile(r"\b10\.000\b"))
    rows = agent.inbox.locator("a.row")
    await expect(rows).to_have_count(PAGE)
    await rows.first.focus()
    await agent.page.keyboard.press("End")
    # No more than were sent, and none from behind the cut that another list happens to have.
    await expect(rows).to_have_count(LISTED)
    await expect(agent.inbox.locator(".rows-more")).to_have_text(agent.words("desk_list_cut", n=10_000 - LISTED))
    # Whoever waits behind the cut is found, opened and taken over.
    await agent.page.locator("#search").fill(f"Kundin {10_000 - LISTED}")
    await expect(rows).to_have_count(1)
    await agent.open(conversations[-1])
    await agent.claim()
    await go(agent, "#/mine")
    await expect(agent.row(conversations[-1])).to_be_visible()
