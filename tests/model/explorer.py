"""Plays every order in which actors can pass their transactions, deaths included, and checks every state on the way.

A *scene* is a prepared conversation and its actors. At each point any actor that waits may go on, die where it stands,
die at its commit (rolled back) or right behind it (committed, nobody told). `explore` walks the tree of these choices
depth first by playing each branch from the start on a reset database.

Two branches are joined only when nothing can tell them apart any more: the stored rows are the same, and every living
actor waits at the same place and has seen the same rows at each of its transactions before. What an actor will do is
a function of these, so the subtrees are the same too, and every order is covered. `joined=False` walks all orders one
by one; a test compares the two.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.conversation.model import AuthorKind
from bot.service.outcomes import Receipt, Refused
from bot.store.entries import Conversation
from tests.invariants import Row, Thread, assert_clients_agree, check, threads
from tests.model.actors import Actor
from tests.model.world import Answer, Node, Send, World, answer_all, send_well

# What an actor does, given its node and the conversation.
Work = Callable[[Node, str], Awaitable[Any]]
Choice = tuple[str, str]

GOES_ON, DIES, DIES_AT_COMMIT, DIES_BEHIND_COMMIT, TIME = (
    "goes on",
    "dies",
    "dies at its commit",
    "dies behind its commit",
    "time passes",
)
# Longer than every lease, claim, deadline and wait for a provider's word, in seconds.
LONG_ENOUGH = 700
_DEATHS = {DIES_AT_COMMIT: "commit", DIES_BEHIND_COMMIT: "committed"}


@dataclass(kw_only=True)
class Cast:
    """A scene's actors, and what may happen to them."""

    name: str
    # Prepares the conversation that the actors find; its id.
    prepare: Callable[[World], Awaitable[str]]
    actors: dict[str, Work]
    # Once each, at any moment: so many seconds pass.
    times: dict[str, float] = field(default_factory=dict)
    # Who may die, and how often anybody does.
    mortal: tuple[str, ...] = ()
    deaths: int = 1
    answer: Answer = answer_all
    send: Send = send_well
    # Client id and text of what customers say: sent again by a client that got no acknowledgement.
    says: dict[str, tuple[str, str]] = field(default_factory=dict)
    # Settings that differ from the usual.
    settings: dict[str, Any] = field(default_factory=dict)
    # What must hold in each state beyond the invariants.
    also: Callable[[Scene, Thread], None] | None = None


class Scene:
    """One run of a cast, from the start."""

    def __init__(self, world: World, cast: Cast, conversation_id: str) -> None:
        self.world = world
        self.cast = cast
        self.conversation_id = conversation_id
        self.actors: dict[str, Actor] = {}
        # What the last step sent to the channel that pushes: place in the log, and kind of author.
        self.just_sent: list[tuple[int, AuthorKind]] = []
        self._times = dict(cast.times)
        self._deaths = cast.deaths

    async def begin(self) -> None:
        """Bring every actor to its first boundary."""
        await self.world.reset()
        # Pauses between retries have jitter.
        random.seed(0)
        for name, work in self.cast.actors.items():
            actor = self.actors[name] = Actor(name)
            node = self.world.node(actor, self.cast.answer, self.cast.send)
            await actor.start(lambda node=node, work=work: work(node, self.conversation_id))

    async def end(self) -> None:
        """Bury the dead."""
        for actor in self.actors.values():
            await actor.bury()

    def choices(self) -> list[Choice]:
        """What can happen next."""
        found = []
        for name, actor in self.actors.items():
            if actor.runs:
                found.append((GOES_ON, name))
                if self._deaths and name in self.cast.mortal:
                    if actor.place == "write":
                        found += [(DIES_AT_COMMIT, name), (DIES_BEHIND_COMMIT, name)]
                    else:
                        found.append((DIES, name))
        return found + [(TIME, name) for name in self._times]

    async def play(self, choice: Choice) -> None:
        """Let it happen."""
        verb, name = choice
        if verb == TIME:
            self.world.clock.advance(self._times.pop(name))
            return
        actor = self.actors[name]
        sent_before = len(actor.sent)
        if verb == DIES:
            actor.die()
        else:
            await actor.step(_DEATHS.get(verb))
        self.just_sent = actor.sent[sent_before:]
        self._deaths -= verb != GOES_ON

    def left(self) -> tuple[Any, ...]:
        """What else may happen, for the comparison of states."""
        return (tuple(sorted(self._times)), self._deaths)


def told(actor: Actor) -> str:
    """What the actor's client knows at the end."""
    if actor.dead:
        return "dead"
    if actor.error is not None:
        return f"{type(actor.error).__name__} {actor.error}"
    if isinstance(actor.result, Receipt):
        return f"stored at {actor.result.message.seq}{' before' * actor.result.repeated}"
    if isinstance(actor.result, Conversation):
        return f"{actor.result.holder.value} {actor.result.epoch}"
    return str(actor.result)


