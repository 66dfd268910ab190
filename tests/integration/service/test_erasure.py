"""Erasure reaches every table, and every file of SQLite, freed pages included; the chain stays whole."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa

from actions.crm.errors import CrmUnavailable
from bot.brain.memory import BrainMemory
from bot.conversation.chain import ERASED
from bot.conversation.model import AuthorKind, Holder, new_id
from bot.service.brain_protocol import Entity, Reply, TurnRequest, TurnResponse
from bot.service.erasure import Erasures
from bot.store import chain, tables
from bot.store.cases import cases, record_ticket
from bot.store.erasure import RULES, TICKETS, Deleted, Emptied, all_owed, is_erased
from bot.store.log import read_conversation, tenures
from bot.store.tables import metadata
from bot.store.traces import traces
from bot.store.unit_of_work import Unit
from bot.store.whatsapp_items import add_items, erased_key, waiting_items
from bot.transparency import openings
from bot.transparency.wording import wording
from tests.integration.service.conftest import Desk

NUMBER, WORDS, NAME = "4915112345678", "Quittenmarmelade", "Roswitha Zimtblatt"
WAMID = "wamid.HBgNNDkxNTExMjM0NTY3OBU"
SECRETS = (NUMBER, WORDS, NAME, WAMID)
_FILE_DIGEST = hashlib.sha256(NAME.encode()).hexdigest()


@pytest.fixture
async def memory(desk: Desk) -> AsyncIterator[BrainMemory]:
    memory = BrainMemory(desk.settings.brain_database_url)
    yield memory
    await memory.close()


@pytest.fixture
def erasures(desk: Desk, memory: BrainMemory) -> Erasures:
    return Erasures(desk.store, desk.conversations, memory, wording())


async def _talk(desk: Desk, memory: BrainMemory) -> str:
    """A conversation that leaves the customer's words wherever words can be."""

    async def answer(request: TurnRequest) -> TurnResponse:
        return TurnResponse(
            replies=[Reply(text=f"{NAME}, Sie schrieben: {request.text}")],
            entities=[Entity(entity="street", value=WORDS)],
        )

    desk.brain.answer = answer
    conversation_id = await desk.start()
    first = await desk.say(conversation_id, f"Ich bin {NAME} und mag {WORDS}")
    await desk.work()
    await memory.keep(conversation_id, 1, first.message.id, None, snapshot=f"[{WORDS}]", response=f"{{{NAME}}}")
    await desk.conversations.claim(conversation_id, desk.anna, 1)
    await desk.conversations.reply(conversation_id, desk.anna, f"Guten Tag {NAME}", client_id="a1")
    await desk.conversations.hand_back(conversation_id, desk.anna, f"{NAME} zurückrufen: {NUMBER}")
    # From here on the customer's name stands at their messages.
    proven = {"customer_name": NAME, "customer_level": "proven", "customer_number": NUMBER}
    async with desk.store.write() as unit:
        here = tables.conversation.c.id == conversation_id
        await unit.connection.execute(sa.update(tables.conversation).where(here).values(proven))
    named = await desk.say(conversation_id, f"Meine Nummer ist {NUMBER}")
    assert named.message.author.name == NAME
    async with desk.store.write() as unit:
        await _everything_else(unit, conversation_id, first.message.id)
    return conversation_id


