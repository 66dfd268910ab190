"""The public figures against a history that was counted by hand."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.model import utc_now
from bot.service.brain_protocol import Reply, TurnRequest, TurnResponse
from bot.service.figures import figures
from tests.integration.service.conftest import Desk


async def test_a_history_counted_by_hand(desk: Desk) -> None:
    before = utc_now() - timedelta(seconds=1)
    silent = await desk.start()
    one, two = await desk.start(), await desk.start()
    # Two answers of the bot, one of them to two messages at once.
    await desk.say(one, "eins")
    await desk.work()
    await desk.say(one, "zwei")
    await desk.say(one, "drei")
    await desk.work()
    # A takeover in the middle of a turn: one answer withheld, its message passed to the person.
    await desk.say(two, "vier")

    async def answer(_request: TurnRequest) -> TurnResponse:
        await desk.conversations.claim(two, desk.anna, 1)
        return TurnResponse(replies=[Reply(text="zu spät")])

    desk.brain.answer, echo = answer, desk.brain.answer
    await desk.work()
    desk.brain.answer = echo
    # The same message twice is one; one to the agent is met by a person.
    await desk.say(two, "fünf", "same")
    await desk.say(two, "fünf", "same")
    await desk.conversations.hand_back(two, desk.anna, None)
    await desk.say(two, "Mensch")
    await desk.work()
    async with desk.store.read() as unit:
        counted = await figures(unit, before)
        later = await figures(unit, utc_now() + timedelta(seconds=1))
    assert (counted.conversations, counted.customer_messages) == (2, 6)
    assert (counted.answered_by_bot, counted.met_by_person) == (3, 3)
    assert (counted.handovers, counted.taken_by_person, counted.became_case) == (1, 1, 0)
    assert (counted.answers_withheld, counted.failed_attempts) == (1, 0)
    assert (counted.dropped, counted.doubled) == (0, 0)
    assert (later.conversations, later.customer_messages, later.handovers) == (0, 0, 0)
    assert silent
