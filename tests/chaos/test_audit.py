"""The audit finds what it is there to find: each kind of damage, done to a sound record, is named under its heading."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from bench.chaos.agents import Reply, Shift
from bench.chaos.audit import Stored, examine, read_all
from bench.chaos.widget import Record, Sent
from bot.bootstrap import open_services
from bot.service.turns import Turns
from bot.settings import Settings
from bot.store import inbox
from bot.store.log import messages_after
from bot.transparency.gate import let_out
from connectors.frames import encode, event_frame
from tests.fakes.brain import FakeBrain, repeat_each_line

Damage = Callable[[Stored, Record, Shift], None]


Sound = tuple[Stored, Record, Shift]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A question answered by the bot, a takeover, a reply, a handback and a rating, with all that the clients know."""
    folder = tmp_path_factory.mktemp("audit")
    brain = FakeBrain()
    brain.answer = repeat_each_line
    await brain.start()
    settings = Settings(database_url=f"sqlite+aiosqlite:///{folder / 'klartext.db'}", brain_url=brain.url)
    async with open_services(settings) as services:
        talk, store = services.conversations, services.store
        anna = await services.agents.add("anna", "Anna Berger", "agent", "geheim")
        name = (await talk.start_widget("de")).conversation.id
        asked = (await talk.receive(name, "Frage [1]", client_id="c1")).message
        turns = Turns(store, talk, services.brain, services.words, settings)
        async with store.write() as unit:
            (lease,) = await inbox.lease_due(unit, 1, timedelta(seconds=30))
        await turns.work(lease)
        await talk.claim(name, anna, 1)
        replied = (await talk.reply(name, anna, "Guten Tag", client_id="a1")).message
        await talk.hand_back(name, anna, None)
        async with store.read() as unit:
            question = (await messages_after(unit, name, 0))[-1]
        pressed = question.buttons[0]
        rated = (await talk.receive(name, pressed.title, client_id="c2", button_id=pressed.id)).message
        async with store.read() as unit:
            log = await messages_after(unit, name, 0)
        stored = await read_all(store.database)
    await brain.close()
    events: dict[int, dict[str, Any]] = {one.seq: msgspec.json.decode(encode(event_frame(let_out(one)))) for one in log}
    record = Record(conversation=name, seen=dict(events))
    record.sent["c1"] = Sent(text="Frage [1]", payload=None, at=0.0, receipts={(asked.id, asked.seq)})
    record.sent["c2"] = Sent(text=pressed.title, payload=pressed.id, at=0.0, receipts={(rated.id, rated.seq)})
    shift = Shift(login="anna", seen={(name, seq): event for seq, event in events.items()})
    shift.replies[name, "a1"] = Reply(conversation=name, text="Guten Tag", receipts={(replied.id, replied.seq)})
    return stored, record, shift


def message(stored: Stored, author: str) -> dict[str, Any]:
    """The newest message of an author; of the bot, its newest answer."""
    ((_, messages),) = stored.messages.items()
    own = [entry for entry in messages if entry["author_kind"] == author]
    return [entry for entry in own if author != "bot" or entry["turn_id"] is not None][-1]  # type: ignore[return-value]


def forget_the_message(stored: Stored, record: Record, _: Shift) -> None:
    stored.messages[record.conversation or ""].remove(message(stored, "customer"))


def forget_the_outcome(stored: Stored, _: Record, __: Shift) -> None:
    stored.outcomes.clear()


def note_a_question(stored: Stored, record: Record, __: Shift) -> None:
    asked = next(one for one in stored.messages[record.conversation or ""] if one["client_id"] == "c1")
    stored.outcomes[asked["id"]]["outcome"] = "noted"


def forget_the_answer(stored: Stored, _: Record, __: Shift) -> None:
    message(stored, "bot")["text"] = "Etwas anderes."


def lose_an_event(_: Stored, record: Record, __: Shift) -> None:
    record.seen.popitem()


def lose_the_reply(stored: Stored, record: Record, _: Shift) -> None:
    stored.messages[record.conversation or ""].remove(message(stored, "human"))


def see_what_is_not_stored(_: Stored, record: Record, __: Shift) -> None:
    record.seen[99] = {**record.seen[1], "seq": 99}


def store_twice(stored: Stored, record: Record, _: Shift) -> None:
    stored.messages[record.conversation or ""].append(dict(message(stored, "customer"), seq=99))


def answer_twice(stored: Stored, _: Record, __: Shift) -> None:
    message(stored, "bot")["text"] *= 2


def commit_a_turn_twice(stored: Stored, record: Record, _: Shift) -> None:
    stored.traces[record.conversation or ""] *= 2


def give_two_receipts(_: Stored, record: Record, __: Shift) -> None:
    record.sent["c1"].receipts.add(("another", 7))


def announce_twice(stored: Stored, _: Record, __: Shift) -> None:
    message(stored, "human")["opens"] = True


def let_the_bot_speak_in_the_agents_tenure(stored: Stored, _: Record, __: Shift) -> None:
    message(stored, "human")["author_kind"] = "bot"


def write_into_a_tenure_that_is_over(stored: Stored, _: Record, __: Shift) -> None:
    message(stored, "human")["epoch"] = 1


def turn_the_clock_back(stored: Stored, _: Record, __: Shift) -> None:
    message(stored, "human")["at"] -= timedelta(hours=1)


def break_the_order(_: Stored, record: Record, __: Shift) -> None:
    record.faults.append("event 5 came after 3")


def show_another_text(_: Stored, record: Record, __: Shift) -> None:
    record.seen[2] = {**record.seen[2], "text": "anders"}


def show_the_agent_another_author(_: Stored, record: Record, shift: Shift) -> None:
    place = (record.conversation or "", 3)
    shift.seen[place] = {**shift.seen[place], "author": {"kind": "human", "name": "Anna Berger"}}


@pytest.mark.parametrize(
    ("damage", "heading"),
    [
        (forget_the_message, "lost"),
        (forget_the_outcome, "lost"),
        (note_a_question, "lost"),
        (forget_the_answer, "lost"),
        (lose_an_event, "lost"),
        (lose_the_reply, "lost"),
        (see_what_is_not_stored, "lost"),
        (store_twice, "doubled"),
        (answer_twice, "doubled"),
        (commit_a_turn_twice, "doubled"),
        (give_two_receipts, "doubled"),
        (announce_twice, "doubled"),
        (let_the_bot_speak_in_the_agents_tenure, "out_of_turn"),
        (write_into_a_tenure_that_is_over, "out_of_turn"),
        (turn_the_clock_back, "out_of_turn"),
        (break_the_order, "out_of_turn"),
        (show_another_text, "differs"),
        (show_the_agent_another_author, "differs"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_damage_is_found(sound: Sound, damage: Damage, heading: str) -> None:
    stored, record, shift = copy.deepcopy(sound)
    assert examine(stored, [record], [shift], marks=True).all() == []
    damage(stored, record, shift)
    assert getattr(examine(stored, [record], [shift], marks=True), heading)
