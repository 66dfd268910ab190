"""Proof of identity: by whatever is at hand, once a session; three wrong codes lead to a person."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import AgentWindow, CustomerWindow, Post
from tests.browser.stack import Login

INVOICE = {"de": "Zeigen Sie mir bitte meine letzte Rechnung", "en": "Please show me my last invoice"}
CONTRACT = {"de": "Und wie lange läuft mein Vertrag?", "en": "And how long does my contract run?"}
# The customer's contract, what they type, and where the code then goes.
AT_HAND = {
    "number": ("V-216904", "2169047", "stefan.reuter@example.org"),
    "phone": ("V-215841", "0171 3920012", "+491713920012"),
    "email": ("V-214728", "ronny.schaefer@example.org", "ronny.schaefer@example.org"),
}


async def begin(windows: Windows, language: Language) -> CustomerWindow:
    """A customer who has asked for an invoice and is now asked who they are."""
    customer = await (await windows.customer(language)).open()
    await customer.ask(INVOICE[language], customer.words("identity_ask_identifier"))
    return customer


@pytest.mark.parametrize("kind", AT_HAND)
async def test_proven_by_what_is_at_hand_for_the_whole_session(
    windows: Windows, post: Post, language: Language, kind: str
) -> None:
    contract, typed, recipient = AT_HAND[kind]
    customer = await begin(windows, language)
    await customer.expect_source(await customer.prove(typed, post, recipient, "R-"))
    await customer.expect_source(await customer.ask(CONTRACT[language], contract))


async def test_three_wrong_codes_lead_to_a_person(
    windows: Windows, post: Post, language: Language, anna: Login
) -> None:
    agent = await (await windows.agent(language)).enter(anna)
    customer = await begin(windows, language)
    await customer.ask("2147286", customer.said("identity_code_sent_either"))
    right = await post.code_for("ronny.schaefer@example.org")
    wrong = [code for code in ("111111", "222222", "333333", "444444") if code != right]
    await customer.ask(wrong[0], customer.said("identity_code_wrong", left=2))
    await customer.ask(wrong[1], customer.said("identity_code_wrong_last"))
    await customer.ask(wrong[2], customer.said("identity_locked"))
    await customer.arrived("system", customer.words("queued_identity_failed"))
    await expect_reason(agent, customer, "desk_reason_identity_failed")


async def test_an_unknown_number_is_answered_like_a_known_one(windows: Windows, post: Post, language: Language) -> None:
    """Nobody can find out who is a customer; no code is sent, and none is right."""
    customer = await begin(windows, language)
    await customer.ask("2999999", customer.said("identity_code_sent_either"))
    await customer.ask("123456", customer.said("identity_code_wrong", left=2))
    assert await post.letters_to("2999999") == 0


async def test_bot_or_human_is_answered_in_the_middle_of_the_proof(
    windows: Windows, post: Post, language: Language
) -> None:
    customer = await begin(windows, language)
    question = {"de": "Sind Sie überhaupt ein Mensch?", "en": "Are you even human?"}[language]
    await customer.ask(question, customer.said("bot_challenge"))
    await customer.arrived("bot", customer.words("identity_ask_identifier"), before=1)
    await customer.prove("2158419", post, "+491713920012", "R-")


async def test_a_person_is_reached_in_the_middle_of_the_proof(windows: Windows, language: Language) -> None:
    customer = await begin(windows, language)
    words = {"de": "Das ist mir zu kompliziert, ich will einen Menschen", "en": "Too complicated, I want a person"}
    await customer.ask_for_a_person(words[language])


async def test_a_blocked_account_goes_to_a_person(
    windows: Windows, post: Post, language: Language, anna: Login
) -> None:
    agent = await (await windows.agent(language)).enter(anna)
    customer = await begin(windows, language)
    await customer.prove("2070542", post, "uwe.petzold@example.org", customer.words("account_needs_person"))
    await customer.arrived("system", customer.words("queued_sensitive"))
    await expect_reason(agent, customer, "desk_reason_sensitive")


async def expect_reason(agent: AgentWindow, customer: CustomerWindow, reason: str) -> None:
    """The conversation is in the waiting list with this reason."""
    await expect(agent.row(await customer.conversation())).to_contain_text(agent.words(reason))
