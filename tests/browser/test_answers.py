"""The eleven requests, asked as people ask, answered from the CRM with source and time."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import Post
from tests.browser.requests import ACCOUNT, BOT_CHALLENGE, PUBLIC, TALK_TO_HUMAN


@pytest.mark.parametrize("request_name", PUBLIC)
async def test_public_requests_need_no_proof(windows: Windows, language: Language, request_name: str) -> None:
    customer = await (await windows.customer(language)).open()
    for asked in PUBLIC[request_name][language]:
        answer = await customer.ask(asked.words, asked.answer)
        await customer.expect_source(answer)


@pytest.mark.parametrize("request_name", ACCOUNT)
async def test_account_requests_are_answered_after_one_proof(
    windows: Windows, post: Post, language: Language, request_name: str
) -> None:
    customer = await (await windows.customer(language)).open()
    account = ACCOUNT[request_name][language]
    first, *others = account.asked
    await customer.ask(first.words, customer.words("identity_ask_identifier"))
    answer = await customer.prove(account.customer, post, account.recipient, first.answer)
    await customer.expect_source(answer)
    for asked in others:
        answer = await customer.ask(asked.words, asked.answer)
        await customer.expect_source(answer)


async def test_the_truth_about_itself(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    for words in BOT_CHALLENGE[language]:
        await customer.ask(words, customer.said("bot_challenge"))


async def test_a_person_in_any_wording(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    for words in TALK_TO_HUMAN[language]:
        await customer.ask_for_a_person(words)
        await expect(customer.holder).to_have_text(customer.words("widget_holder_queue"))
        await customer.press(customer.words("button_cancel_queue"), customer.said("queue_cancelled"), author="system")
        await customer.arrived("bot", customer.said("disclosure_again"))
        await expect(customer.holder).to_have_text(customer.words("widget_holder_bot"))


async def test_an_outage_without_a_postcode_is_asked_back_about(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    question = {"de": "Ist bei uns gerade eine Störung?", "en": "Is there an outage in my area?"}[language]
    await customer.ask(question, customer.words("postcode_ask"))
    await customer.expect_source(await customer.ask("06217", "S-1042"))


async def test_fibre_without_an_address_is_asked_back_about(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.press(customer.words("topic_fiber_availability"), customer.words("address_ask"))
    await customer.expect_source(await customer.ask("Große Ulrichstraße 12, Halle", "Große Ulrichstraße 12"))


async def test_a_fault_without_an_outage_becomes_a_ticket(windows: Windows, post: Post, language: Language) -> None:
    """Opened once: asked again, the same ticket is shown."""
    customer = await (await windows.customer(language)).open()
    number, recipient = {
        "de": ("2169047", "stefan.reuter@example.org"),
        "en": ("2125793", "emily.carter@example.org"),
    }[language]
    await customer.press(customer.words("topic_report_fault"), customer.words("identity_ask_identifier"))
    no_outage = await customer.prove(number, post, recipient, customer.words("fault_no_outage"))
    await customer.expect_source(no_outage)
    await customer.press(customer.words("fault_kind_other"), customer.said("fault_confirm"))
    opened = await customer.press(customer.words("button_yes"), customer.said("fault_opened"))
    await customer.expect_source(opened)
    ticket = re.search(r"T-\d{6}", await opened.inner_text())
    assert ticket
    again = {"de": "Ich möchte eine Störung melden", "en": "I want to report a fault"}[language]
    await customer.ask(again, ticket[0])
    status = {"de": f"Wie steht es um {ticket[0]}?", "en": f"What is the status of {ticket[0]}?"}[language]
    await customer.expect_source(await customer.ask(status, ticket[0]))
