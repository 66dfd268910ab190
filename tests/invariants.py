"""What must be true of everything stored, at any moment: one readable function for each promise.

A function gets one conversation with all that belongs to it and says in its assertion what it found. `assert_sound`
checks every conversation of a store, and that a client who only follows events ends where a fresh look ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bot.store import tables
from bot.store.chain import verify
from bot.store.log import messages_after, newest_messages, read_conversation
from bot.store.unit_of_work import Store, Unit
from bot.transparency.openings import HANDOVER_COMMAND

Row = Mapping[str, Any]

# A tenure of the bot that begins with its disclosure alone; every other change of holder has a notice of the system.
_BEGINS_WITH_THE_BOT = {"started", "new_session", "reopened"}
_ENDS_IN_A_CASE = {"queue_expired", "out_of_hours", "case_chosen", "sent_as_form"}
_UNSETTLED = {"pending", "claimed", "uncertain"}


@dataclass
class Thread:
    """One conversation with everything that belongs to it, in order."""

    row: Row
    tenures: list[Row] = field(default_factory=list)
    log: list[Row] = field(default_factory=list)
    inbox: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    traces: list[Row] = field(default_factory=list)
    buttons: list[Row] = field(default_factory=list)
    promises: list[Row] = field(default_factory=list)
    stream: list[Row] = field(default_factory=list)

    def tenure(self, epoch: int) -> Row:
        """The tenure with this epoch."""
        return self.tenures[epoch - 1]

    def entries(self, epoch: int) -> list[Row]:
        """What was said in a tenure."""
        return [entry for entry in self.log if entry["epoch"] == epoch]

    @property
    def said(self) -> list[Row]:
        """What the customer said."""
        return [entry for entry in self.log if entry["author_kind"] == "customer"]


def nothing_is_lost(thread: Thread) -> None:
    """G1: each of the customer's messages has an outcome that is true, or waits for the bot, which holds the thread."""
    owed = {one["message_id"]: one for one in thread.inbox}
    for message in thread.said:
        assert message["id"] in owed, f"message {message['seq']} is owed an outcome and stands in no inbox"
        kept = owed[message["id"]]
        if kept["state"] == "open":
            assert thread.row["holder"] == "bot", "what waits for the bot is the bot's to answer"
            continue
        later = [entry for entry in thread.log if entry["seq"] > message["seq"]]
        held = {one["holder"] for one in thread.tenures if one["epoch"] >= message["epoch"]}
        cases = {one["epoch"] for one in thread.cases}
        outcome = kept["outcome"]
        if outcome == "answered":
            assert any(entry["author_kind"] == "bot" for entry in later), f"message {message['seq']} was not answered"
        elif outcome == "case":
            assert any(epoch >= message["epoch"] for epoch in cases), f"message {message['seq']} is on no case"
        elif outcome == "noted":
            assert message["heard"] == "", f"message {message['seq']} was only noted, and holds something to answer"
        else:
            assert outcome in held, f"message {message['seq']} is settled by {outcome!r}, who never held the thread"


def nothing_stands_twice(thread: Thread) -> None:
    """G2: one message for a client id, one answer for a turn, one case for a tenure."""
    sent = Counter((entry["origin"], entry["client_id"]) for entry in thread.log if entry["client_id"] is not None)
    assert all(count == 1 for count in sent.values()), f"the same client id twice: {sent.most_common(1)}"
    owed = Counter(one["message_id"] for one in thread.inbox)
    assert all(count == 1 for count in owed.values()), "a message is owed two outcomes"
    answers = Counter(one["turn_id"] for one in thread.traces if one["outcome"] == "committed")
    assert all(count == 1 for count in answers.values()), "a turn was answered twice"
    cases = Counter(one["epoch"] for one in thread.cases)
    assert all(count == 1 for count in cases.values()), "a tenure has two cases"
    shipped = Counter(one["message_id"] for one in thread.outbox)
    assert all(count == 1 for count in shipped.values()), "a message is owed to the channel twice"


