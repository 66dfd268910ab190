"""Notes on a ticket and opening it again: once per key, and never lost."""

from __future__ import annotations

import asyncio

import pytest
from crm_bench import Bench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.crm import note_marks
from actions.crm.errors import CrmRejected
from actions.crm.models import NewTicket
from actions.crm.tables import ticket
from actions.crm.ticket_work import NewFile

FAULT = NewTicket(kind="fault", description="Kein Internet", customer_number="2048173", contract_number="V-204817")


async def opened(bench: Bench, key: str = "a") -> str:
    return (await bench.crm.open_ticket(FAULT, idempotency_key=key)).ticket.record


async def close(bench: Bench, number: str) -> None:
    async def work(connection: object) -> None:
        await connection.execute(ticket.update().where(ticket.c.number == number).values(status="solved"))  # type: ignore[attr-defined]

    await bench.database.write("close", work)


async def test_a_note_is_added_once_per_key(bench: Bench) -> None:
    number = await opened(bench)
    assert await bench.crm.ticket_notes(number) == []
    notes = await asyncio.gather(
        *(bench.crm.add_ticket_note(number, "Es brummt im Telefon", idempotency_key="n") for _ in range(5))
    )
    assert {note.value.text for note in notes} == {"Es brummt im Telefon"}
    bench.clock.advance(minutes=5)
    await bench.crm.add_ticket_note(number, "Und jetzt ist es still", idempotency_key="m")
    found = await bench.crm.ticket_notes(number)
    assert [fact.value.text for fact in found] == ["Und jetzt ist es still", "Es brummt im Telefon"]
    assert {fact.record for fact in found} == {number}


async def test_a_solved_ticket_is_opened_again_once(bench: Bench) -> None:
    number = await opened(bench)
    due = (await bench.crm.ticket(number)).value.due_at  # type: ignore[union-attr]
    await close(bench, number)
    bench.clock.advance(days=7)
    for _ in range(2):
        again = await bench.crm.reopen_ticket(number, "Geht schon wieder nicht", idempotency_key="r")
        assert again.value.status == "new" and again.value.due_at > due
    assert [note.value.text for note in await bench.crm.ticket_notes(number)] == ["Geht schon wieder nicht"]
    await close(bench, number)
    replayed = await bench.crm.reopen_ticket(number, "Geht schon wieder nicht", idempotency_key="r")
    assert replayed.value.status == "solved"


async def test_an_open_ticket_keeps_its_state_and_gets_the_reason(bench: Bench) -> None:
    number = await opened(bench)
    before = await bench.crm.ticket(number)
    again = await bench.crm.reopen_ticket(number, "Immer noch", idempotency_key="r")
    assert before is not None and again.value == before.value
    assert len(await bench.crm.ticket_notes(number)) == 1


async def test_a_ticket_that_does_not_exist(bench: Bench) -> None:
    assert await bench.crm.ticket_notes("T-000000") == []
    with pytest.raises(CrmRejected):
        await bench.crm.add_ticket_note("T-000000", "x", idempotency_key="a")
    with pytest.raises(CrmRejected):
        await bench.crm.reopen_ticket("T-000000", "x", idempotency_key="a")


async def test_a_due_time_that_was_promised_is_kept(bench: Bench) -> None:
    promised = bench.clock.now.replace(hour=16, minute=0, second=0, microsecond=0)
    new = NewTicket(kind="callback", description="x", due_at=promised)
    result = await bench.crm.open_ticket(new, idempotency_key="a")
    assert result.ticket.value.due_at == promised


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
async def test_any_text_can_be_a_note(bench: Bench, text: str) -> None:
    await bench.clean()
    number = await opened(bench)
    await bench.crm.add_ticket_note(number, text, idempotency_key="n")
    (note,) = await bench.crm.ticket_notes(number)
    assert note.value.text == text.replace("\x00", "")


@given(text=st.text(), key=st.text(min_size=1))
def test_a_marked_note_is_read_back_and_nothing_else_is(text: str, key: str) -> None:
    clean = text.replace("\r\n", "\n")
    assert note_marks.read(note_marks.marked(clean, key)) == (clean, note_marks.digest(key))
    assert note_marks.read(text) is None


PICTURE = NewFile(name="Zähler ß.png", media_type="image/png", content=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)


async def test_a_file_is_put_on_a_ticket_once_per_key(bench: Bench) -> None:
    number = await opened(bench)
    assert await bench.crm.ticket_files(number) == []
    added = await asyncio.gather(*(bench.crm.add_ticket_file(number, PICTURE, idempotency_key="f") for _ in range(5)))
    assert {(fact.record, fact.value.name, fact.value.size) for fact in added} == {
        (number, PICTURE.name, len(PICTURE.content))
    }
    second = NewFile(name="Rechnung.pdf", media_type="application/pdf", content=b"%PDF-1.7")
    await bench.crm.add_ticket_file(number, second, idempotency_key="g")
    found = [fact.value for fact in await bench.crm.ticket_files(number)]
    assert [(file.name, file.media_type) for file in found] == [
        ("Rechnung.pdf", "application/pdf"),
        (PICTURE.name, "image/png"),
    ]
    (stored, _) = await bench.stored_files()
    assert stored == PICTURE.content


async def test_the_largest_file_arrives_whole(bench: Bench) -> None:
    number = await opened(bench)
    largest = NewFile(name="Video.mp4", media_type="video/mp4", content=bytes(16 * 2**20))
    await bench.crm.add_ticket_file(number, largest, idempotency_key="f")
    assert [len(content) for content in await bench.stored_files()] == [16 * 2**20]


async def test_no_file_on_a_ticket_that_does_not_exist(bench: Bench) -> None:
    assert await bench.crm.ticket_files("T-000000") == []
    with pytest.raises(CrmRejected):
        await bench.crm.add_ticket_file("T-000000", PICTURE, idempotency_key="a")
