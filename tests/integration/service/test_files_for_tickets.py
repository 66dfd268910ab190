"""Files that a customer has confirmed for a ticket, and cases asked for by number: brought once, told to no other."""

from __future__ import annotations

from datetime import datetime, timezone

import msgspec
import sqlalchemy as sa

from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.models import Fact
from actions.crm.ticket_work import NewFile, TicketFile
from actions.crm.tickets import Note, StoredFile
from bot.conversation.handover import Reason
from bot.conversation.model import AuthorKind
from bot.service.brain_protocol import Attach, CaseAsked, KnownCustomer, Reply, TurnRequest, TurnResponse
from bot.service.files import Files
from bot.service.ticket_files import TicketFiles
from bot.store import cases, notes
from bot.store.attachment_tables import ticket_file
from bot.transparency.wording import wording
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound

_PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)
_NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


class Shelf:
    """A customer data and ticket system that can be away, refuse, or lose its answer after the work is done."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, NewFile]] = {}
        self.words: dict[str, tuple[str, str]] = {}
        self.away = self.refuses = self.loses_answers = False

    async def add_ticket_file(self, number: str, file: NewFile, *, idempotency_key: str) -> Fact[TicketFile]:
        stored = await self.add_file(number, file, key=idempotency_key)
        about = {"name": stored.name, "media_type": stored.media_type, "size": stored.size}
        return Fact(value=TicketFile(ticket_number=number, added_at=_NOW, **about), record=number, as_of=_NOW)

    async def add_file(self, number: str, file: NewFile, *, key: str) -> StoredFile:
        if self.away:
            raise CrmUnavailable("add_file", "away")
        if self.refuses:
            raise CrmRejected("add_file", "no such ticket")
        self.files.setdefault(key, (number, file))
        if self.loses_answers:
            raise CrmUnavailable("add_file", "no answer")
        return StoredFile(name=file.name, media_type=file.media_type, size=len(file.content), at=_NOW)

    async def add_note(self, number: str, text: str, *, key: str) -> Note:
        if self.away:
            raise CrmUnavailable("add_note", "away")
        if self.refuses:
            raise CrmRejected("add_note", "no such ticket")
        self.words.setdefault(key, (number, text))
        return Note(text=text, at=_NOW)


class Scene:
    """A conversation with a picture in it, and a brain that says what is to become of it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.shelf = Shelf()
        self.files = Files(desk.store, desk.conversations, wording(), desk.settings)

    def worker(self, *, tickets: bool = True) -> TicketFiles:
        return TicketFiles(
            self.desk.store, self.desk.conversations, wording(), self.shelf, self.shelf if tickets else None
        )

    async def picture(self, conversation_id: str, client_id: str = "f1") -> str:
        receipt = await self.files.receive(conversation_id, _PICTURE, client_id=client_id, name="Zähler.png")
        return receipt.message.id

    async def answer(self, conversation_id: str, response: TurnResponse) -> None:
        """The customer says something, and the brain answers so."""

        async def said(_request: TurnRequest) -> TurnResponse:
            return response

        self.desk.brain.answer = said
        await self.desk.say(conversation_id, "Ja")
        await self.desk.work()

    async def confirm(self, conversation_id: str, *messages: str, ticket: str = "T-104817") -> None:
        attach = Attach(ticket=ticket, messages=list(messages))
        await self.answer(conversation_id, TurnResponse(replies=[Reply(text="Steht dort.")], attach=attach))

    async def ask(self, conversation_id: str, number: str, **more: object) -> str:
        """What the customer reads."""
        await self.answer(conversation_id, TurnResponse(case=CaseAsked(number=number, **more)))  # type: ignore[arg-type]
        return await self.newest(conversation_id)

    async def newest(self, conversation_id: str) -> str:
        return (await self.desk.log(conversation_id))[-1].text

    async def case(self, conversation_id: str) -> cases.Case:
        async with self.desk.store.write() as unit:
            opened = await self.desk.conversations.open(unit, conversation_id)
            await self.desk.conversations.handover.make_case(opened)
            await opened.save()
            return (await cases.cases(unit, conversation_id))[-1]

    async def states(self) -> list[str]:
        async with self.desk.store.read() as unit:
            found = await unit.connection.execute(sa.select(ticket_file.c.state).order_by(ticket_file.c.id))
            return list(found.scalars())

    async def later(self) -> None:
        """What waits is due again."""
        async with self.desk.store.write() as unit:
            await unit.connection.execute(sa.update(ticket_file).values(due_at=unit.now))