# Written and never read again by anything that decides what happens.
_INERT = {
    *("at", "started_at", "ended_at", "created_at", "updated_at", "opened_at", "last_at", "done_at", "settled_at"),
    *("milliseconds", "body", "measured_at", "position", "sources"),
    # Follows from the log, but for its salts.
    "chain_link",
}
# An inbox or outbox row that nothing will change any more: only what became of it matters.
_SETTLED = {"done", "sent", "cancelled", "dead"}


def digest(thread: Thread) -> str:
    """The stored rows, without what nothing reads and with ids replaced by what they stand for."""
    names = {entry["id"]: f"message {entry['seq']}" for entry in thread.log} | {thread.row["id"]: "the conversation"}
    titles = {button["id"]: button["payload"] for button in thread.buttons}

    def plain(row: Row, *left_out: str) -> list[tuple[str, str]]:
        values = {str(key): value for key, value in row.items() if key not in _INERT and key not in left_out}
        if values.get("state") in _SETTLED:
            for key in ("due_at", "deadline_at", "attempts", "lease_token", "claim_token", "error"):
                values.pop(key, None)
        if "buttons" in values:
            values["buttons"] = [titles[button["id"]] for button in values["buttons"]]
        for key in ("lease_token", "claim_token"):
            # Whose it is follows from the number of attempts.
            if key in values:
                values[key] = values[key] is not None
        return sorted((key, names.get(str(value), str(value))) for key, value in values.items())

    content = [
        plain(thread.row),
        *[plain(row) for part in (thread.tenures, thread.log, thread.inbox, thread.outbox) for row in part],
        *[plain(row) for part in (thread.cases, thread.promises) for row in part],
        *[[("told", str(row["seq"]))] for row in thread.stream if row["seq"] is not None],
        *sorted(plain(row, "id") for row in thread.traces if row["outcome"] == "committed"),
        *sorted(plain(row, "id") for row in thread.buttons),
    ]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


@dataclass
class State:
    """A point that branches lead to."""

    stored: str
    # What each actor has seen: the digest at each of its transactions.
    seen: dict[str, tuple[str, ...]]
    children: list[Any] = field(default_factory=list)
    ways: int = 0


@dataclass
class Report:
    """What was walked through."""

    name: str
    states: int = 0
    steps: int = 0
    # Orders from the first choice to an end that were covered.
    orders: int = 0
    ends: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.name}: {self.orders} orders, {self.states} states, {len(self.ends)} ends"


class Broken(AssertionError):
    """An invariant does not hold; the message tells the steps that led there."""


async def explore(world: World, cast: Cast, *, joined: bool = True) -> Report:
    """Walk every order and check every state.

    Raises:
        Broken: with the steps to the first state in which something does not hold.
    """
    conversation_id = await cast.prepare(world)
    await world.remember()
    report, states = Report(cast.name), {}
    root: Any = None
    # Branches to open: the choices that lead there, the state they start from, and the choice to make.
    waiting: list[tuple[list[Choice], Any, Choice | None]] = [([], None, None)]
    while waiting:
        path, key, choice = waiting.pop()
        scene = Scene(world, cast, conversation_id)
        try:
            await scene.begin()
            for earlier in path:
                await scene.play(earlier)
            while True:
                before = states.get(key)
                places = {name: actor.place for name, actor in scene.actors.items()}
                if choice is not None:
                    await scene.play(choice)
                    path = [*path, choice]
                    report.steps += 1
                thread = await _look(scene, path)
                seen = _seen(before, choice, scene)
                state = State(digest(thread), seen)
                known_by: Any = _key(scene, state, thread) if joined else tuple(path)
                if before is None:
                    root = known_by
                else:
                    before.children.append(known_by)
                if known_by in states:
                    break
                states[known_by] = state
                _check(scene, thread, path, places)
                choices = scene.choices()
                if not choices:
                    report.ends[await _finish(scene, path)] += 1
                    break
                key, choice = known_by, choices[0]
                waiting += [(path, key, other) for other in choices[1:]]
        finally:
            await scene.end()
    report.states, report.orders = len(states), _ways(states, root)
    return report


async def _look(scene: Scene, path: list[Choice]) -> Thread:
    async with scene.world.store.read() as unit:
        found = await threads(unit)
    (thread,) = found.values()
    return thread


def _seen(before: State | None, choice: Choice | None, scene: Scene) -> dict[str, tuple[str, ...]]:
    seen = dict(before.seen) if before is not None else dict.fromkeys(scene.actors, ())
    if before is not None and choice is not None and choice[0] == GOES_ON:
        now = scene.world.clock.now.isoformat()
        seen[choice[1]] = (*seen[choice[1]], f"{before.stored} at {now}")
    return seen