def one_voice(thread: Thread) -> None:
    """G3: only the holder speaks, and nothing is written into a tenure that is over."""
    epochs = [entry["epoch"] for entry in thread.log]
    assert epochs == sorted(epochs), "something was written into a tenure that was over"
    for entry in thread.log:
        tenure = thread.tenure(entry["epoch"])
        assert entry["holder"] == tenure["holder"], "an entry disagrees with its tenure about the holder"
        assert tenure["ended_at"] is None or entry["at"] <= tenure["ended_at"], "said after the tenure had ended"
        if entry["author_kind"] == "bot":
            assert tenure["holder"] == "bot", "the bot spoke while somebody else held the conversation"
        if entry["author_kind"] == "human":
            assert tenure["holder"] == "agent", "a person spoke without holding the conversation"


def an_answer_saw_everything(thread: Thread) -> None:
    """G3: an answer stands only behind the newest message that it was made for, in the tenure it was made in."""
    committed = {one["turn_id"]: one for one in thread.traces if one["outcome"] == "committed"}
    for entry in thread.log:
        if entry["turn_id"] is None:
            continue
        newest = [message for message in thread.said if message["seq"] < entry["seq"]][-1]
        assert entry["turn_id"] == newest["id"], f"the answer at {entry['seq']} did not see message {newest['seq']}"
        trace = committed.get(entry["turn_id"])
        assert trace is not None, "an answer without a trace"
        assert trace["epoch"] == entry["epoch"], "an answer made for another tenure"
        assert trace["seq"] == newest["seq"], "an answer made for other messages"


def always_labelled(thread: Thread) -> None:
    """G4: every entry names its author, and a person's name is that of the agent who holds the conversation."""
    for entry in thread.log:
        assert entry["author_kind"] in {"customer", "bot", "human", "system"}, "an author of no kind"
        assert entry["author_name"].strip(), "an author without a name"
        if entry["author_kind"] == "human":
            holder = thread.tenure(entry["epoch"])["agent_name"]
            assert entry["author_name"] == holder, "a person speaks under another name"
        if entry["kind"] == "notice":
            assert entry["author_kind"] == "system", "a notice that is not the system's"
        if entry["discloses"]:
            assert entry["author_kind"] == "bot", "only the bot can disclose that it is a bot"


def always_disclosed(thread: Thread) -> None:
    """G5: the bot's first word in each of its tenures is that it is a bot."""
    for tenure in thread.tenures:
        if tenure["holder"] == "bot":
            spoken = [entry for entry in thread.entries(tenure["epoch"]) if entry["author_kind"] != "system"]
            assert spoken, "a tenure of the bot without its disclosure"
            assert spoken[0]["discloses"], f"the bot's first word in tenure {tenure['epoch']} is not its disclosure"


def a_person_is_in_reach(thread: Thread) -> None:
    """G6: each of the bot's tenures offered the button for a person, which works without the brain."""
    for tenure in thread.tenures:
        if tenure["holder"] == "bot":
            issued = [one for one in thread.buttons if one["epoch"] == tenure["epoch"]]
            assert any(one["payload"] == HANDOVER_COMMAND for one in issued), "no way to a person was offered"