async def test_a_confirmed_file_is_brought_once_and_told(desk: Desk) -> None:
    scene = Scene(desk)
    conversation_id = await desk.start()
    message = await scene.picture(conversation_id)
    assert await scene.worker().step() == 0, "nothing was confirmed"
    await scene.confirm(conversation_id, message)
    scene.shelf.away = True
    assert await scene.worker().step() == 0
    scene.shelf.away, scene.shelf.loses_answers = False, True
    await scene.later()
    assert await scene.worker().step() == 0
    scene.shelf.loses_answers = False
    await scene.later()
    assert await scene.worker().step() == 1 and await scene.worker().step() == 0
    ((number, file),) = scene.shelf.files.values()
    assert (number, file.name, file.media_type, file.content) == ("T-104817", "Zähler.png", "image/png", _PICTURE)
    assert await scene.newest(conversation_id) == "Eine Datei bei T-104817 hinterlegt. Das Team sieht es dort."
    # The same file once more is not brought a second time, and that is said.
    await scene.confirm(conversation_id, message)
    assert "liegt schon bei T-104817" in await scene.newest(conversation_id)
    assert await scene.states() == ["filed"]
    await assert_sound(desk.store)


async def test_several_files_are_told_together_and_a_refused_one_is_said(desk: Desk) -> None:
    scene = Scene(desk)
    conversation_id = await desk.start()
    first, second = [await scene.picture(conversation_id, client_id) for client_id in ("f1", "f2")]
    await scene.confirm(conversation_id, first, second)
    assert await scene.worker().step() == 2
    assert (await scene.newest(conversation_id)).startswith("2 Dateien bei T-104817 hinterlegt.")
    scene.shelf.refuses = True
    await scene.confirm(conversation_id, first, ticket="T-000001")
    assert await scene.worker().step() == 1
    told = (await desk.log(conversation_id))[-1]
    assert told.text.startswith("Eine Datei konnte ich nicht bei T-000001 hinterlegen.") and told.buttons
    await assert_sound(desk.store)


async def test_a_file_of_another_conversation_is_not_brought(desk: Desk) -> None:
    scene = Scene(desk)
    theirs, mine = await desk.start(), await desk.start()
    message = await scene.picture(theirs)
    await scene.confirm(mine, message)
    assert await scene.states() == [] and await scene.worker().step() == 0
    assert scene.shelf.files == {}


async def test_an_erased_file_is_not_brought(desk: Desk) -> None:
    scene = Scene(desk)
    conversation_id = await desk.start()
    await scene.confirm(conversation_id, await scene.picture(conversation_id))
    await desk.conversations.erase(conversation_id, "company")
    assert await scene.worker().step() == 0 and scene.shelf.files == {}
    assert await scene.states() == []


async def test_the_turn_that_confirms_commits_with_what_is_due(desk: Desk) -> None:
    """A bot's answer that comes too late writes nothing for the ticket either."""
    scene = Scene(desk)
    conversation_id = await desk.start()
    message = await scene.picture(conversation_id)

    async def overtaken(_request: TurnRequest) -> TurnResponse:
        await desk.conversations.ask_for_person(conversation_id, Reason.CUSTOMER_REQUEST)
        return TurnResponse(replies=[Reply(text="x")], attach=Attach(ticket="T-1", messages=[message]))

    desk.brain.answer = overtaken
    await desk.say(conversation_id, "Ja")
    await desk.work()
    assert await scene.states() == []


async def test_a_case_is_shown_where_it_belongs_and_nowhere_else(desk: Desk) -> None:
    scene = Scene(desk)
    mine, other = await desk.start(), await desk.start()
    case = await scene.case(mine)
    shown = await scene.ask(mine, case.number)
    assert case.number in shown and "neu, noch nicht in Arbeit" in shown
    # Elsewhere it sounds exactly like a number that does not exist, with and without a proof.
    for customer in (None, "2114620"):
        unknown = (await scene.ask(other, "KT-99-000001", customer=customer)).replace("KT-99-000001", "")
        assert (await scene.ask(other, case.number, customer=customer)).replace(case.number, "") == unknown
    for adds in ({"note": "Neugier"}, {"messages": ["x"]}):
        assert "hinterlegt" not in await scene.ask(other, case.number, customer="2114620", **adds)
    async with desk.store.read() as unit:
        assert await notes.notes(unit, mine) == []


async def test_a_case_is_shown_to_its_customer_in_another_conversation(desk: Desk) -> None:
    scene = Scene(desk)
    before, now = await desk.start(), await desk.start()
    case = await scene.case(before)
    for level in ("claimed", "proven"):
        customer = KnownCustomer(number="2114620", name="Martina Vogel", level=level)  # type: ignore[arg-type]
        await scene.answer(before, TurnResponse(replies=[Reply(text="Guten Tag.")], customer=customer))
        told = await scene.ask(now, case.number, customer="2114620")
        assert ("Stand:" in told) is (level == "proven")
    assert "Stand:" not in await scene.ask(now, case.number, customer="2169047")


