"""What the desk shows of the ticket system: the ticket of a case with its status, and that it is away."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import datetime, timedelta, timezone

from playwright.async_api import Route, expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import Post
from tests.browser.stack import Login, Stack


def give_ticket(stack: Stack, conversation: str, number: str) -> None:
    """A case with its ticket, as the worker that files cases leaves it."""
    now = datetime.now(timezone.utc)
    row = (number, conversation, now, now + timedelta(hours=4), "T-000017", "in_progress", now)
    with contextlib.closing(sqlite3.connect(stack.var / "klartext.db", timeout=10)) as store:
        store.execute(
            "insert into service_case (number, conversation_id, epoch, team, status, reason, created_at, due_at,"
            " external_ref, external_status, synced_at) values (?, ?, 1, 'service', 'open', 'no_agent', ?, ?, ?, ?, ?)",
            [value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value for value in row],
        )
        store.commit()


async def test_the_ticket_of_a_case_and_unknown_tickets_are_shown(
    windows: Windows, post: Post, language: Language, anna: Login, stack: Stack
) -> None:
    agent = await (await windows.agent(language)).enter(anna)
    customer = await (await windows.customer(language)).open()
    question = {"de": "Wie ist der Stand meines Vorgangs?", "en": "What is the status of my ticket?"}[language]
    await customer.ask(question, customer.words("identity_ask_identifier"))
    await customer.prove("2103958", post, "petra.lorenz@example.org", customer.words("ticket_none"))
    conversation = await customer.conversation()
    give_ticket(stack, conversation, f"KT-26-9{language}")
    await customer.ask_for_a_person()

    async def tickets_away(route: Route) -> None:
        """The edge's own answer, as it is while the ticket system does not answer."""
        response = await route.fetch()
        detail = json.loads(await response.text())
        detail["customer"] |= {"tickets": [], "tickets_known": False}
        await route.fulfill(response=response, json=detail)

    await agent.page.route(f"**/desk/api/conversations/{conversation}", tickets_away)
    await agent.row(conversation).click()
    status = agent.words("desk_crm_in_progress")
    await expect(agent.section("cases")).to_contain_text(
        agent.words("desk_case_ticket", number="T-000017", status=status)
    )
    await expect(agent.section("customer")).to_contain_text(agent.words("desk_tickets_unknown"))
    await agent.page.unroute_all()