def no_dead_end(thread: Thread) -> None:
    """G7: whatever waits has an owner and a deadline; a request that nobody took is a case the customer knows of."""
    for tenure in thread.tenures:
        if tenure["holder"] in {"queue", "agent"}:
            assert tenure["deadline_at"] is not None, "a holder without a deadline"
        if tenure["holder"] == "agent":
            assert tenure["agent_id"], "held by nobody"
    for one in thread.inbox:
        if one["state"] == "open":
            assert one["due_at"] is not None, "a message that nobody will look at"
            assert one["deadline_at"] is not None, "a message without a deadline"
    for one in thread.outbox:
        assert one["state"] not in _UNSETTLED or one["due_at"] is not None, "a delivery that nobody will look at"
    for before, tenure in zip(thread.tenures, thread.tenures[1:], strict=False):
        if tenure["reason"] == "out_of_hours":
            asked = [entry for entry in thread.entries(before["epoch"]) if entry["author_kind"] == "customer"]
            assert asked, "a second case for the same request"
    opened_by = {one["number"]: one for one in thread.cases}
    for tenure in thread.tenures:
        if tenure["reason"] in _ENDS_IN_A_CASE:
            told = thread.entries(tenure["epoch"])[0]
            assert told["case_number"] in opened_by, "a request that nobody took is no case"
            case = opened_by[told["case_number"]]
            assert case["epoch"] == tenure["epoch"] - 1, "the case of another tenure"
            assert case["number"] in told["text"], "the customer was not told the number"
            assert case["team"], "a case of no team"
            assert case["due_at"] > case["created_at"], "a case that is due before it was opened"
    numbers = [entry["case_number"] for entry in thread.log if entry["case_number"] is not None]
    assert sorted(numbers) == sorted(opened_by), "each case was told to the customer, once"


def one_word_for_each_change(thread: Thread) -> None:
    """G8: a change of holder has exactly one notice, and it is the first word of the new tenure."""
    for tenure in thread.tenures:
        entries = thread.entries(tenure["epoch"])
        assert entries, f"the change to {tenure['holder']} was not told to the customer"
        assert entries[0]["opens"], "a tenure does not begin with the word about it"
        assert sum(bool(entry["opens"]) for entry in entries) == 1, "two words about one change of holder"
        notices = sum(entry["kind"] == "notice" for entry in entries)
        assert notices == (tenure["reason"] not in _BEGINS_WITH_THE_BOT), f"{notices} notices of one change of holder"


def promises_are_settled(thread: Thread) -> None:
    """G8: a wait that was named is kept, broken or withdrawn as soon as the waiting is over, and open until then."""
    for promise in thread.promises:
        tenure = thread.tenure(promise["epoch"])
        assert tenure["holder"] == "queue", "a wait was named where nobody waits"
        assert (promise["outcome"] is None) == (tenure["ended_at"] is None), "a promise without its outcome"


def numbers_have_no_gap(thread: Thread) -> None:
    """Places, epochs and the row that sums them up agree; exactly one tenure is open, the newest."""
    row = thread.row
    assert [entry["seq"] for entry in thread.log] == list(range(1, len(thread.log) + 1)), "a gap in the log"
    assert row["head_seq"] == len(thread.log), "the head is not the newest entry"
    assert row["inbound_seq"] == max((entry["seq"] for entry in thread.said), default=0), "not the newest message"
    assert [one["epoch"] for one in thread.tenures] == list(range(1, len(thread.tenures) + 1)), "a gap in the epochs"
    unended = [one["epoch"] for one in thread.tenures if one["ended_at"] is None]
    assert unended == [row["epoch"]] == [len(thread.tenures)], "not exactly one holder, the current one"
    assert thread.tenure(row["epoch"])["holder"] == row["holder"], "the row and its tenure disagree"


def the_stream_has_everything(thread: Thread) -> None:
    """Who follows the stream hears of every entry of the log once, in order."""
    heard = [one["seq"] for one in thread.stream if one["seq"] is not None]
    assert heard == [entry["seq"] for entry in thread.log], "the stream and the log disagree"


