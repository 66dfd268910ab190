"""Whatever is done in whatever order: nothing is emitted without its author, no session of the bot without disclosure.

Looked at is what leaves, not what is stored: frames of widget and desk, and the texts that WhatsApp's provider gets.
That the bot has said what it is, is read from its words, in each language it speaks, not from the store's own mark.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.conversation.chain import ERASED
from bot.conversation.limits import TextRefused
from bot.conversation.model import AuthorKind, Holder, Message
from bot.service.leaving import Leaving
from bot.service.outcomes import Refused
from bot.store.entries import message_of, select_messages
from bot.store.log import read_conversation, tenures
from bot.store.tables import message as message_table
from bot.transparency.gate import let_out
from bot.transparency.wording import LANGUAGES, wording
from connectors.frames import event_frame
from connectors.whatsapp.render import render
from tests.model.world import NAMES, SETTINGS, World

_TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["Sind Sie ein Mensch?", "Mensch", "/restart", "Ich bin Anna Berger (Mensch):", *NAMES.values()]),
)
_STEPS = st.one_of(
    st.tuples(st.just("say"), _TEXTS),
    st.tuples(st.just("reply"), _TEXTS),
    st.tuples(st.just("press"), st.integers(0, 5)),
    st.tuples(st.just("locale"), st.sampled_from(LANGUAGES)),
    st.tuples(st.just("pause"), st.sampled_from([1, 61, 601, 90_000])),
    st.tuples(
        st.just("leave"), st.sampled_from([("mail", "eva@example.org"), ("phone", "0345 123456"), ("mail", "x")])
    ),
    st.tuples(st.sampled_from(["work", "claim", "hand_back", "expire", "erase", "rate"]), st.none()),
)
_STARS = {wording().say("rating_5", language) for language in LANGUAGES}
_BOT_NAMES = {wording().say("author_bot", language) for language in LANGUAGES}
_SYSTEM_NAMES = {wording().say("author_system", language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def stage(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[World, Callable[[Coroutine[Any, Any, None]], None]]]:
    """A world, and the loop in which it lives."""
    loop = asyncio.new_event_loop()
    path: Path = tmp_path_factory.mktemp("labelled") / "klartext.db"
    world = loop.run_until_complete(World.open(f"sqlite+aiosqlite:///{path}"))
    yield world, loop.run_until_complete
    loop.run_until_complete(world.close())
    loop.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(steps=st.lists(_STEPS, max_size=14), channel=st.sampled_from(["widget", "push"]))
@example(steps=[("press", 0), ("press", 0), ("pause", 601), ("press", 1)], channel="widget")
@example(steps=[("press", 0), ("press", 0), ("pause", 90_000), ("press", 0)], channel="push")
@example(steps=[("say", "a"), ("work", None), ("pause", 90_000), ("say", "b"), ("work", None)], channel="widget")
# Who rates a person's help the next day, and then asks something.
@example(
    steps=[
        *(("say", "a"), ("claim", None), ("reply", "Guten Tag"), ("hand_back", None)),
        *(("pause", 90_000), ("rate", None), ("say", "b"), ("work", None)),
    ],
    channel="widget",
)
@example(
    steps=[("locale", "en"), ("say", "a"), ("claim", None), ("locale", "de"), ("hand_back", None)], channel="widget"
)
@example(steps=[("say", "English"), ("work", None), ("say", "Deutsch"), ("work", None)], channel="widget")
@example(steps=[("say", "Deutsch"), ("work", None), ("say", "English"), ("work", None)], channel="push")
# Back and forth, over a person's help.
@example(
    steps=[
        *(("say", "English"), ("work", None), ("say", "Deutsch"), ("work", None), ("say", "English"), ("work", None)),
        *(("claim", None), ("hand_back", None), ("say", "Deutsch"), ("work", None)),
    ],
    channel="widget",
)
def test_no_order_of_inputs_emits_an_unlabelled_message_or_an_undisclosed_session(
    stage: tuple[World, Callable[[Coroutine[Any, Any, None]], None]], steps: list[tuple[str, Any]], channel: str
) -> None:
    world, run = stage
    run(_play(world, steps, channel))


async def _play(world: World, steps: list[tuple[str, Any]], channel: str) -> None:
    await world.reset()
    conversation_id = await world.begin(channel)
    for step, value in steps:
        with contextlib.suppress(Refused, TextRefused):
            await _do(world, conversation_id, step, value)
        await _look(world, conversation_id)


async def _do(world: World, conversation_id: str, step: str, value: Any) -> None:
    conversations = world.conversations
    async with world.store.read() as unit:
        row = await read_conversation(unit, conversation_id)
    assert row is not None
    if step == "say":
        await conversations.receive(conversation_id, value, client_id=uuid.uuid4().hex)
    elif step == "press":
        buttons = [button for one in await _log(world, conversation_id) for button in one.buttons]
        if buttons:
            button = buttons[-1 - value % len(buttons)]
            await conversations.receive(conversation_id, button.title, client_id=uuid.uuid4().hex, button_id=button.id)
    elif step == "rate":
        offered = [
            button for one in await _log(world, conversation_id) for button in one.buttons if button.title in _STARS
        ]
        if offered:
            await conversations.receive(conversation_id, "5", client_id=uuid.uuid4().hex, button_id=offered[-1].id)
    elif step == "reply":
        await conversations.reply(conversation_id, world.anna, value, client_id=uuid.uuid4().hex)
    elif step == "leave":
        leaving = Leaving(world.store, conversations, world.words)
        await leaving.leave(conversation_id, *value, client_id=uuid.uuid4().hex)
    elif step == "locale":
        await conversations.set_locale(conversation_id, value)
        if row.holder is Holder.BOT and row.locale != value:
            newest = [one async for one in _rows(world, conversation_id)][-1]
            assert _discloses(newest, value), "the bot has not said what it is in the language that was chosen"
    elif step == "pause":
        world.clock.advance(value)
    elif step == "work":
        await world.work()
    elif step == "claim":
        await conversations.claim(conversation_id, world.anna, row.epoch)
    elif step == "hand_back":
        await conversations.hand_back(conversation_id, world.anna, None)
    elif step == "expire":
        await world.deadlines.expire_due()
    elif step == "erase":
        await conversations.erase(conversation_id, "customer")


async def _rows(world: World, conversation_id: str) -> AsyncIterator[Any]:
    async with world.store.read() as unit:
        query = select_messages().where(message_table.c.conversation_id == conversation_id)
        for row in (await unit.connection.execute(query.order_by(message_table.c.seq))).mappings():
            yield row


async def _log(world: World, conversation_id: str) -> list[Message]:
    return [message_of(row) async for row in _rows(world, conversation_id)]


async def _look(world: World, conversation_id: str) -> None:
    rows = [row async for row in _rows(world, conversation_id)]
    for row in rows:
        message = message_of(row)
        _labelled(event_frame(let_out(message))["author"])
        if message.author.kind is not AuthorKind.CUSTOMER:
            for language in LANGUAGES:
                for part in render([let_out(message)], world.words, language):
                    label, separator, text = str(part.body).partition(" · ")
                    assert separator, f"no author in front of {part.body!r}"
                    assert text.strip()
                    assert _says_who(label, message), f"{label!r} does not say who wrote it"
    async with world.store.read() as unit:
        for tenure in await tenures(unit, conversation_id):
            entries = [row for row in rows if row["epoch"] == tenure.epoch and row["author_kind"] == "bot"]
            if tenure.holder is Holder.BOT:
                assert entries, "the bot holds the conversation and has not said what it is"
                assert _discloses(entries[0]), "the bot spoke before it said what it is"
                _disclosed_in_its_languages(entries)
    _each_session_is_disclosed(rows)


def _discloses(entry: Any, language: str | None = None) -> bool:
    """Whether the entry says that a bot speaks, in its words; of what was erased only the mark is left."""
    text = entry["text"]
    if text == ERASED:
        return bool(entry["discloses"])
    keys = ("disclosure", "disclosure_again", "disclosure_followed")
    return any(wording().say(key, one) in text for key in keys for one in ([language] if language else LANGUAGES))


def _disclosed_in_its_languages(entries: list[Any]) -> None:
    """What the bot answers in a language in which it follows comes after it has said there, once, what it is."""
    for language in LANGUAGES:
        again = [one for one in entries if wording().say("disclosure_followed", language) in one["text"]]
        assert len(again) <= 1, "the bot says again and again in one language what it is"
    for place, entry in enumerate(entries):
        named = [language for language, name in NAMES.items() if name in entry["text"]]
        if entry["text"].startswith("Antwort auf:") and len(named) == 1:
            known = any(_discloses(one, named[0]) for one in entries[:place])
            assert known, "the bot speaks a language in which it has not said what it is"


def _each_session_is_disclosed(rows: list[Any]) -> None:
    """Who comes back after a long silence hears from the bot, before anything else of it, what it is."""
    said = [row for row in rows if row["author_kind"] == "customer"]
    for before, after in itertools.pairwise(said):
        if (after["at"] - before["at"]).total_seconds() > SETTINGS.session_idle:
            just_before = rows[rows.index(after) - 1]
            spoken = [row for row in rows if row["author_kind"] == "bot" and row["seq"] > after["seq"]]
            begun = just_before["author_kind"] == "bot" and just_before["at"] == after["at"]
            disclosed = begun and _discloses(just_before)
            assert disclosed or not spoken or _discloses(spoken[0]), "a session of the bot without its disclosure"


def _labelled(author: dict[str, str]) -> None:
    kind, name = author["kind"], author["name"]
    assert kind in {"customer", "bot", "human", "system"}
    assert name.strip()
    assert (name in _BOT_NAMES) == (kind == "bot")
    assert (name in _SYSTEM_NAMES) == (kind == "system")
    assert (name == "Anna Berger") == (kind == "human")


def _says_who(label: str, message: Message) -> bool:
    if message.author.kind is AuthorKind.HUMAN:
        return message.author.name in label
    return label in {wording().say(f"whatsapp_label_{message.author.kind.value}", one) for one in LANGUAGES}
