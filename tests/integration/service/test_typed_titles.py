"""A title typed instead of pressed reaches the brain as the button's payload; only of buttons that stand there now."""

from __future__ import annotations

import pytest

from bot.service.brain_protocol import Button, Reply, TurnRequest, TurnResponse
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound

pytestmark = pytest.mark.parametrize("brain_timeout", [20.0])


async def offers(_request: TurnRequest) -> TurnResponse:
    buttons = [Button(title="Oktober 2026", payload='/invoice_show{"date": "2026-10"}')]
    return TurnResponse(
        replies=[Reply(text="Ihre Rechnung", buttons=[*buttons, Button(title="x", payload="/make_case")])]
    )


async def says_nothing_more(_request: TurnRequest) -> TurnResponse:
    return TurnResponse(replies=[Reply(text="Gut.")])


async def offered(desk: Desk) -> str:
    """A conversation in which the two buttons were shown last."""
    desk.brain.answer = offers
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Meine Rechnung")
    await desk.work()
    return conversation_id


async def test_it_is_read_as_the_button(desk: Desk) -> None:
    conversation_id = await offered(desk)
    await desk.say(conversation_id, "oktober")
    await desk.work()
    asked = desk.brain.requests[-1]
    assert (asked.text, asked.payload) == (None, '/invoice_show{"date": "2026-10"}')
    # What the customer wrote stays what they wrote.
    written = [message.text for message in await desk.log(conversation_id) if message.author.kind.value == "customer"]
    assert written == ["Meine Rechnung", "oktober"]
    await assert_sound(desk.store)


async def test_a_button_of_the_edge_itself_is_never_meant_by_words(desk: Desk) -> None:
    conversation_id = await offered(desk)
    await desk.say(conversation_id, "x")
    await desk.work()
    assert desk.brain.requests[-1].text == "x"


async def test_a_button_that_another_answer_followed_is_not_meant(desk: Desk) -> None:
    conversation_id = await offered(desk)
    desk.brain.answer = says_nothing_more
    await desk.say(conversation_id, "danke")
    await desk.work()
    await desk.say(conversation_id, "oktober")
    await desk.work()
    assert desk.brain.requests[-1].text == "oktober"


async def test_several_messages_are_read_as_what_they_say(desk: Desk) -> None:
    conversation_id = await offered(desk)
    await desk.say(conversation_id, "oktober")
    await desk.say(conversation_id, "und was heißt Grundpreis?")
    await desk.work()
    assert desk.brain.requests[-1].text == "oktober\nund was heißt Grundpreis?"
