"""A machine that plays whatever hypothesis thinks of: nodes that start work, go on by one transaction, or die.

One conversation on a website and one on a channel that pushes; any number of nodes take turns, watch deadlines,
deliver, and carry out what customers and agents do. Every node stops before each of its transactions, so that any
order of them can happen. After every step everything stored keeps every invariant; at the end clients send again what
was not acknowledged, the work is done, and each message has its outcome.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.conversation.model import AuthorKind, Holder
from bot.service.delivery import NotSent, Sent, Uncertain
from bot.service.outcomes import Receipt, Refused
from bot.store import outbox
from bot.store.outbox import Shipment
from bot.transparency.openings import CANCEL_COMMAND, CASE_COMMAND, HANDOVER_COMMAND
from tests.invariants import Thread, assert_clients_agree, check, threads
from tests.model.actors import Actor
from tests.model.explorer import LONG_ENOUGH, Work, answered_once
from tests.model.scenes import (
    ANNA,
    BEN,
    claims,
    deadline,
    delivery,
    fails,
    hands_back,
    hands_over,
    presses,
    replies,
    says,
    turn,
)
from tests.model.world import PUSH, Answer, Send, World, answer_all, send_well

Result = TypeVar("Result")

# More than enough to get into each other's way; more only makes examples harder to read.
_MOST_NODES = 5
_BRAINS: dict[str, Answer] = {"answers": answer_all, "hands over": hands_over, "fails": fails}


async def _unclear(_actor: Actor, _shipment: Shipment) -> Sent:
    raise Uncertain("no answer")


async def _refuses(_actor: Actor, _shipment: Shipment) -> Sent:
    raise NotSent("busy")


async def _for_good(_actor: Actor, _shipment: Shipment) -> Sent:
    raise NotSent("no such number", permanent=True)


_CHANNELS: dict[str, Send] = {"takes it": send_well, "unclear": _unclear, "busy": _refuses, "refuses": _for_good}

which = st.integers(0, 1)
anyone = st.integers(0, _MOST_NODES - 1)
agents = st.sampled_from([ANNA, BEN])


class HandoverMachine(RuleBasedStateMachine):
    """Random interleavings over one real database."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._world = world
        self._loop = loop
        self._nodes: list[Actor] = []
        self._everybody: list[Actor] = []
        self._conversations: list[str] = []
        # What customers said: conversation, client id and text. Said again while it is not acknowledged.
        self._said: list[tuple[str, str, str]] = []
        self._speaking: dict[int, list[Actor]] = {}

    def _do(self, work: Awaitable[Result]) -> Result:
        return self._loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        """Two conversations in an otherwise empty database."""
        # Pauses between retries have jitter.
        random.seed(0)
        self._do(self._world.reset())
        self._conversations = [self._do(self._world.begin(channel)) for channel in ("widget", PUSH)]

    # --- work that begins ---

    def _start(self, work: Work, conversation: int, brain: str = "answers", channel: str = "takes it") -> Actor:
        actor = Actor(f"node {len(self._everybody)}")
        node = self._world.node(actor, _BRAINS[brain], _CHANNELS[channel])
        self._nodes.append(actor)
        self._everybody.append(actor)
        self._do(actor.start(lambda: work(node, self._conversations[conversation])))
        return actor

    def _room(self) -> bool:
        return len(self._nodes) < _MOST_NODES

    @precondition(_room)
    @rule(conversation=which)
    def a_customer_writes(self, conversation: int) -> None:
        """Something new."""
        number = len(self._said) + 1
        self._said.append((self._conversations[conversation], f"c{number}", f"Frage {number:03d}"))
        self._speaking[number - 1] = [self._start(says(f"Frage {number:03d}", f"c{number}"), conversation)]

    @precondition(lambda self: self._room() and self._said)
    @rule(data=st.data())
    def a_customer_writes_it_again(self, data: st.DataObject) -> None:
        """The same client id on another node, while the first may still be at it."""
        index = data.draw(st.integers(0, len(self._said) - 1))
        conversation_id, client_id, text = self._said[index]
        actor = self._start(says(text, client_id), self._conversations.index(conversation_id))
        self._speaking[index].append(actor)

    @precondition(_room)
    @rule(conversation=which, payload=st.sampled_from([HANDOVER_COMMAND, CANCEL_COMMAND, CASE_COMMAND]))
    def a_customer_presses(self, conversation: int, payload: str) -> None:
        """The button for a person, the one that cancels the request, or the one that makes it a case."""
        self._start(presses(payload, f"button {len(self._everybody)}"), conversation)

    @precondition(_room)
    @rule(brain=st.sampled_from(sorted(_BRAINS)))
    def a_worker_takes_a_turn(self, brain: str) -> None:
        """Leases what is due and asks the brain."""
        self._start(turn, 0, brain=brain)

    @precondition(_room)
    @rule()
    def a_worker_looks_at_deadlines(self) -> None:
        """Ends tenures that are over."""
        self._start(deadline, 0)

    @precondition(_room)
    @rule(channel=st.sampled_from(sorted(_CHANNELS)))
    def a_worker_delivers(self, channel: str) -> None:
        """Sends what is due."""
        self._start(delivery, 1, channel=channel)

    @precondition(_room)
    @rule(conversation=which, agent=agents)
    def an_agent_claims(self, conversation: int, agent: Any) -> None:
        """From the queue or from the bot."""
        self._start(claims(agent), conversation)

    @precondition(_room)
    @rule(conversation=which, agent=agents)
    def an_agent_writes(self, conversation: int, agent: Any) -> None:
        """Holding it or not."""
        self._start(replies(agent, f"Guten Tag {len(self._everybody)}"), conversation)

    @precondition(_room)
    @rule(conversation=which, agent=agents)
    def an_agent_hands_back(self, conversation: int, agent: Any) -> None:
        """Holding it or not."""
        self._start(hands_back(agent), conversation)

    # --- what happens to it ---

    @precondition(lambda self: self._nodes)
    @rule(index=anyone)
    def a_node_goes_on(self, index: int) -> None:
        """By one transaction."""
        self._step(self._nodes[index % len(self._nodes)], None)

    @precondition(lambda self: self._nodes)
    @rule(index=anyone)
    def a_node_works_to_its_end(self, index: int) -> None:
        """Nothing gets in its way for a while."""
        actor = self._nodes[index % len(self._nodes)]
        while actor.runs:
            self._step(actor, None)

    @precondition(lambda self: self._nodes)
    @rule(index=anyone, where=st.sampled_from(["here", "commit", "committed"]))
    def a_node_dies(self, index: int, where: str) -> None:
        """Where it stands, at its commit, or right behind it."""
        actor = self._nodes[index % len(self._nodes)]
        if where == "here":
            actor.die()
            self._nodes.remove(actor)
        else:
            self._step(actor, where)
            if actor in self._nodes:
                actor.die()
                self._nodes.remove(actor)

    def _step(self, actor: Actor, dies_at: str | None) -> None:
        before = len(actor.sent)
        holders = {one.row["id"]: one.row["holder"] for one in self._look()}
        self._do(actor.step(dies_at))
        for _, author in actor.sent[before:]:
            spoken = author is not AuthorKind.BOT or holders[self._conversations[1]] != Holder.AGENT.value
            assert spoken, "the bot spoke on the wire while a person held the conversation"
        if not actor.runs and actor in self._nodes:
            self._nodes.remove(actor)

    @rule(seconds=st.sampled_from([1.0, 11.0, 21.0, 61.0, 301.0, 661.0]))
    def time_passes(self, seconds: float) -> None:
        """Past a pause, a lease, a deadline, a session."""
        self._world.clock.advance(seconds)

    @rule(arrived=st.booleans())
    def the_provider_reports(self, arrived: bool) -> None:
        """On what is uncertain, if anything is."""

        async def report() -> None:
            for thread in await self._threads():
                for one in thread.outbox:
                    if one["state"] == "uncertain":
                        async with self._world.store.write() as unit:
                            await outbox.reconcile(
                                unit, one["message_id"], arrived=arrived, provider_id="p", error=None
                            )
                        return

        self._do(report())

    # --- what holds ---

    async def _threads(self) -> list[Thread]:
        async with self._world.store.read() as unit:
            return list((await threads(unit)).values())

    def _look(self) -> list[Thread]:
        return self._do(self._threads())

    @invariant()
    def everything_stored_is_sound(self) -> None:
        """The invariants, and what nodes told their clients."""
        if not self._conversations:
            return
        found = self._look()
        for thread in found:
            check(thread)
            answered_once(thread)
        stored = {entry["id"]: entry for thread in found for entry in thread.log}
        for actor in self._everybody:
            assert not actor.faults, actor.faults
            assert actor.error is None or isinstance(actor.error, Refused), f"{actor.name} failed: {actor.error!r}"
            if isinstance(actor.result, Receipt) and not actor.dead:
                message = actor.result.message
                assert message.id in stored, "acknowledged and not stored"
                assert stored[message.id]["seq"] == message.seq, "acknowledged with another number"

    def teardown(self) -> None:
        """Everybody else dies, clients repeat, other nodes work everything off: nothing is owed in the end."""
        try:
            if self._conversations:
                self._do(self._to_the_end())
        finally:
            self._do(self._bury())

    async def _bury(self) -> None:
        for actor in self._everybody:
            await actor.bury()

    async def _to_the_end(self) -> None:
        world = self._world
        for index, (conversation_id, client_id, text) in enumerate(self._said):
            if not any(isinstance(actor.result, Receipt) and not actor.dead for actor in self._speaking[index]):
                await world.conversations.receive(conversation_id, text, client_id=client_id)
        for _ in range(8):
            world.clock.advance(LONG_ENOUGH)
            while await world.deadlines.expire_due():
                pass
            await world.work()
            while await world.delivery.send_due():
                pass
        for thread in await self._threads():
            check(thread)
            answered_once(thread)
            assert all(one["state"] == "done" for one in thread.inbox), "a message without an outcome in the end"
            assert all(one["state"] not in {"pending", "claimed"} for one in thread.outbox), "a message is never sent"
            texts = Counter(entry["text"] for entry in thread.said)
            for conversation_id, _, text in self._said:
                if conversation_id == thread.row["id"]:
                    assert texts[text] == 1, f"{text!r} is stored {texts[text]} times"
            await assert_clients_agree(world.store, thread.row["id"])
