"""The scenes whose every order is played: small casts around each place where two things can happen at once."""

from __future__ import annotations

from typing import Any

from bot.conversation.model import AuthorKind, Holder
from bot.conversation.roles import Role
from bot.service.brain import BrainUnavailable
from bot.service.brain_protocol import Handover, Reply, TurnRequest, TurnResponse
from bot.service.delivery import Sent, Uncertain
from bot.service.outcomes import Receipt
from bot.store.log import newest_messages, read_conversation
from bot.store.outbox import Shipment
from bot.store.tokens import Agent, issued_button
from bot.transparency.openings import CANCEL_COMMAND, HANDOVER_COMMAND
from tests.invariants import Thread
from tests.model.actors import Actor
from tests.model.explorer import Cast, Scene, Work
from tests.model.world import LEASE, PUSH, SETTINGS, Node, World

ANNA = Agent(id="anna", login="anna", name="Anna Berger", role=Role.SUPERVISOR)
BEN = Agent(id="ben", login="ben", name="Ben Adler", role=Role.SUPERVISOR)
LEASE_ENDS = {"the lease runs out": LEASE.total_seconds() + 1}


# --- what a scene begins with ---


async def asked(world: World) -> str:
    """One question waits for the bot."""
    conversation_id = await world.begin("widget")
    await world.conversations.receive(conversation_id, "Frage eins", client_id="c1")
    return conversation_id


async def silent(world: World) -> str:
    """Nothing was said but the bot's disclosure."""
    return await world.begin("widget")


async def queued(world: World) -> str:
    """A person was asked for."""
    conversation_id = await world.begin("widget")
    button_id = await button(world, conversation_id, HANDOVER_COMMAND)
    await world.conversations.receive(conversation_id, "-", client_id="c1", button_id=button_id)
    return conversation_id


async def held(world: World) -> str:
    """Anna holds the conversation."""
    conversation_id = await asked(world)
    await world.conversations.claim(conversation_id, ANNA, 1)
    return conversation_id


async def pushed(world: World) -> str:
    """On a channel that pushes: the disclosure is sent, an answer waits to be, and another question waits."""
    conversation_id = await world.begin(PUSH)
    await world.delivery.send_due()
    await world.conversations.receive(conversation_id, "Frage eins", client_id="c1")
    await world.work()
    await world.conversations.receive(conversation_id, "Frage zwei", client_id="c2")
    return conversation_id


async def button(world: World, conversation_id: str, payload: str) -> str:
    """The newest button that stands for `payload`."""
    async with world.store.read() as unit:
        for entry in reversed(await newest_messages(unit, conversation_id, 50)):
            for one in entry.buttons:
                issued = await issued_button(unit, conversation_id, one.id)
                if issued is not None and issued.payload == payload:
                    return one.id
    raise AssertionError(f"no button for {payload}")


# --- what actors do ---


async def turn(node: Node, _conversation_id: str) -> None:
    """A worker looks for one turn."""
    await node.take_a_turn()


async def deadline(node: Node, _conversation_id: str) -> int:
    """A worker looks for deadlines, and keeps in mind only that this conversation is due."""
    node.actor.memory = ()
    return await node.deadlines.expire_due()


async def delivery(node: Node, _conversation_id: str) -> int:
    """A worker looks for one message to send, and keeps in mind only that one."""
    node.actor.memory = ()
    return await node.delivery.send_due()


def says(text: str, client_id: str) -> Work:
    """The customer says something."""

    async def work(node: Node, conversation_id: str) -> Receipt:
        return await node.conversations.receive(conversation_id, text, client_id=client_id)

    return work


def presses(payload: str, client_id: str) -> Work:
    """The customer looks, and presses the newest button that stands for `payload`, if there is one."""

    async def work(node: Node, conversation_id: str) -> Receipt | None:
        async with node.store.read() as unit:
            shown = [one.id for entry in await newest_messages(unit, conversation_id, 50) for one in entry.buttons]
            issued = [await issued_button(unit, conversation_id, one) for one in shown]
        fitting = [one for one in issued if one is not None and one.payload == payload]
        if not fitting:
            return None
        node.actor.memory = fitting[-1].epoch
        return await node.conversations.receive(conversation_id, "-", client_id=client_id, button_id=fitting[-1].id)

    return work