async def test_words_and_files_for_a_case_reach_its_team_and_its_ticket(desk: Desk) -> None:
    scene = Scene(desk)
    conversation_id = await desk.start()
    case = await scene.case(conversation_id)
    message = await scene.picture(conversation_id)
    await scene.ask(conversation_id, case.number, note="Die Lampe blinkt", messages=[message])
    async with desk.store.read() as unit:
        (note,) = await notes.notes(unit, conversation_id)
    assert (note.case_number, note.text) == (case.number, "Die Lampe blinkt")
    assert await scene.worker().step() == 0, "the case has no ticket yet"
    async with desk.store.write() as unit:
        await cases.record_ticket(unit, case, "T-000017", "in_progress")
    await scene.later()
    assert await scene.worker().step() == 2
    assert [number for number, _ in scene.shelf.files.values()] == ["T-000017"]
    assert list(scene.shelf.words.values()) == [("T-000017", "Die Lampe blinkt")]
    newest = (await desk.log(conversation_id))[-1]
    assert newest.author.kind is AuthorKind.SYSTEM and f"bei {case.number} hinterlegt" in newest.text
    # What the ticket system says about it counts.
    assert "in Arbeit" in await scene.ask(conversation_id, case.number)
    await assert_sound(desk.store)


async def test_without_a_ticket_system_what_is_added_is_at_the_desk(desk: Desk) -> None:
    scene = Scene(desk)
    conversation_id = await desk.start()
    case = await scene.case(conversation_id)
    await scene.ask(conversation_id, case.number, messages=[await scene.picture(conversation_id)])
    assert await scene.worker(tickets=False).step() == 1
    assert "hinterlegt" in await scene.newest(conversation_id)
    assert scene.shelf.files == {}


async def test_what_is_said_of_a_case_is_what_happened(desk: Desk) -> None:
    """Words are there; files are on their way, or nothing new; what is over is said to be over."""
    scene = Scene(desk)
    conversation_id = await desk.start()
    case = await scene.case(conversation_id)
    message = await scene.picture(conversation_id)

    async def told(**more: object) -> list[str]:
        before = len(await desk.log(conversation_id))
        await scene.ask(conversation_id, case.number, **more)
        return [one.text for one in (await desk.log(conversation_id))[before:] if one.author.kind is AuthorKind.BOT]

    say = wording().say
    noted = say("case_noted", "de", number=case.number)
    coming = say("ticket_files_on_the_way", "de", number=case.number)
    nothing_new = say("ticket_files_nothing_new", "de", number=case.number)
    over = say("case_over_already", "de", number=case.number)
    assert await told(messages=[message]) == [coming], "nothing is there yet"
    assert await told(messages=[message]) == [nothing_new]
    assert await told(note="Die Lampe blinkt", messages=[message]) == [noted, nothing_new]
    async with desk.store.write() as unit:
        await cases.put_case(unit, msgspec.structs.replace(case, status="solved"))
    assert await told(note="Sie blinkt wieder") == [noted, over]
    async with desk.store.read() as unit:
        assert [note.text for note in await notes.notes(unit, conversation_id)] == [
            "Die Lampe blinkt",
            "Sie blinkt wieder",
        ]
    await assert_sound(desk.store)


async def test_nothing_is_added_from_elsewhere_and_that_is_said(desk: Desk) -> None:
    scene = Scene(desk)
    before, now = await desk.start(), await desk.start()
    case = await scene.case(before)
    customer = KnownCustomer(number="2114620", name="Martina Vogel", level="proven")
    await scene.answer(before, TurnResponse(replies=[Reply(text="Guten Tag.")], customer=customer))
    await scene.ask(now, case.number, customer="2114620", note="Die Lampe blinkt")
    said, state = [one.text for one in (await desk.log(now))[-2:]]
    assert said == wording().say("case_not_added", "de", number=case.number) and "Stand:" in state
    async with desk.store.read() as unit:
        assert await notes.notes(unit, before) == [] == await notes.notes(unit, now)


async def test_words_that_the_ticket_system_refuses_are_not_said_to_be_there(desk: Desk) -> None:
    scene = Scene(desk)
    conversation_id = await desk.start()
    case = await scene.case(conversation_id)
    async with desk.store.write() as unit:
        await cases.record_ticket(unit, case, "T-000017", "in_progress")
    await scene.ask(conversation_id, case.number, note="Die Lampe blinkt")
    scene.shelf.refuses = True
    assert await scene.worker().step() == 1
    told = (await desk.log(conversation_id))[-1]
    assert told.text == wording().say("ticket_words_failed", "de", number=case.number) and told.buttons
    await assert_sound(desk.store)