def _key(scene: Scene, state: State, thread: Thread) -> Any:
    names = {entry["id"]: entry["seq"] for entry in thread.log}

    def canonical(value: Any) -> Any:
        return tuple(canonical(part) for part in value) if isinstance(value, tuple) else names.get(value, value)

    actors = tuple(
        (name, actor.place, state.seen[name] if actor.memory is None else canonical(actor.memory))
        if actor.runs
        else (name, told(actor))
        for name, actor in scene.actors.items()
    )
    return (state.stored, actors, scene.left(), scene.world.clock.now)


def _check(scene: Scene, thread: Thread, path: list[Choice], places: dict[str, str | None]) -> None:
    try:
        check(thread)
        answered_once(thread)
        acknowledged_is_stored(scene, thread)
        for actor in scene.actors.values():
            assert not actor.faults, f"{actor.name}: {actor.faults}"
            assert actor.error is None or isinstance(actor.error, Refused), f"{actor.name} failed: {actor.error!r}"
        if scene.cast.also is not None:
            scene.cast.also(scene, thread)
    except AssertionError as error:
        raise Broken(_story(scene, path, str(error))) from error


def answered_once(thread: Thread) -> None:
    """Each message is spoken to by one answer at most, and by exactly one if that is its outcome."""
    answers = [entry for entry in thread.log if entry["turn_id"] is not None]
    outcomes = {one["message_id"]: one["outcome"] for one in thread.inbox}
    for message in thread.said:
        said = sum(message["text"] in answer["text"] for answer in answers)
        assert said <= 1, f"message {message['seq']} was answered {said} times"
        if outcomes[message["id"]] == "answered" and message["text"].startswith("Frage"):
            assert said == 1, f"message {message['seq']} counts as answered and was left out"


def acknowledged_is_stored(scene: Scene, thread: Thread) -> None:
    """What a client was told is stored is stored, once, as it was told."""
    stored = {entry["id"]: entry for entry in thread.log}
    for actor in scene.actors.values():
        if isinstance(actor.result, Receipt) and not actor.dead:
            message = actor.result.message
            assert message.id in stored, f"acknowledged to {actor.name} and not stored"
            assert stored[message.id]["seq"] == message.seq, "acknowledged with another number"


async def _finish(scene: Scene, path: list[Choice]) -> str:
    """Clients send again what was not acknowledged, other workers go on, and every message comes to its outcome."""
    world, conversation_id = scene.world, scene.conversation_id
    thread = await _look(scene, path)
    end = f"{digest(thread)} {sorted(told(actor) for actor in scene.actors.values())}"
    try:
        for name, (client_id, text) in scene.cast.says.items():
            if scene.actors[name].dead:
                await world.conversations.receive(conversation_id, text, client_id=client_id)
        for _ in range(6):
            world.clock.advance(LONG_ENOUGH)
            while await world.deadlines.expire_due():
                pass
            await world.work()
            while await world.delivery.send_due():
                pass
        thread = await _look(scene, path)
        check(thread)
        answered_once(thread)
        assert all(one["state"] == "done" for one in thread.inbox), "a message without an outcome in the end"
        assert all(one["state"] not in {"pending", "claimed"} for one in thread.outbox), "a message is never sent"
        texts = Counter(entry["text"] for entry in thread.said)
        for _, text in scene.cast.says.values():
            assert texts[text] == 1, f"{text!r} is stored {texts[text]} times"
        await assert_clients_agree(world.store, conversation_id)
    except AssertionError as error:
        raise Broken(_story(scene, [*path, (TIME, "and all is worked off")], str(error))) from error
    return end


def _story(scene: Scene, path: list[Choice], what: str) -> str:
    steps = "\n".join(f"  {number:2}. {name} {verb}" for number, (verb, name) in enumerate(path, 1))
    ends = "\n".join(
        f"  {name}: {actor.place or told(actor)}{' (dead)' if actor.dead else ''}"
        for name, actor in scene.actors.items()
    )
    return f"{what}\nin {scene.cast.name!r} after\n{steps}\nwhere\n{ends}"


def _ways(states: dict[Any, State], root: Any) -> int:
    """How many paths lead from the root to an end. The graph has no circles: each step uses something up."""
    order, stack, done = [], [(root, False)], set()
    while stack:
        key, expanded = stack.pop()
        if expanded:
            order.append(key)
        elif key not in done:
            done.add(key)
            stack.append((key, True))
            stack += [(child, False) for child in states[key].children]
    for key in order:
        state = states[key]
        state.ways = sum(states[child].ways for child in state.children) or 1
    return states[root].ways
