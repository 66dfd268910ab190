"""After a person's help the customer may say how it was, once, with a sentence if they like."""

from __future__ import annotations

from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.stack import Login


async def test_a_rating_with_a_sentence_after_a_person_hands_back(
    windows: Windows, anna: Login, language: Language
) -> None:
    agent = await (await windows.agent("de")).enter(anna)
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    await agent.open(await customer.conversation())
    await agent.claim()
    await agent.write("Guten Tag, ich sehe es mir an.")
    await customer.arrived("human", "ich sehe es mir an")
    await agent.hand_back("Erledigt.")
    await customer.arrived("system", customer.said("rating_ask"))
    await customer.press(customer.words("rating_5"), customer.words("rating_thanks", stars="5"), author="system")
    await customer.press(customer.words("rating_button_sentence"), customer.words("rating_sentence"), author="system")
    answers = await customer.by("bot").count()
    await customer.say("Sehr geduldig erklärt.")
    await customer.arrived("system", customer.words("rating_sentence_kept"))
    assert await customer.by("bot").count() == answers, "a rating calls nobody"
    await customer.reload()
    await expect(customer.by("system", customer.said("rating_ask"))).to_have_count(1)