async def _everything_else(unit: Unit, conversation_id: str, message_id: str) -> None:
    """A row of this conversation in every table that can hold one, with the words in each column that can."""
    here = {"conversation_id": conversation_id}
    rows: dict[str, dict[str, Any]] = {
        "outbox": {**here, "message_id": message_id, "seq": 2, "epoch": 1, "channel": "whatsapp", "state": "sent"},
        "service_case": {**here, "number": "KT-1", "epoch": 2, "team": "service", "status": "open", "reason": "x"},
        "note": {**here, "id": new_id(), "agent_id": "a", "agent_name": "Anna Berger", "kind": "note", "after_seq": 1},
        "held_reply": {
            **{**here, "id": new_id(), "epoch": 2, "agent_id": "a", "agent_name": "Anna Berger", "client_id": "h1"},
            "state": "withdrawn",
        },
        "rating": {**here, "epoch": 1, "agent_id": "a", "agent_name": "Anna Berger", "stars": 5},
        "wrong_answer": {
            **{**here, "id": new_id(), "seq": 3, "turn_id": "t", "reported_by": "a", "reported_name": "Anna Berger"},
            **{"state": "rejected", "understood": "help"},
        },
        "whatsapp_part": {**here, "message_id": message_id, "part": 1, "parts": 1, "last_seq": 2, "state": "sent"},
        "whatsapp_contact": {**here, "id": "contact-1", "number": NUMBER, "user_id": f"DE.{NUMBER}"},
        "blob": {"digest": _FILE_DIGEST, "content": NAME.encode()},
        "attachment": {
            **{**here, "id": new_id(), "message_id": message_id, "channel": "whatsapp", "kind": "image"},
            **{"state": "stored", "digest": _FILE_DIGEST, "media_type": "image/png"},
        },
        "ticket_file": {**here, "id": new_id(), "ticket": "KT-1", "text": WORDS, "turn_id": "t", "state": "filed"},
        "whatsapp_address": {"address": f"number:{NUMBER}", "contact_id": "contact-1"},
        "whatsapp_rate": {"bucket": f"pair:{NUMBER}", "tokens": 1.0},
        "whatsapp_item": {
            **{"key": f"message:{WAMID}", "kind": "message", "sender": NUMBER, "place": "1", "state": "applied"},
            **{"raw": f'{{"from": "{NUMBER}", "text": "{WORDS}"}}'},
        },
    }
    for name, known in rows.items():
        table = metadata.tables[name]
        await unit.connection.execute(sa.insert(table).values({**_made_up(table, unit), **known}))
    texts = {"address": NUMBER, "verified_phone": NUMBER}
    await unit.connection.execute(
        sa.update(tables.conversation).where(tables.conversation.c.id == conversation_id).values(texts)
    )


def _made_up(table: sa.Table, unit: Unit) -> dict[str, Any]:
    """A value for each column that is not nullable or can hold words; the words wherever they fit."""
    rule, values = RULES[table.name], {}
    for column in table.c:
        if isinstance(rule, Emptied) and column.name in rule.values and isinstance(column.type, (sa.String, sa.Text)):
            values[column.name] = WORDS
        elif isinstance(column.type, sa.JSON) and column.nullable:
            values[column.name] = {"name": NAME}
        elif isinstance(column.type, tables.UtcDateTime):
            values[column.name] = unit.now
    return values


async def _everything_stored(desk: Desk) -> dict[str, str]:
    """Every table that the database has, whether the code knows it or not, as text."""
    async with desk.store.database.read() as connection:
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        return {
            name: str([tuple(map(_plain, row)) for row in await connection.execute(sa.text(f'select * from "{name}"'))])
            for name in names
        }


def _secrets_in_files(folder: Path) -> dict[str, list[str]]:
    """Which of the words stand in which files, databases and their logs included."""
    found: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in SECRETS:
            if secret.encode() in content:
                found.setdefault(secret, []).append(path.name)
    return found


def _plain(value: Any) -> Any:
    return bytes(value).decode(errors="replace") if isinstance(value, (bytes, memoryview)) else value


async def test_nothing_that_was_said_is_left_in_any_table_or_file(
    desk: Desk, memory: BrainMemory, erasures: Erasures, tmp_path: Path
) -> None:
    conversation_id = await _talk(desk, memory)
    before = await _everything_stored(desk)
    for name, rule in RULES.items():
        if isinstance(rule, (Deleted, Emptied)) and name not in {"chain", "inbox", "widget_token"}:
            assert before[name] != "[]", f"the test has no row of {name}: it proves nothing about it"
    held = {name for name, content in before.items() if any(secret in content for secret in SECRETS)}
    assert held >= {"message", "trace", "tenure", "note", "whatsapp_item", "blob", "whatsapp_address", "attachment"}

    on_disk = _secrets_in_files(tmp_path)
    assert set(on_disk) == (set(SECRETS) if desk.store.database.is_sqlite else set())

    assert await erasures.erase(conversation_id, "customer")
    await erasures.step()
    for name, content in (await _everything_stored(desk)).items():
        assert not [secret for secret in SECRETS if secret in content], f"{name} still holds it"
    await erasures.free_space()
    assert _secrets_in_files(tmp_path) == {}


