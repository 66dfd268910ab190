"""A case because the customer would rather have one: from the queue, and where the bot could not finish."""

from __future__ import annotations

import pytest

from bot.conversation.model import Holder
from bot.service.brain_protocol import Button, Reply, TurnRequest, TurnResponse
from bot.store.cases import Case, cases
from bot.store.log import current_tenure
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound


async def offers_a_case(_request: TurnRequest) -> TurnResponse:
    """A bot that cannot finish."""
    return TurnResponse(replies=[Reply(text="Das System ist weg.", buttons=[Button(title="x", payload="/make_case")])])


async def press(desk: Desk, conversation_id: str, button_id: str, client_id: str) -> None:
    await desk.conversations.receive(conversation_id, "x", client_id=client_id, button_id=button_id)


async def read(desk: Desk, conversation_id: str) -> tuple[Holder, list[Case]]:
    async with desk.store.read() as unit:
        return (await current_tenure(unit, conversation_id)).holder, await cases(unit, conversation_id)


@pytest.mark.parametrize("waits", [True, False])
async def test_it_is_made_at_once_told_and_made_once(desk: Desk, waits: bool) -> None:
    conversation_id = await desk.start()
    if not waits:
        desk.brain.answer = offers_a_case
    await desk.say(conversation_id, "Mensch")
    await desk.work()
    button = (await desk.log(conversation_id))[-1].buttons[-1].id
    await press(desk, conversation_id, button, "c-case")
    await press(desk, conversation_id, button, "c-case")  # the same message once more
    holder, (case,) = await read(desk, conversation_id)
    assert holder is Holder.BOT
    assert case.reason == ("customer_request" if waits else "case_chosen") and case.due_at > case.created_at
    notice, disclosure = (await desk.log(conversation_id))[-2:]
    assert notice.case == case.number and case.number in notice.text
    assert disclosure.author.kind.value == "bot"
    await press(desk, conversation_id, button, "c-again")
    assert (await read(desk, conversation_id))[1] == [case]
    assert case.number in (await desk.log(conversation_id))[-1].text
    await assert_sound(desk.store)


async def test_a_later_request_is_another_case(desk: Desk) -> None:
    desk.brain.answer = offers_a_case
    conversation_id = await desk.start()
    for number in (1, 2):
        await desk.say(conversation_id, f"Anliegen {number}")
        await desk.work()
        button = (await desk.log(conversation_id))[-1].buttons[-1].id
        await press(desk, conversation_id, button, f"c-{number}-case")
    assert len((await read(desk, conversation_id))[1]) == 2
    await assert_sound(desk.store)


async def test_what_waits_for_the_bot_is_on_the_case(desk: Desk) -> None:
    desk.brain.answer = offers_a_case
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Anliegen")
    await desk.work()
    button = (await desk.log(conversation_id))[-1].buttons[-1].id
    await desk.say(conversation_id, "und noch etwas")
    await press(desk, conversation_id, button, "c-case")
    asked = len(desk.brain.requests)
    await desk.work()
    assert len(desk.brain.requests) == asked
    await assert_sound(desk.store)


async def test_a_person_who_writes_is_not_sent_away_by_it(desk: Desk) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Mensch")
    await desk.work()
    button = (await desk.log(conversation_id))[-1].buttons[-1].id
    await desk.conversations.claim(conversation_id, desk.anna, 2)
    await press(desk, conversation_id, button, "c-case")
    assert await read(desk, conversation_id) == (Holder.AGENT, [])
    await assert_sound(desk.store)
