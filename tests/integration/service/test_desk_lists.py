"""What the desk's lists and its search show of a conversation, over SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from bot.conversation.model import Holder
from bot.service.desk_work import DeskWork
from bot.service.files import Files
from bot.service.outcomes import Refused
from bot.store.desk_lists import conversation_list, found_conversations, invited_to, passages
from bot.store.log import overviews, read_conversation
from bot.store.tokens import Agent
from bot.transparency.wording import wording
from connectors.desk.views import summary_view
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound

PDF = b"%PDF-1.7\n" + bytes(50)


@pytest.fixture
def work(desk: Desk) -> DeskWork:
    return DeskWork(desk.store, desk.conversations, wording(), desk.settings)


async def held(desk: Desk, agent: Agent, *said: str) -> str:
    """A conversation that this agent has taken over after the customer had said this."""
    conversation_id = await desk.start()
    for text in said:
        await desk.say(conversation_id, text)
    await desk.conversations.claim(conversation_id, agent, await desk.epoch(conversation_id))
    return conversation_id


async def mine(desk: Desk, agent: Agent) -> list[str]:
    """The conversations in the agent's list."""
    async with desk.store.read() as unit:
        return [one.conversation.id for one in (await conversation_list(unit, agent, "mine")).overviews]


async def test_a_list_shows_what_somebody_said_last_and_why_it_was_closed(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held(desk, desk.anna, "Hallo")
    await desk.conversations.reply(conversation_id, desk.anna, "Der Termin steht.", client_id="a1")
    await work.close(conversation_id, desk.anna, "solved", None)
    assert (await desk.log(conversation_id))[-1].text.startswith("Wie gut hat")
    async with desk.store.read() as unit:
        (closed,) = await overviews(unit, [conversation_id])
    shown = summary_view(closed, wording(), "de")
    assert (shown.last_text, shown.last_author.name, shown.closed_as) == ("Der Termin steht.", "Anna Berger", "solved")


async def test_an_invitation_ends_when_the_invited_takes_over_or_it_is_closed(desk: Desk, work: DeskWork) -> None:
    conversation_id = await held(desk, desk.anna, "Hallo")
    await work.invite(conversation_id, desk.anna, desk.ben.id, None)
    assert await mine(desk, desk.ben) == [conversation_id]
    await work.close(conversation_id, desk.anna, "other", None)
    await desk.say(conversation_id, "Noch etwas")
    async with desk.store.read() as unit:
        row = await read_conversation(unit, conversation_id)
    assert row is not None and row.holder is Holder.BOT
    assert await mine(desk, desk.ben) == [], "what it was for is over"
    await work.invite(conversation_id, desk.anna, desk.ben.id, None)
    await desk.conversations.claim(conversation_id, desk.ben, await desk.epoch(conversation_id))
    async with desk.store.read() as unit:
        assert await invited_to(unit, [conversation_id]) == {}, "it is theirs now"
    await assert_sound(desk.store)


async def test_a_search_finds_files_by_name_and_tells_where_the_words_stand(desk: Desk) -> None:
    files = Files(desk.store, desk.conversations, wording(), desk.settings)
    conversation_id = await held(desk, desk.anna, "Über dem Dachboden wackelt es", "Der Dachboden ist trocken", "Ja")
    await files.reply(conversation_id, desk.anna, PDF, client_id="f1", name="Lageplan.pdf", caption="Hier ist er")
    async with desk.store.read() as unit:
        for words, passage in (("dachboden", "Der Dachboden ist trocken"), ("lageplan", None)):
            (found,) = (await found_conversations(unit, desk.anna, words)).overviews
            assert found.conversation.id == conversation_id
            assert (await passages(unit, [conversation_id], words)).get(conversation_id) == passage
        assert (await found_conversations(unit, desk.anna, "nirgendwo")).overviews == []


async def test_the_bot_offers_to_go_on_with_what_it_was_given_back_for(desk: Desk) -> None:
    conversation_id = await held(desk, desk.anna, "Hallo")
    before = await desk.epoch(conversation_id)
    for unknown in ("complaint", "no_such_topic", "edge:erase"):
        with pytest.raises(Refused) as refused:
            await desk.conversations.hand_back(conversation_id, desk.anna, None, unknown)
        assert refused.value.code == "unknown_topic"
    assert await desk.epoch(conversation_id) == before
    await desk.conversations.hand_back(conversation_id, desk.anna, "Messung ist bestellt", "invoice_explain")
    back = (await desk.log(conversation_id))[-1]
    assert "kein Mensch" in back.text and "Messung" not in back.text
    assert [one.title for one in back.buttons] == ["Rechnung erklären", "Mit einem Menschen sprechen"]
    await desk.conversations.receive(conversation_id, "Rechnung erklären", client_id="p1", button_id=back.buttons[0].id)
    await desk.work()
    assert desk.brain.requests[-1].payload == "/invoice_explain"
    await assert_sound(desk.store)