async def test_the_chain_is_whole_and_says_that_and_at_whose_wish_it_was_erased(
    desk: Desk, memory: BrainMemory, erasures: Erasures
) -> None:
    conversation_id = await _talk(desk, memory)
    await erasures.erase(conversation_id, "company")
    assert not await erasures.erase(conversation_id, "company"), "erased twice"
    async with desk.store.read() as unit:
        assert await chain.verify(unit, conversation_id) == []
        erasure = (await unit.connection.execute(sa.select(tables.erasure))).mappings().one()
        held = [(one.holder, one.agent_name) for one in await tenures(unit, conversation_id)]
    assert erasure["asked_by"] == "company"
    assert held == [
        (Holder.BOT, None),
        (Holder.AGENT, "Anna Berger"),
        (Holder.BOT, None),
        (Holder.CLOSED, None),
    ]
    log = await desk.log(conversation_id)
    assert {entry.text for entry in log[:-1]} == {ERASED}
    assert {entry.author.name for entry in log if entry.author.kind is AuthorKind.CUSTOMER} == {ERASED}
    assert {entry.author.name for entry in log if entry.author.kind is AuthorKind.HUMAN} == {"Anna Berger"}


@pytest.mark.parametrize("column", ["text", "payload", "author_name"])
async def test_what_is_put_back_after_an_erasure_is_found(
    desk: Desk, memory: BrainMemory, erasures: Erasures, column: str
) -> None:
    conversation_id = await _talk(desk, memory)
    await erasures.erase(conversation_id, "customer")
    async with desk.store.write() as unit:
        here = (tables.message.c.conversation_id == conversation_id) & (tables.message.c.seq == 2)
        await unit.connection.execute(sa.update(tables.message).where(here).values({column: "erfunden"}))
    async with desk.store.read() as unit:
        found = await chain.verify(unit, conversation_id)
    assert [(one.kind, one.subject, one.what) for one in found] == [("message", 2, "changed")]


async def test_words_without_their_salt_and_without_an_erasure_are_found(desk: Desk, memory: BrainMemory) -> None:
    conversation_id = await _talk(desk, memory)
    async with desk.store.write() as unit:
        here = (tables.chain.c.conversation_id == conversation_id) & (tables.chain.c.kind == "message")
        await unit.connection.execute(
            sa.update(tables.chain).where(here, tables.chain.c.subject == 2).values(salt=None)
        )
    async with desk.store.read() as unit:
        found = await chain.verify(unit, conversation_id)
    # The file that this test's conversation was given by hand has no link, which is found as well.
    found = [one for one in found if one.kind == "message"]
    assert [(one.subject, one.detail) for one in found] == [(2, "its salt is gone and no erasure is on record")]


async def test_the_customers_button_erases_at_once_whoever_holds_the_conversation(
    desk: Desk, memory: BrainMemory
) -> None:
    for takes_over in (False, True):
        conversation_id = await desk.start()
        await desk.say(conversation_id, f"Ich mag {WORDS}")
        if takes_over:
            await desk.conversations.claim(conversation_id, desk.anna, 1)
        async with desk.store.write() as unit:
            opened = await desk.conversations.open(unit, conversation_id)
            await desk.conversations.take_in(
                opened, "Gespräch löschen", client_id="erase", payload=openings.ERASE_COMMAND
            )
            await opened.save()
        async with desk.store.read() as unit:
            assert await is_erased(unit, conversation_id)
            assert await chain.verify(unit, conversation_id) == []
        log = await desk.log(conversation_id)
        assert [entry.text for entry in log if WORDS in entry.text] == []
        assert log[-2].text == "Gespräch löschen"
        assert "gelöscht" in log[-1].text