def claims(agent: Agent, epoch: int | None = None) -> Work:
    """An agent looks and claims what is seen; with `epoch` that was seen before."""

    async def work(node: Node, conversation_id: str) -> Any:
        seen = epoch
        if seen is None:
            async with node.store.read() as unit:
                row = await read_conversation(unit, conversation_id)
            assert row is not None
            seen = node.actor.memory = row.epoch
        return await node.conversations.claim(conversation_id, agent, seen)

    return work


def replies(agent: Agent, text: str) -> Work:
    """An agent writes."""

    async def work(node: Node, conversation_id: str) -> Receipt:
        return await node.conversations.reply(conversation_id, agent, text, client_id=text)

    return work


def hands_back(agent: Agent) -> Work:
    """An agent gives the conversation back."""

    async def work(node: Node, conversation_id: str) -> Any:
        return await node.conversations.hand_back(conversation_id, agent, None)

    return work


# --- brains and channels ---


async def hands_over(_actor: Actor, _request: TurnRequest) -> TurnResponse:
    """The brain answers and asks for a person."""
    return TurnResponse(
        replies=[Reply(text=f"Antwort auf: {_request.text}")], handover=Handover(reason="not_understood")
    )


async def fails(_actor: Actor, _request: TurnRequest) -> TurnResponse:
    """The brain is away."""
    raise BrainUnavailable("away")


async def sends_slowly(actor: Actor, shipment: Shipment) -> Sent:
    """The provider takes its time: it may be told of other things meanwhile, or never be heard."""
    await actor.gate("send")
    return Sent(provider_id=f"p-{shipment.message.seq}")


async def sends_unclearly(actor: Actor, _shipment: Shipment) -> Sent:
    """The provider gives no clear answer."""
    await actor.gate("send")
    raise Uncertain("no answer")


def one_voice_on_the_wire(scene: Scene, thread: Thread) -> None:
    """No message of the bot is given to the channel while a person holds the conversation; nothing is given twice."""
    for _, author in scene.just_sent:
        assert author is not AuthorKind.BOT or thread.row["holder"] != Holder.AGENT.value, "the bot spoke on the wire"
    sent = [seq for actor in scene.actors.values() for seq, _ in actor.sent]
    assert len(sent) == len(set(sent)), f"given to the channel twice: {sent}"


