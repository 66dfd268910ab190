"""Files that customers send over WhatsApp: fetched, looked into, kept once, gone after their time. And agents'."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation.files import LIMITS, sniff
from bot.settings import Settings
from bot.store.attachment_tables import attachment as attachment_table
from bot.store.attachment_tables import blob
from bot.store.attachments import Attachment, attachment_content, attachments
from bot.store.tables import outbox as outbox_table
from bot.store.tokens import Agent
from bot.store.whatsapp_tables import item as item_table
from connectors.whatsapp.media import MediaFetcher
from connectors.whatsapp.standin import Troubles
from tests.fakes.brain import FakeBrain
from tests.integration.whatsapp.conftest import EVA, Rig, rig_of, until

_JPEG = b"\xff\xd8\xff\xe0" + bytes(500)
_PDF = b"%PDF-1.7\n" + bytes(50)


async def _files(rig: Rig) -> list[Attachment]:
    conversation_id = (await rig.contact()).conversation_id
    async with rig.services.store.read() as unit:
        return await attachments(unit, conversation_id)


async def _settled(rig: Rig, count: int) -> list[Attachment]:
    async def done() -> bool:
        files = await _files(rig)
        return len(files) == count and all(file.state != "pending" for file in files)

    await rig.applied()
    await until(done)
    return await _files(rig)


async def test_a_picture_is_stored_once_by_its_content(rig: Rig) -> None:
    for _ in range(2):
        await rig.phones.send_file(EVA, "image", _JPEG)
    first, second = await _settled(rig, 2)
    assert (first.state, first.media_type, first.size) == ("stored", "image/jpeg", len(_JPEG))
    assert first.digest == second.digest
    async with rig.services.store.read() as unit:
        assert (await unit.connection.execute(sa.select(sa.func.count()).select_from(blob))).scalar_one() == 1
        stored = await attachment_content(unit, first.id)
    assert stored is not None
    assert stored[1] == _JPEG


async def test_what_is_not_what_it_is_called_or_too_large_is_refused(rig: Rig) -> None:
    await rig.phones.send_file(EVA, "document", b"MZ" + bytes(500), filename="rechnung.pdf")
    await rig.phones.send_file(EVA, "image", _JPEG + bytes(LIMITS["image"]))
    assert [(file.state, file.media_type) for file in await _settled(rig, 2)] == [("refused", None)] * 2


async def test_a_file_that_the_provider_has_no_more_waits_for_another_try(rig: Rig) -> None:
    await rig.phones.send(EVA, "image", {"id": "900100"})
    await rig.applied()

    async def tried() -> bool:
        return any(file.error for file in await _files(rig))

    await until(tried)
    assert [file.state for file in await _files(rig)] == ["pending"]


async def test_after_its_time_nothing_of_a_file_is_left(settings: Settings, brain: FakeBrain) -> None:
    async with rig_of(replace(settings, file_days=30), brain) as rig:
        await rig.phones.send_file(EVA, "document", b"%PDF-1.7" + bytes(50), filename="rechnung.pdf")
        await _settled(rig, 1)
        async with rig.services.store.write() as unit:
            await unit.connection.execute(
                sa.update(attachment_table).values(expires_at=unit.now - timedelta(seconds=1))
            )
            await unit.connection.execute(sa.update(item_table).values(received_at=unit.now - timedelta(days=31)))
        await rig.standin.settled()
        await rig.applied()
        keys = [item.key for item in await rig.items()]
        fetcher = MediaFetcher(rig.services.store, None, days=30)
        # The edge's own workers may have been here first.
        assert await rig.services.files.expire() <= 1
        assert await rig.services.files.expire() == 0
        await fetcher.forget()
        assert await fetcher.forget() == 0
        assert [item.key for item in await rig.items()] == keys
        assert "{}" in {item.raw for item in await rig.items() if item.kind == "message"}
        (file,) = await _files(rig)
        assert (file.state, file.digest, file.file_name) == ("expired", None, None)
        async with rig.services.store.read() as unit:
            assert (await unit.connection.execute(sa.select(sa.func.count()).select_from(blob))).scalar_one() == 0


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"OggS", "audio/ogg"),
        (b"\xff\xf1\x50", "audio/aac"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"<svg onload=alert(1)>", None),
        (b"<html>", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_the_type_is_read_from_the_content(content: bytes, media_type: str | None) -> None:
    assert sniff(content) == media_type


async def _claimed(rig: Rig) -> tuple[str, Agent]:
    await rig.phones.write(EVA, "Hallo")
    # Else the takeover may come before the answer is sent, which then never is.
    await rig.shows("Echo")
    anna = await rig.services.agents.add("anna", "Anna Berger", "agent", "ein-gutes-passwort")
    conversation_id = (await rig.contact()).conversation_id
    epoch = (await rig.log())[-1].epoch
    await rig.services.conversations.claim(conversation_id, anna, epoch)
    await rig.shows("übernommen")

    async def sent() -> bool:
        return all(row.state == "sent" for row in await rig.outbox())

    await until(sent)
    return conversation_id, anna


async def test_an_agents_files_come_to_the_phone_labelled_and_in_order(rig: Rig) -> None:
    conversation_id, anna = await _claimed(rig)
    files, long = rig.services.files, "Bitte so anschließen. " * 60
    await files.reply(conversation_id, anna, _JPEG, client_id="a1", name="Router.jpg", caption=long.strip())
    await files.reply(conversation_id, anna, _PDF, client_id="a2", name="Anleitung Größe.pdf")
    await rig.services.conversations.reply(conversation_id, anna, "Das war alles", client_id="a3")
    await rig.shows("Das war alles")
    *_, picture, rest, document, _last = rig.phones.shown(EVA)
    assert (picture.body["type"], rig.standin.media[picture.media_id or ""]) == ("image", _JPEG)
    assert picture.text.startswith("Anna Berger (Mensch) · Bitte so anschließen.")
    assert (rest.media_id, rest.text[:22]) == (None, "Anna Berger (Mensch) ·")
    assert sum(text.count("anschließen") for text in (picture.text, rest.text)) == 60
    assert document.body["document"]["filename"] == "Anleitung Größe.pdf"
    assert document.text == "Anna Berger (Mensch) · [Dokument] Anleitung Größe.pdf"
    assert rig.standin.media[document.media_id or ""] == _PDF


async def test_a_file_is_uploaded_once_however_often_its_message_is_tried(rig: Rig) -> None:
    conversation_id, anna = await _claimed(rig)
    rig.standin.troubles.next_codes.extend([131000, 131000])
    await rig.services.files.reply(conversation_id, anna, _PDF, client_id="a1", name="Anleitung.pdf")
    await rig.shows("Anleitung.pdf")
    assert len(rig.standin.uploads) == 1
    assert len([message for message in rig.phones.shown(EVA) if message.media_id]) == 1


async def test_a_file_whose_answer_got_lost_is_settled_by_its_status_and_sent_once(rig: Rig) -> None:
    conversation_id, anna = await _claimed(rig)
    rig.standin.let_go_wrong(Troubles(answer_lost=1.0, patience=0.1))
    await rig.services.files.reply(conversation_id, anna, _PDF, client_id="a1", name="Anleitung.pdf")

    async def settled() -> bool:
        return [row.state for row in await rig.outbox()][-1] == "sent"

    await until(settled)
    assert len([message for message in rig.phones.shown(EVA) if message.media_id]) == 1


async def test_a_file_whose_time_is_over_is_not_sent_and_the_desk_sees_why(rig: Rig) -> None:
    conversation_id, anna = await _claimed(rig)
    rig.standin.let_go_wrong(Troubles(token_expired=True))
    await rig.services.files.reply(conversation_id, anna, _PDF, client_id="a1", name="Anleitung.pdf")

    async def waits() -> bool:
        return "token" in ((await rig.outbox())[-1].error or "")

    await until(waits)
    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.update(attachment_table).values(expires_at=unit.now))
    await rig.services.files.expire()
    rig.standin.let_go_wrong(Troubles())
    async with rig.services.store.write() as unit:
        await unit.connection.execute(sa.update(outbox_table).values(due_at=unit.now))

    async def dead() -> bool:
        return [row.state for row in await rig.outbox()][-1] == "dead"

    await until(dead)
    assert (await rig.outbox())[-1].error.startswith("media: ")
