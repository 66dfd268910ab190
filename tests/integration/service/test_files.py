"""Files over SQLite and PostgreSQL: stored with their message or not at all, once, and no longer than they may be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation.files import LIMITS, FileRefused
from bot.conversation.model import AuthorKind
from bot.service.files import MOST_FILES, Files
from bot.service.outcomes import Refused
from bot.store.attachment_tables import attachment, blob
from bot.store.attachments import Content as Found
from bot.store.attachments import add_attachment, attachments, content_of, keep_attachment, lease_attachments
from bot.store.chain import adopt_files, verify
from bot.store.errors import StoreUnavailable
from bot.store.late_files import keep_late_file
from bot.store.tables import message
from bot.transparency.wording import wording
from tests.integration.service.conftest import Desk
from tests.invariants import assert_sound

JPEG = b"\xff\xd8\xff\xe0" + bytes(500)
PDF = b"%PDF-1.7\n" + bytes(50)


@pytest.fixture
def files(desk: Desk) -> Files:
    """The use cases on files."""
    return Files(desk.store, desk.conversations, wording(), desk.settings)


async def _count(desk: Desk, table: sa.Table) -> int:
    async with desk.store.read() as unit:
        return int((await unit.connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def test_a_picture_without_words_is_stored_and_honestly_not_looked_at(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    receipt = await files.receive(conversation_id, JPEG, client_id="f1", name="C:\\Fotos\\Router.jpg")
    await desk.work()
    _, picture, answer = await desk.log(conversation_id)
    assert picture.id == receipt.message.id
    assert picture.text == "[Bild] Router.jpg"
    (file,) = picture.files
    assert (file.kind, file.name, file.media_type, file.size, file.state) == (
        "image",
        "Router.jpg",
        "image/jpeg",
        len(JPEG),
        "stored",
    )
    assert answer.author.kind is AuthorKind.BOT
    assert "Ansehen kann ich Dateien als Computerprogramm nicht" in answer.text
    assert [button.title for button in answer.buttons] == ["Zu einem Vorgang", "Mit einem Menschen sprechen"]
    assert desk.brain.requests == []
    found = await files.content(file.id, conversation_id=conversation_id)
    assert found is not None
    assert found[1] == JPEG
    await assert_sound(desk.store)


async def test_what_is_said_about_a_file_is_the_bots_to_answer(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    await files.receive(conversation_id, PDF, client_id="f1", name="Rechnung.pdf", caption="Was ist das?")
    await desk.work()
    log = await desk.log(conversation_id)
    assert [entry.text for entry in log[1:]] == ["[Dokument] Rechnung.pdf: Was ist das?", "Echo: Was ist das?"]
    await assert_sound(desk.store)


async def test_a_file_sent_again_at_once_and_later_is_one(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    receipts = await asyncio.gather(
        *(files.receive(conversation_id, JPEG, client_id="same", name=None) for _ in range(5))
    )
    receipts.append(await files.receive(conversation_id, PDF, client_id="same", name=None))
    assert {receipt.message.id for receipt in receipts} == {receipts[0].message.id}
    assert sorted(receipt.repeated for receipt in receipts) == [False] + [True] * 5
    assert await _count(desk, attachment) == await _count(desk, blob) == 1
    await assert_sound(desk.store)


async def test_the_same_content_from_many_at_once_is_kept_once(desk: Desk, files: Files) -> None:
    conversations = [await desk.start() for _ in range(4)]
    await asyncio.gather(*(files.receive(one, JPEG, client_id="f", name=None) for one in conversations))
    assert (await _count(desk, attachment), await _count(desk, blob)) == (4, 1)


async def test_a_message_whose_file_cannot_be_stored_is_not_stored(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    async with desk.store.write() as unit:
        await unit.connection.execute(sa.text("alter table blob rename to elsewhere"))
    with pytest.raises(StoreUnavailable):
        await files.receive(conversation_id, JPEG, client_id="f1", name=None)
    assert len(await desk.log(conversation_id)) == 1
    async with desk.store.write() as unit:
        await unit.connection.execute(sa.text("alter table elsewhere rename to blob"))
    receipt = await files.receive(conversation_id, JPEG, client_id="f1", name=None)
    assert not receipt.repeated
    await assert_sound(desk.store)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"<html><script>alert(1)</script>", "file_type"),
        (b"MZ" + bytes(100), "file_type"),
        (JPEG + bytes(LIMITS["image"]), "file_size"),
        (PDF + bytes(LIMITS["document"]), "file_size"),
    ],
)
async def test_what_is_not_accepted_leaves_nothing(desk: Desk, files: Files, data: bytes, code: str) -> None:
    conversation_id = await desk.start()
    with pytest.raises(FileRefused) as refused:
        await files.receive(conversation_id, data, client_id="f1", name="bild.jpg")
    assert refused.value.code == code
    assert len(await desk.log(conversation_id)) == 1
    assert await _count(desk, blob) == 0


async def test_one_customer_sends_so_many_files_a_day(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    for index in range(MOST_FILES):
        await files.receive(conversation_id, JPEG, client_id=f"f{index}", name=None)
    with pytest.raises(FileRefused) as refused:
        await files.receive(conversation_id, JPEG, client_id="one-more", name=None)
    assert refused.value.code == "file_many"
    assert (await files.receive(conversation_id, JPEG, client_id="f1", name=None)).repeated
    async with desk.store.write() as unit:
        await unit.connection.execute(sa.update(attachment).values(created_at=unit.now - timedelta(days=2)))
    await files.receive(conversation_id, JPEG, client_id="one-more", name=None)


async def test_an_agent_sends_files_only_while_holding_the_conversation(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    await desk.say(conversation_id, "Hallo")
    with pytest.raises(Refused):
        await files.reply(conversation_id, desk.anna, PDF, client_id="a1", name="Anleitung.pdf")
    await desk.conversations.claim(conversation_id, desk.anna, await desk.epoch(conversation_id))
    sent = await files.reply(conversation_id, desk.anna, PDF, client_id="a1", name="Anleitung.pdf")
    again = await files.reply(conversation_id, desk.anna, PDF, client_id="a1", name="Anleitung.pdf")
    assert (again.repeated, again.message.id) == (True, sent.message.id)
    await files.reply(conversation_id, desk.anna, JPEG, client_id="a2", name="x.jpg", caption="So sieht es aus.")
    with pytest.raises(FileRefused):
        await files.reply(conversation_id, desk.anna, b"RIFF....WEBPVP8 ", client_id="a3", name="x.webp")
    with pytest.raises(Refused):
        await files.reply(conversation_id, desk.ben, PDF, client_id="b1", name="Anleitung.pdf")
    log = await desk.log(conversation_id)
    assert [(entry.text, entry.author.name) for entry in log[-2:]] == [
        ("[Dokument] Anleitung.pdf", "Anna Berger"),
        ("So sieht es aus.", "Anna Berger"),
    ]
    assert [len(entry.files) for entry in log[-2:]] == [1, 1]
    await assert_sound(desk.store)


async def test_a_file_is_given_to_its_own_conversation_only(desk: Desk, files: Files) -> None:
    mine, other = await desk.start(), await desk.start()
    await files.receive(mine, JPEG, client_id="f1", name=None)
    (file,) = (await desk.log(mine))[1].files
    assert await files.content(file.id, conversation_id=other) is None
    assert await files.content(file.id, conversation_id=mine) is not None


async def test_after_its_time_a_file_is_gone_and_what_others_share_stays(desk: Desk, files: Files) -> None:
    mine, other = await desk.start(), await desk.start()
    for conversation_id in (mine, other):
        await files.receive(conversation_id, JPEG, client_id="f1", name="Haus.jpg")
    await files.receive(mine, PDF, client_id="f2", name=None)
    async with desk.store.write() as unit:
        over = sa.update(attachment).where(attachment.c.conversation_id == mine)
        await unit.connection.execute(over.values(expires_at=unit.now - timedelta(seconds=1)))
    ids = [file.id for entry in await desk.log(mine) for file in entry.files]
    assert [await files.content(one) for one in ids] == [None, None]
    assert await files.expire() == 2
    assert await files.expire() == 0
    assert {(file.state, file.name) for entry in await desk.log(mine) for file in entry.files} == {("expired", None)}
    (kept,) = (file for entry in await desk.log(other) for file in entry.files)
    assert await files.content(kept.id) is not None
    assert await _count(desk, blob) == 1


async def test_erasing_takes_the_files_of_one_conversation_also_those_on_their_way(desk: Desk, files: Files) -> None:
    mine, other = await desk.start(), await desk.start()
    await files.receive(mine, JPEG, client_id="f1", name="Haus.jpg")
    await files.receive(other, PDF, client_id="f1", name="Haus.pdf")
    async with desk.store.write() as unit:
        opened = await desk.conversations.open(unit, mine)
        message = await desk.conversations.take_in(opened, "[Bild]", client_id="f2", has_files=True)
        await opened.save()
        later = unit.now + timedelta(days=1)
        await add_attachment(
            unit, message, "push", reference="1", kind="image", file_name="Garten.jpg", expires_at=later
        )
    async with desk.store.write() as unit:
        (fetching,) = await lease_attachments(unit, "push", 10)
    await desk.conversations.erase(mine, "customer")
    content = Found(kind="image", media_type="image/jpeg", name="Garten.jpg", data=JPEG, digest="0" * 64)
    async with desk.store.write() as unit:
        await keep_attachment(unit, fetching, content)
    async with desk.store.read() as unit:
        assert {(one.state, one.file_name, one.reference) for one in await attachments(unit, mine)} == {
            ("expired", None, "")
        }
        assert [one.state for one in await attachments(unit, other)] == ["stored"]
    assert await _count(desk, blob) == 1


async def test_content_that_comes_in_while_it_is_removed_is_there(desk: Desk, files: Files) -> None:
    """Whoever is first: nobody refers to content that is not there, and nobody fails."""
    for round_ in range(10):
        old, new = await desk.start(), await desk.start()
        await files.receive(old, JPEG, client_id="f1", name=None)

        erasing = desk.conversations.erase(old, "customer")
        await asyncio.gather(erasing, files.receive(new, JPEG, client_id=f"f{round_}", name=None))
        (file,) = (await desk.log(new))[1].files
        found = await files.content(file.id)
        assert found is not None
        assert found[1] == JPEG
        await desk.conversations.erase(new, "customer")
        assert await _count(desk, blob) == 0


def _tampering(
    desk: Desk, conversation_id: str
) -> tuple[Callable[[], Awaitable[list[tuple[str, int, str]]]], Callable[[sa.Executable], Awaitable[None]]]:
    """What the check finds in a conversation, and a way to change its rows by hand."""

    async def found() -> list[tuple[str, int, str]]:
        async with desk.store.read() as unit:
            return [(one.kind, one.subject, one.what) for one in await verify(unit, conversation_id)]

    async def by_hand(statement: sa.Executable) -> None:
        async with desk.store.write() as unit:
            await unit.connection.execute(statement)

    return found, by_hand


async def test_a_file_is_part_of_the_chain_and_an_exchanged_one_is_found(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    receipt = await files.receive(conversation_id, JPEG, client_id="f1", name="Router.jpg")
    other = await files.receive(conversation_id, PDF, client_id="f2", name="Rechnung.pdf")

    found, by_hand = _tampering(desk, conversation_id)
    assert await found() == []
    ours = attachment.c.message_id == receipt.message.id
    theirs = sa.select(attachment.c.digest).where(attachment.c.message_id == other.message.id).scalar_subquery()
    digest = sa.select(attachment.c.digest).where(ours)
    async with desk.store.read() as unit:
        original = (await unit.connection.execute(digest)).scalar_one()
    await by_hand(sa.update(attachment).where(ours).values(digest=theirs))
    assert await found() == [("file", receipt.message.seq, "changed")]
    await by_hand(sa.update(attachment).where(ours).values(digest=original))
    await by_hand(sa.update(blob).where(blob.c.digest == original).values(content=JPEG + b"x"))
    assert await found() == [("file", receipt.message.seq, "changed")]
    await by_hand(sa.update(blob).where(blob.c.digest == original).values(content=JPEG))
    # Its time is over: the content goes, the record stays whole.
    await by_hand(sa.update(attachment).where(ours).values(state="expired", digest=None))
    assert await found() == []
    await by_hand(sa.delete(attachment).where(ours))
    assert await found() == [("file", receipt.message.seq, "removed")]


async def test_a_file_that_comes_after_its_message_is_part_of_the_chain_too(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    other = await files.receive(conversation_id, PDF, client_id="f0", name="Rechnung.pdf")
    async with desk.store.write() as unit:
        opened = await desk.conversations.open(unit, conversation_id)
        message_ = await desk.conversations.take_in(opened, "[Bild]", client_id="f1", has_files=True)
        await opened.save()
        later = unit.now + timedelta(days=1)
        await add_attachment(
            unit, message_, "push", reference="1", kind="image", file_name="Garten.jpg", expires_at=later
        )

    found, by_hand = _tampering(desk, conversation_id)
    assert await found() == []
    async with desk.store.write() as unit:
        (fetching,) = await lease_attachments(unit, "push", 10)
    content = content_of(JPEG, kind="image", media_type="image/jpeg", name="Garten.jpg")
    for _ in range(2):
        async with desk.store.write() as unit:
            await keep_late_file(unit, fetching, content)
    assert await found() == []
    ours = attachment.c.message_id == message_.id
    theirs = sa.select(attachment.c.digest).where(attachment.c.message_id == other.message.id).scalar_subquery()
    changed = [("file", message_.seq, "changed")]
    await by_hand(sa.update(attachment).where(ours).values(digest=theirs))
    assert await found() == changed
    await by_hand(sa.update(attachment).where(ours).values(digest=content.digest))
    await by_hand(sa.update(blob).where(blob.c.digest == content.digest).values(content=JPEG + b"x"))
    assert await found() == changed
    await by_hand(sa.update(blob).where(blob.c.digest == content.digest).values(content=JPEG))
    # Its time is over: the content goes, the record stays whole.
    await by_hand(sa.update(attachment).where(ours).values(state="expired", digest=None))
    assert await found() == []
    await desk.conversations.erase(conversation_id, "customer")
    assert await found() == []
    await by_hand(sa.delete(attachment).where(ours))
    assert await found() == [("file", message_.seq, "removed")]


async def test_a_file_from_before_files_had_links_is_adopted_once(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    other = await files.receive(conversation_id, PDF, client_id="f0", name="Rechnung.pdf")
    content = content_of(JPEG, kind="image", media_type="image/jpeg", name="Garten.jpg")
    async with desk.store.write() as unit:
        opened = await desk.conversations.open(unit, conversation_id)
        message_ = await desk.conversations.take_in(opened, "[Bild]", client_id="f1", has_files=True)
        await opened.save()
        # As it was stored then: after its message, and without a link.
        later = unit.now + timedelta(days=1)
        await add_attachment(
            unit, message_, "push", reference="1", kind="image", file_name="Garten.jpg", expires_at=later
        )
        (fetching,) = await lease_attachments(unit, "push", 10)
        assert await keep_attachment(unit, fetching, content)
    found, by_hand = _tampering(desk, conversation_id)
    assert await found() == [("file", message_.seq, "inserted")]

    for expected in (1, 0):
        async with desk.store.write() as unit:
            assert await adopt_files(unit) == expected
    assert await found() == []
    await desk.say(conversation_id, "Und weiter.")
    assert await found() == []
    ours = attachment.c.message_id == message_.id
    theirs = sa.select(attachment.c.digest).where(attachment.c.message_id == other.message.id).scalar_subquery()
    await by_hand(sa.update(attachment).where(ours).values(digest=theirs))
    assert ("adopted", message_.seq, "changed") in await found()
    await by_hand(sa.update(attachment).where(ours).values(digest=content.digest))
    await by_hand(sa.update(blob).where(blob.c.digest == content.digest).values(content=JPEG + b"x"))
    assert await found() == [("file", message_.seq, "changed")]
    await by_hand(sa.update(blob).where(blob.c.digest == content.digest).values(content=JPEG))
    await by_hand(sa.update(attachment).where(ours).values(state="expired", digest=None))
    assert await found() == []
    await desk.conversations.erase(conversation_id, "customer")
    assert await found() == []


async def test_an_erased_file_leaves_the_chain_whole(desk: Desk, files: Files) -> None:
    conversation_id = await desk.start()
    await files.receive(conversation_id, JPEG, client_id="f1", name="Router.jpg")
    await desk.conversations.erase(conversation_id, "customer")
    async with desk.store.read() as unit:
        assert await verify(unit, conversation_id) == []
        digests = await unit.connection.execute(sa.select(message.c.file_digest))
        assert set(digests.scalars()) == {None}
