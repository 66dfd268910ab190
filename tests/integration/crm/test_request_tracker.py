"""Tickets in a real Request Tracker: made once per key, found again, with their state and the team's word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta, timezone
from urllib.error import HTTPError
from uuid import uuid4

import pytest
from rt_installation import Installation

from actions.crm.connect import connect
from actions.crm.demo import create_demo
from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.models import NewTicket
from actions.crm.repository import CrmRepository
from actions.crm.request_tracker import RequestTracker
from actions.crm.ticket_work import NewFile
from actions.crm.tickets import TicketDraft


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('crm') / 'crm.db'}"
    asyncio.run(create_demo(url, date(2026, 11, 21)))
    return url


@pytest.fixture
async def crm(demo_url: str, tracker: RequestTracker) -> AsyncIterator[CrmRepository]:
    routed = connect(demo_url, tickets=tracker)
    yield routed
    await routed.close()


async def test_a_key_leads_to_one_ticket_whatever_it_looks_like(tracker: RequestTracker) -> None:
    for key in (uuid4().hex, f'{uuid4()}/it\'s 100 % "ä"', uuid4().hex * 20):
        due = datetime(2026, 11, 24, 17, 0, tzinfo=timezone.utc)
        draft = TicketDraft(
            subject="Störung\nohne Zeilen",
            content="Zeile 1\nZeile 2 äöü <b>",
            marks=("kind/fault", "note/a b'c"),
            due_at=due,
        )
        first, created = await tracker.file(draft, key=key)
        assert created and first.status == "new" and first.due_at == due
        assert first.subject == "Störung ohne Zeilen"
        assert set(first.marks) == {"kind/fault", "note/a b'c"}
        assert abs(first.opened_at - datetime.now(timezone.utc)) < timedelta(minutes=1)
        assert await tracker.file(draft, key=key) == (first, False)
        assert await tracker.by_key(key) == first
        assert await tracker.by_number(first.number) == first
        assert (await tracker.texts([first]))[0].description == "Zeile 1\nZeile 2 äöü <b>"


async def test_made_at_the_same_moment_only_the_older_one_counts(tracker: RequestTracker) -> None:
    key = uuid4().hex
    draft = TicketDraft(subject="x", content="y", marks=(f"race/{key}",))
    results = await asyncio.gather(*(tracker.file(draft, key=key) for _ in range(3)))
    assert len({filed.number for filed, _ in results}) == 1
    assert [created for _, created in results].count(True) == 1
    assert len(await tracker.search([f"race/{key}"], statuses=("new", "in_progress"), limit=9)) == 1


async def test_what_the_team_does_comes_back_and_its_notes_do_not(
    installation: Installation, tracker: RequestTracker
) -> None:
    draft = TicketDraft(subject="x", content="Kein Internet", requestor="martina.vogel@example.org")
    filed, _ = await tracker.file(draft, key=uuid4().hex)
    native = int(filed.number.removeprefix("T-"))
    await tracker.comment(filed.number, "Nur für das Team")
    assert (await tracker.texts([filed]))[0].last_note is None
    for status, expected in (("open", "in_progress"), ("stalled", "waiting_for_customer"), ("resolved", "solved")):
        body = {"Content": f"Wir messen, {status}.", "ContentType": "text/plain", "Status": status}
        await asyncio.to_thread(installation.as_team, "POST", f"/ticket/{native}/correspond", body)
        now = await tracker.by_number(filed.number)
        assert now is not None and now.status == expected
    (texts,) = await tracker.texts([filed])
    assert (texts.description, texts.last_note) == ("Kein Internet", "Wir messen, resolved.")
    assert texts.noted_at is not None
    await asyncio.to_thread(installation.as_team, "PUT", f"/ticket/{native}", {"Status": "deleted"})
    assert await tracker.by_number(filed.number) is None


async def test_tickets_of_customers_live_there_and_the_rest_stays(crm: CrmRepository) -> None:
    number = "V-205193"
    fault = NewTicket(kind="fault", description="Kein Internet seit heute", contract_number=number)
    key = uuid4().hex
    opened = await crm.open_ticket(fault, idempotency_key=key)
    ticket = opened.ticket.value
    assert opened.created and opened.ticket.record == ticket.number
    assert (ticket.customer_number, ticket.contract_number, ticket.kind) == ("2051926", number, "fault")
    assert ticket.description == "Kein Internet seit heute" and ticket.due_at > ticket.opened_at
    again = await crm.open_ticket(fault, idempotency_key=key)
    assert not again.created and again.ticket.value == ticket
    joined_key = uuid4().hex
    for _ in range(2):  # a second report of the same fault belongs to the first
        joined = await crm.open_ticket(fault, idempotency_key=joined_key)
        assert not joined.created and joined.ticket.record == ticket.number
    found = await crm.ticket(ticket.number)
    assert found is not None and found.value == ticket
    assert [fact.record for fact in await crm.tickets("2051926")] == [ticket.number]
    overview = await crm.overview("2051926")
    assert overview is not None and overview.value.tickets == (ticket,) and overview.value.tickets_known
    assert len(await crm.contracts("2051926")) == 2
    assert await crm.tickets("2063381") == []
    assert await crm.ticket("T-999999") is None and await crm.ticket("no number' OR id > 0") is None


async def test_customers_notes_and_a_ticket_opened_again(
    installation: Installation, crm: CrmRepository, tracker: RequestTracker
) -> None:
    new = NewTicket(kind="complaint", description="Zu lange gewartet", customer_number="2063381")
    number = (await crm.open_ticket(new, idempotency_key=uuid4().hex)).ticket.record
    await tracker.comment(number, "Nur für das Team")
    assert await crm.ticket_notes(number) == []
    key = uuid4().hex
    for _ in range(2):
        added = await crm.add_ticket_note(number, "Zeile 1\nZeile 2 äöü", idempotency_key=key)
        assert added.value.text == "Zeile 1\nZeile 2 äöü"
    native = int(number.removeprefix("T-"))
    await asyncio.to_thread(installation.as_team, "PUT", f"/ticket/{native}", {"Status": "resolved"})
    key = uuid4().hex
    for _ in range(2):
        again = await crm.reopen_ticket(number, "Noch nicht erledigt", idempotency_key=key)
        assert again.value.status == "new" and again.value.due_at > datetime.now(timezone.utc)
    notes = [fact.value.text for fact in await crm.ticket_notes(number)]
    assert notes == ["Noch nicht erledigt", "Zeile 1\nZeile 2 äöü"]
    # What a customer has added is no word of the team.
    assert again.value.last_note is None
    with pytest.raises(CrmRejected):
        await crm.add_ticket_note("T-999999", "x", idempotency_key=uuid4().hex)
    assert await crm.visit_slots("V-204817", limit=1) != []


async def test_customers_files_reach_the_team_whole_and_once(
    installation: Installation, crm: CrmRepository, tracker: RequestTracker
) -> None:
    new = NewTicket(kind="complaint", description="Zählerstand", customer_number="2063381")
    number = (await crm.open_ticket(new, idempotency_key=uuid4().hex)).ticket.record
    assert await crm.ticket_files(number) == []
    picture = NewFile(name="Zähler ß.png", media_type="image/png", content=b"\x89PNG\r\n" + bytes(range(256)) * 40)
    key = uuid4().hex
    for _ in range(2):
        added = (await crm.add_ticket_file(number, picture, idempotency_key=key)).value
        assert (added.name, added.media_type, added.size) == (picture.name, "image/png", len(picture.content))
    video = NewFile(name="Video.mp4", media_type="video/mp4", content=bytes(range(256)) * 4 * 2**10 * 9)
    await crm.add_ticket_file(number, video, idempotency_key=uuid4().hex)
    await crm.add_ticket_note(number, "Siehe Bild", idempotency_key=uuid4().hex)
    assert [fact.value.name for fact in await crm.ticket_files(number)] == ["Video.mp4", picture.name]
    # The word that carries a file is none of the customer's notes, and no word of the team.
    assert [fact.value.text for fact in await crm.ticket_notes(number)] == ["Siehe Bild"]
    ticket = await crm.ticket(number)
    assert ticket is not None and ticket.value.last_note is None
    native = int(number.removeprefix("T-"))
    stored = await asyncio.to_thread(installation.contents, native, "image/png")
    assert stored == [picture.content]
    with pytest.raises(CrmRejected):
        await crm.add_ticket_file("T-999999", picture, idempotency_key=uuid4().hex)


async def test_what_was_put_on_a_ticket_is_asked_to_be_removed_and_seen_to_be_gone(
    installation: Installation, tracker: RequestTracker
) -> None:
    filed, _ = await tracker.file(TicketDraft(subject="KT-26-000001", content="Ich mag Quitten"), key=uuid4().hex)
    await tracker.add_note(filed.number, "Und Birnen", key=uuid4().hex)
    await tracker.comment(filed.number, "Von einem Menschen im Team")
    key = uuid4().hex
    left = await tracker.ask_removal(filed.number, "Löschung verlangt:", key=key)
    assert left == 2
    assert await tracker.ask_removal(filed.number, "Löschung verlangt:", key=key) == left
    (request,) = await asyncio.to_thread(installation.comments, filed.number, "Löschung verlangt:")
    await asyncio.to_thread(installation.run, request.strip().splitlines()[-1])
    assert await tracker.ask_removal(filed.number, "Löschung verlangt:", key=key) == 0
    # The ticket itself, its state and the team's own words are the company's.
    now = await tracker.by_number(filed.number)
    assert now is not None and now.subject == "KT-26-000001" and f"erasure/{key}" in now.marks
    assert len(await asyncio.to_thread(installation.comments, filed.number, "Von einem Menschen")) == 1
    assert (await tracker.texts([now]))[0].description == "" and await tracker.notes(filed.number) == []


async def test_the_interface_lets_nobody_change_or_remove_what_was_written(
    installation: Installation, tracker: RequestTracker
) -> None:
    """Why a person has to run a command: fails with a Request Tracker that offers more, and then more can be done."""
    filed, _ = await tracker.file(TicketDraft(subject="KT-26-000002", content="Ich mag Mispeln"), key=uuid4().hex)
    native = int(filed.number.removeprefix("T-"))
    (words,) = await asyncio.to_thread(installation.ids, f"/ticket/{native}/attachments")
    written = (await asyncio.to_thread(installation.ids, f"/ticket/{native}/history"))[0]
    for method in ("PUT", "DELETE"):
        for path in (f"/attachment/{words}", f"/transaction/{written}"):
            with pytest.raises(HTTPError, match="405"):
                await asyncio.to_thread(installation.as_team, method, path, {"Content": "-"})
    # Deleting the ticket takes it from the team and leaves the words.
    await asyncio.to_thread(installation.as_team, "DELETE", f"/ticket/{native}", {})
    assert await asyncio.to_thread(installation.contents, native, "text/plain") == [b"Ich mag Mispeln"]


async def test_a_ticket_for_nobody_is_rejected(crm: CrmRepository) -> None:
    for new in (
        NewTicket(kind="fault", description="x", contract_number="V-000000"),
        NewTicket(kind="fault", description="x", customer_number="0000000"),
        NewTicket(kind="fault", description="x", customer_number="2051926", contract_number="V-204817"),
    ):
        with pytest.raises(CrmRejected):
            await crm.open_ticket(new, idempotency_key=uuid4().hex)


async def test_refused_or_away_is_unavailable(installation: Installation, demo_url: str) -> None:
    for client in (installation.client(password="wrong"), installation.client(queue="Nobody's")):
        with pytest.raises(CrmUnavailable):
            await client.ping()
        with pytest.raises(CrmUnavailable):
            await client.file(TicketDraft(subject="x", content="x"), key=uuid4().hex)
        await client.close()
    away = connect(demo_url, tickets=RequestTracker.at("http://127.0.0.1:1", "General", user="a", password="b"))
    with pytest.raises(CrmUnavailable):
        await away.tickets("2048173")
    overview = await away.overview("2048173")
    assert overview is not None and not overview.value.tickets_known and overview.value.contracts
    await away.close()