SHORT = (
    Cast(
        name="a turn, a takeover, another message; worker or intake dies",
        prepare=asked,
        actors={"worker": turn, "anna": claims(ANNA, 1), "customer": says("Frage zwei", "c2")},
        mortal=("worker", "customer"),
        says={"customer": ("c2", "Frage zwei")},
    ),
    Cast(
        name="a turn outlives its lease, a second worker, a takeover; a worker dies",
        prepare=asked,
        actors={"worker": turn, "second worker": turn, "anna": claims(ANNA, 1)},
        times=LEASE_ENDS,
        mortal=("worker",),
    ),
    Cast(
        name="a turn outlives its lease, a second worker, another message",
        prepare=asked,
        actors={"worker": turn, "second worker": turn, "customer": says("Frage zwei", "c2")},
        times=LEASE_ENDS,
    ),
    Cast(
        name="the same client id on three nodes at once, and a turn; a node dies",
        prepare=silent,
        actors={"node": says("Frage eins", "c1"), "second node": says("Frage eins", "c1"), "worker": turn},
        mortal=("node", "worker"),
        says={"node": ("c1", "Frage eins")},
    ),
    Cast(
        name="a turn hands over, two agents claim, the customer goes on",
        prepare=asked,
        actors={
            "worker": turn,
            "anna": claims(ANNA),
            "ben": claims(BEN),
            "customer": says("Frage zwei", "c2"),
        },
        answer=hands_over,
    ),
    Cast(
        name="the customer asks for a person during a turn, and an agent takes over; intake or worker dies",
        prepare=asked,
        actors={"worker": turn, "customer": presses(HANDOVER_COMMAND, "c2"), "anna": claims(ANNA, 1)},
        mortal=("customer", "worker"),
    ),
    Cast(
        name="a deadline of the queue on two nodes, a claim, a message; a deadline worker dies",
        prepare=queued,
        actors={
            "deadlines": deadline,
            "more deadlines": deadline,
            "anna": claims(ANNA, 2),
            "customer": says("Frage zwei", "c2"),
        },
        times={"the queue's deadline passes": SETTINGS.queue_deadline},
        mortal=("deadlines",),
    ),
    Cast(
        name="a deadline of the queue, a claim, and the customer cancels",
        prepare=queued,
        actors={"deadlines": deadline, "anna": claims(ANNA, 2), "customer": presses(CANCEL_COMMAND, "c2")},
        times={"the queue's deadline passes": SETTINGS.queue_deadline},
        mortal=("customer", "anna"),
    ),
    Cast(
        name="an agent writes and hands back, the customer writes, a turn; a deadline",
        prepare=held,
        actors={
            "anna": replies(ANNA, "Guten Tag"),
            "anna, second tab": hands_back(ANNA),
            "customer": says("Frage zwei", "c2"),
            "worker": turn,
        },
        mortal=("anna, second tab",),
        says={"customer": ("c2", "Frage zwei")},
    ),
    Cast(
        name="an agent is gone and comes back, another claims",
        prepare=held,
        actors={
            "deadlines": deadline,
            "anna": replies(ANNA, "Guten Tag"),
            "ben": claims(BEN),
            "customer": says("Frage zwei", "c2"),
        },
        times={"the agent's deadline passes": SETTINGS.agent_deadline},
    ),
    Cast(
        name="a brain that is away, retried past the deadline",
        prepare=asked,
        actors={"worker": turn, "second worker": turn},
        times={"a moment passes": 1, "the turn's deadline passes": SETTINGS.turn_deadline},
        answer=fails,
    ),
    Cast(
        name="a brain that is away out of hours",
        prepare=asked,
        actors={"worker": turn, "second worker": turn},
        times={"the turn's deadline passes": SETTINGS.turn_deadline, **LEASE_ENDS},
        answer=fails,
        settings={"desk_hours": "Mo-Fr 08:00-18:00"},
    ),
    Cast(
        name="a message opens a new session while a turn is still on its way",
        prepare=asked,
        actors={"worker": turn, "second worker": turn, "customer": says("Frage zwei", "c2")},
        times={"a long silence": SETTINGS.session_idle + 1},
        mortal=("customer",),
        says={"customer": ("c2", "Frage zwei")},
    ),
    Cast(
        name="a delivery, a takeover; a delivery dies and another goes on",
        prepare=pushed,
        actors={"delivery": delivery, "second delivery": delivery, "anna": claims(ANNA, 1)},
        times={"the claim runs out": 61},
        mortal=("delivery",),
        send=sends_slowly,
        also=one_voice_on_the_wire,
    ),
    Cast(
        name="a delivery without a clear answer, another delivery, a takeover",
        prepare=pushed,
        actors={"delivery": delivery, "second delivery": delivery, "anna": claims(ANNA, 1)},
        times={"the provider never says": 661},
        send=sends_unclearly,
        also=one_voice_on_the_wire,
    ),
)

# The product of everything that can happen to a turn.
PRODUCT = Cast(
    name="a turn × a takeover × another message × a lease that runs out × a second worker × a death",
    prepare=asked,
    actors={
        "worker": turn,
        "second worker": turn,
        "anna": claims(ANNA, 1),
        "customer": says("Frage zwei", "c2"),
    },
    times=LEASE_ENDS,
    mortal=("worker", "customer"),
    says={"customer": ("c2", "Frage zwei")},
)