@pytest.mark.parametrize("brain_timeout", [30.0])
async def test_an_answer_that_comes_after_the_erasure_leaves_nothing(
    desk: Desk, memory: BrainMemory, erasures: Erasures
) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")

    async def answer(request: TurnRequest) -> TurnResponse:
        await erasures.erase(conversation_id, "customer")
        await erasures.step()
        # The brain was at it and remembers it afterwards.
        await memory.keep(conversation_id, 1, request.turn_id, None, snapshot=WORDS, response=WORDS)
        return TurnResponse(replies=[Reply(text=WORDS)], entities=[Entity(entity="street", value=WORDS)])

    desk.brain.answer = answer
    await desk.work()
    async with desk.store.read() as unit:
        assert [trace.body for trace in await traces(unit, conversation_id)] == [{}]
        row = await read_conversation(unit, conversation_id)
    assert row is not None
    assert row.holder is Holder.CLOSED
    async with desk.store.write() as unit:
        task = tables.erasure_task
        due = sa.update(task).where(task.c.place == "brain_memory_2").values(due_at=unit.now - timedelta(seconds=1))
        await unit.connection.execute(due)
    assert await erasures.step() == 1
    assert (await memory.recall(conversation_id, 1, "any", None)).response is None
    assert WORDS not in str(await _everything_stored(desk))


async def test_a_webhook_that_comes_again_after_the_erasure_is_still_known(
    desk: Desk, memory: BrainMemory, erasures: Erasures
) -> None:
    conversation_id = await _talk(desk, memory)
    await erasures.erase(conversation_id, "customer")
    again = {"key": f"message:{WAMID}", "kind": "message", "sender": NUMBER, "raw": "{}"}
    async with desk.store.write() as unit:
        await add_items(unit, [again])
        assert await waiting_items(unit, 10) == []
        keys = (await unit.connection.execute(sa.select(metadata.tables["whatsapp_item"].c.key))).scalars().all()
    assert keys == [erased_key(f"message:{WAMID}")]


class Team:
    """A ticket system whose team deletes a transcript when it gets to it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.left = 2
        self.away = False

    async def ask_removal(self, number: str, text: str, *, key: str) -> int:
        if self.away:
            raise CrmUnavailable("ask_removal", "away")
        assert text
        self.asked.append((number, key))
        return self.left


@pytest.mark.parametrize("asked_by", ["customer", "retention"])
async def test_a_transcript_in_the_ticket_system_stays_owed_until_it_is_gone(
    desk: Desk, memory: BrainMemory, asked_by: Literal["customer", "retention"]
) -> None:
    team = Team()
    erasures = Erasures(desk.store, desk.conversations, memory, wording(), team)
    conversation_id = await desk.start()
    async with desk.store.write() as unit:
        opened = await desk.conversations.open(unit, conversation_id)
        await desk.conversations.handover.make_case(opened)
        await opened.save()
        (case,) = await cases(unit, conversation_id)
        await record_ticket(unit, case, "T-000017", "open")
    await erasures.erase(conversation_id, asked_by)

    async def looks_again() -> bool:
        async with desk.store.write() as unit:
            task = tables.erasure_task
            past = unit.now - timedelta(seconds=1)
            await unit.connection.execute(sa.update(task).where(task.c.place == TICKETS).values(due_at=past))
        await erasures.step()
        async with desk.store.read() as unit:
            return TICKETS in {place for _, place, _ in await all_owed(unit)}

    last = (await desk.log(conversation_id))[-1].text
    assert "T-000017" in last
    if asked_by == "retention":
        # The company's own record has a period of its own, and nothing else is said.
        assert not await looks_again() and team.asked == [] and "verlangt" not in last
        return
    assert "verlangt" in last
    team.away = True
    assert await looks_again() and team.asked == []
    team.away = False
    assert await looks_again() and await looks_again()
    assert set(team.asked) == {("T-000017", conversation_id)}
    team.left = 0
    assert not await looks_again()


async def test_every_table_and_every_column_has_its_rule(desk: Desk) -> None:
    """A table or a column that somebody adds must be decided about in `RULES`."""
    assert set(RULES) == set(metadata.tables)
    for name, rule in RULES.items():
        if isinstance(rule, Emptied):
            columns = {column.name for column in metadata.tables[name].c}
            assert columns == {*rule.values, *rule.keeps}, name
            assert not set(rule.values) & rule.keeps, name