def delivered_in_order(thread: Thread) -> None:
    """Nothing is on its way to the customer while something before it is not settled; only the overtaken is dropped."""
    for index, one in enumerate(thread.outbox):
        if one["state"] in {"claimed", "uncertain", "sent"}:
            before = [earlier["state"] for earlier in thread.outbox[:index]]
            assert not _UNSETTLED & set(before), f"message {one['seq']} was sent before an earlier one was settled"
        if one["state"] == "cancelled":
            entry = thread.log[one["seq"] - 1]
            later = {tenure["holder"] for tenure in thread.tenures if tenure["epoch"] > one["epoch"]}
            assert entry["author_kind"] == "bot", "only a message of the bot can be overtaken"
            # Where it goes on in another conversation, a person may have taken that over.
            goes_on = any(tenure["reason"] == "joined" for tenure in thread.tenures)
            assert "agent" in later or goes_on, "dropped although nobody took over"


INVARIANTS: tuple[Callable[[Thread], None], ...] = (
    numbers_have_no_gap,
    nothing_is_lost,
    nothing_stands_twice,
    one_voice,
    an_answer_saw_everything,
    always_labelled,
    always_disclosed,
    a_person_is_in_reach,
    no_dead_end,
    one_word_for_each_change,
    promises_are_settled,
    the_stream_has_everything,
    delivered_in_order,
)

_PARTS: tuple[tuple[str, sa.Table, tuple[str, ...]], ...] = (
    ("tenures", tables.tenure, ("epoch",)),
    ("log", tables.message, ("seq",)),
    ("inbox", tables.inbox, ("seq",)),
    ("outbox", tables.outbox, ("seq",)),
    ("cases", tables.case, ("number",)),
    ("traces", tables.trace, ("at", "id")),
    ("buttons", tables.button, ("epoch", "id")),
    ("promises", tables.wait_promise, ("epoch",)),
    ("stream", tables.stream, ("position",)),
)


async def threads(unit: Unit, only: Collection[str] | None = None) -> dict[str, Thread]:
    """Every conversation, or those named, with everything that belongs to it."""

    async def rows(table: sa.Table, order: Sequence[str], key: str) -> Sequence[Row]:
        query = sa.select(table).order_by(*(table.c[name] for name in order))
        if only is not None:
            query = query.where(table.c[key].in_(list(only)))
        return (await unit.connection.execute(query)).mappings().all()

    found = {row["id"]: Thread(row) for row in await rows(tables.conversation, ("id",), "id")}
    for name, table, order in _PARTS:
        for row in await rows(table, order, "conversation_id"):
            getattr(found[row["conversation_id"]], name).append(row)
    return found


def check(thread: Thread) -> None:
    """Every invariant, over one conversation."""
    for invariant in INVARIANTS:
        invariant(thread)


async def assert_sound(store: Store) -> None:
    """Every invariant, over everything stored."""
    async with store.read() as unit:
        if unit.connection.dialect.name == "postgresql":
            # All of it as of one moment: some tests look while delivery still works. SQLite reads like this anyway.
            await unit.connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        found = await threads(unit)
        positions = (await unit.connection.execute(sa.select(tables.stream.c.position).order_by("position"))).scalars()
        assert list(positions) == list(range(1, sum(len(one.stream) for one in found.values()) + 1)), "stream has gaps"
    for conversation_id, thread in found.items():
        check(thread)
        await the_chain_is_whole(store, conversation_id)
        await assert_clients_agree(store, conversation_id)


async def the_chain_is_whole(store: Store, conversation_id: str) -> None:
    """Everything that was written has its link, and nothing else has one."""
    async with store.read() as unit:
        assert await verify(unit, conversation_id) == []


async def assert_clients_agree(store: Store, conversation_id: str) -> None:
    """What a client builds from events, in whatever portions they come, is what it would fetch afresh."""
    async with store.read() as unit:
        row = await read_conversation(unit, conversation_id)
        assert row is not None
        fresh = await newest_messages(unit, conversation_id, row.head_seq)
        followed = []
        while portion := await messages_after(unit, conversation_id, len(followed), limit=3):
            followed += portion
    assert followed == fresh, "events and a fresh look show different logs"
    assert followed[-1].holder is row.holder, "a client would believe in another holder"
    assert followed[-1].epoch == row.epoch, "a client would believe in another tenure"
