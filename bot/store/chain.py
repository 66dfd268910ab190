"""Writing and reading the chain. Written by `OpenConversation.save` alone, in the transaction of what it is about.

`verify` reads one conversation and says which row was changed, removed, inserted or moved, and whether the end of the
chain is missing. What it cannot see in the database, a chain made anew from its first link, is seen by comparing with
the ends that a witness keeps elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.chain import FILES, FIRST, Kind, erased_part, link, new_salt, seal, sealed_part, stated_part
from bot.store.attachment_tables import attachment
from bot.store.attachments import KeptFile, files_for_check
from bot.store.prepared import repeated
from bot.store.tables import chain as table
from bot.store.tables import conversation, erasure, message, tenure
from bot.store.unit_of_work import Unit

# A row on its way into the chain: what it is, its subject, its columns.
Entry = tuple[Kind, int, Mapping[Any, Any]]

_APPEND = repeated(sa.insert(table))
_OF: dict[Kind, tuple[sa.Table, str]] = {
    Kind.MESSAGE: (message, "seq"),
    Kind.TENURE: (tenure, "epoch"),
    Kind.TENURE_END: (tenure, "epoch"),
    Kind.ERASURE: (erasure, "number"),
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it was written."""

    conversation_id: str
    # message, file, tenure, tenure_end, erasure, or chain for the chain itself; and its seq, epoch, number or place.
    kind: str
    subject: int
    # changed, removed, inserted, moved, cut_off
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.kind} {self.subject}: {self.what} ({self.detail})"


class Head(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The end of a conversation's chain at some moment, as a witness keeps it."""

    conversation_id: str
    length: int
    link: str


async def append_links(
    unit: Unit, conversation_id: str, length: int, newest: str, entries: Sequence[Entry]
) -> tuple[int, str]:
    """Write a link for each entry behind the `newest`; the chain's new length and newest link."""
    rows: list[dict[str, Any]] = []
    for kind, subject, row in entries:
        length += 1
        hidden = sealed_part(kind, row)
        salt = new_salt() if hidden else None
        digest = None if salt is None else seal(salt, hidden)
        newest = link(newest, length, kind, subject, stated_part(kind, row), digest)
        rows.append(
            {
                "conversation_id": conversation_id,
                "position": length,
                "kind": kind.value,
                "subject": subject,
                "salt": salt,
                "digest": digest,
                "link": newest,
            }
        )
    if rows:
        await unit.connection.execute(_APPEND, rows)
    return length, newest


async def seal_existing(unit: Unit) -> int:
    """Give every conversation that was stored before there were chains its chain; how many these were."""
    found = await unit.connection.execute(sa.select(conversation.c.id).where(conversation.c.chain_length == 0))
    unchained = list(found.scalars())
    for conversation_id in unchained:
        stored = await _stored(unit, conversation_id)
        entries: list[Entry] = []
        for (kind, subject), row in stored.items():
            if kind in FILES or (kind is Kind.TENURE_END and row["ended_at"] is None):
                continue
            entries.append((kind, subject, row))
        entries.sort(key=_as_it_happened)
        length, newest = await append_links(unit, conversation_id, 0, FIRST, entries)
        await unit.connection.execute(
            sa.update(conversation)
            .where(conversation.c.id == conversation_id)
            .values(chain_length=length, chain_link=newest)
        )
    return len(unchained)


async def adopt_files(unit: Unit) -> int:
    """Give every stored file that no link is about one of its own; how many these were.

    Done once, when a database learns of links of files: a file that comes without a link later is reported instead.
    """
    linked = sa.exists().where(
        table.c.conversation_id == attachment.c.conversation_id,
        table.c.kind.in_([kind.value for kind in FILES]),
        table.c.subject == message.c.seq,
    )
    found = await unit.connection.execute(
        sa.select(attachment, message.c.seq)
        .join(message, message.c.id == attachment.c.message_id)
        .where(attachment.c.state == "stored", message.c.file_digest.is_(None), ~linked)
        .order_by(attachment.c.conversation_id, message.c.seq)
    )
    rows = found.mappings().all()
    for conversation_id, files in groupby(rows, key=itemgetter("conversation_id")):
        known = await unit.connection.execute(
            sa.select(conversation.c.chain_length, conversation.c.chain_link)
            .where(conversation.c.id == conversation_id)
            .with_for_update()
        )
        before = known.one()
        entries = [(Kind.ADOPTED, row["seq"], row) for row in files]
        length, newest = await append_links(
            unit, conversation_id, before.chain_length, before.chain_link or FIRST, entries
        )
        await unit.connection.execute(
            sa.update(conversation)
            .where(conversation.c.id == conversation_id)
            .values(chain_length=length, chain_link=newest)
        )
    return len(rows)


def _as_it_happened(entry: Entry) -> tuple[int, int, int]:
    kind, subject, row = entry
    order = {Kind.TENURE: 0, Kind.MESSAGE: 1, Kind.TENURE_END: 2, Kind.ERASURE: 3}
    return int(row["epoch"]), order[kind], subject


async def heads(unit: Unit, only: Sequence[str]) -> list[Head]:
    """The ends of these conversations' chains."""
    found = await unit.connection.execute(
        sa.select(conversation.c.id, conversation.c.chain_length, conversation.c.chain_link).where(
            conversation.c.id.in_(only)
        )
    )
    return [Head(conversation_id=row[0], length=row[1], link=row[2]) for row in found]


async def conversations_after(unit: Unit, after: str, most: int) -> list[str]:
    """Ids behind `after`, in order, of conversations and of chains whose conversation is gone; empty at the end."""
    both = sa.union(
        sa.select(conversation.c.id.label("id"))
        .where(conversation.c.id > after)
        .order_by("id")
        .limit(most)
        .subquery()
        .select(),
        sa.select(table.c.conversation_id.label("id"))
        .distinct()
        .where(table.c.conversation_id > after)
        .order_by("id")
        .limit(most)
        .subquery()
        .select(),
    ).subquery()
    found = await unit.connection.execute(sa.select(both.c.id).order_by(both.c.id).limit(most))
    return list(found.scalars())


async def verify(unit: Unit, conversation_id: str, witnessed: Sequence[Head] = ()) -> list[Finding]:
    """Everything of this conversation that is not as it was written, in the chain's order."""
    row = (
        (
            await unit.connection.execute(
                sa.select(conversation.c.chain_length, conversation.c.chain_link).where(
                    conversation.c.id == conversation_id
                )
            )
        )
        .mappings()
        .one_or_none()
    )
    links = (
        (
            await unit.connection.execute(
                sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.position)
            )
        )
        .mappings()
        .all()
    )
    stored = await _stored(unit, conversation_id)
    for one in links:
        if one["kind"] == Kind.ADOPTED.value and (Kind.FILE, one["subject"]) in stored:
            stored[Kind.ADOPTED, one["subject"]] = stored.pop((Kind.FILE, one["subject"]))
    check = _Check(conversation_id, stored, links)
    check.rows()
    check.files(await files_for_check(unit, conversation_id))
    check.strangers()
    check.end(row)
    check.witnessed(witnessed)
    return check.findings


async def _stored(unit: Unit, conversation_id: str) -> dict[tuple[Kind, int], Mapping[Any, Any]]:
    """Every row that belongs into the chain, by what its link is about."""
    stored: dict[tuple[Kind, int], Mapping[Any, Any]] = {}
    for kind, (of, key) in _OF.items():
        found = await unit.connection.execute(sa.select(of).where(of.c.conversation_id == conversation_id))
        for row in found.mappings():
            stored[kind, row[key]] = row
    later = (
        sa.select(attachment, message.c.seq)
        .join(message, message.c.id == attachment.c.message_id)
        .where(attachment.c.conversation_id == conversation_id, message.c.file_digest.is_(None))
    )
    for row in (await unit.connection.execute(later)).mappings():
        stored[Kind.FILE, row["seq"]] = row
    return stored


class _Check:
    """One walk along a chain."""

    def __init__(
        self,
        conversation_id: str,
        stored: Mapping[tuple[Kind, int], Mapping[Any, Any]],
        links: Sequence[Mapping[Any, Any]],
    ) -> None:
        self._id = conversation_id
        self._stored = stored
        self._links = links
        self.findings: list[Finding] = []
        # Rows that do not fit their link, to see whether they fit another's.
        self._unfit: list[Mapping[Any, Any]] = []

    def _found(self, kind: str, subject: int, what: str, detail: str) -> None:
        finding = Finding(conversation_id=self._id, kind=kind, subject=subject, what=what, detail=detail)
        self.findings.append(finding)

    def rows(self) -> None:
        """Each link in turn: is it where it was, and its row as it was?"""
        previous, place = FIRST, 0
        for one in self._links:
            place += 1
            while place < one["position"]:
                self._found("chain", place, "removed", "a link is missing")
                place += 1
            self._row(one, previous)
            # Whatever is wrong with this one, the next is judged by itself.
            previous = one["link"]
        self._name_the_moved()

    def _row(self, one: Mapping[Any, Any], previous: str) -> None:
        try:
            kind = Kind(one["kind"])
        except ValueError:
            self._found("chain", one["position"], "changed", f"a link of no kind: {one['kind']}")
            return
        subject = one["subject"]
        row = self._stored.get((kind, subject))
        if row is None:
            self._found(kind.value, subject, "removed", f"link {one['position']} has no row")
            return
        trouble = self._trouble_inside(kind, subject, one, row)
        expected = link(previous, one["position"], kind, subject, stated_part(kind, row), one["digest"])
        if expected != one["link"]:
            trouble = trouble or "what it states, or its link, is not as it was written"
        if trouble:
            self._found(kind.value, subject, "changed", trouble)
            self._unfit.append(one)

    def _trouble_inside(self, kind: Kind, subject: int, one: Mapping[Any, Any], row: Mapping[Any, Any]) -> str | None:
        hidden = sealed_part(kind, row)
        if kind in FILES and row["state"] == "expired" and hidden == erased_part(kind, row):
            return None
        if one["salt"] is not None:
            return None if seal(one["salt"], hidden) == one["digest"] else "its content is not as it was written"
        if not hidden:
            return None
        if not self._was_erased(kind, subject, one["position"]):
            return "its salt is gone and no erasure is on record"
        return None if hidden == erased_part(kind, row) else "it holds something although it was erased"

    def _was_erased(self, kind: Kind, subject: int, position: int) -> bool:
        last = "last_seq" if kind in {Kind.MESSAGE, *FILES} else "last_epoch"
        later = (one for one in self._links if one["kind"] == Kind.ERASURE.value and one["position"] > position)
        erasures = (self._stored.get((Kind.ERASURE, one["subject"])) for one in later)
        return any(found is not None and found[last] >= subject for found in erasures)

    def _name_the_moved(self) -> None:
        """A row that fits the link of another one was moved there."""
        for one in self._unfit:
            for other in self._unfit:
                if one is other or one["kind"] != other["kind"] or one["salt"] is None:
                    continue
                kind = Kind(one["kind"])
                row = self._stored[kind, other["subject"]]
                if sealed_part(kind, row) and seal(one["salt"], sealed_part(kind, row)) == one["digest"]:
                    detail = f"its content stands at {other['subject']} now"
                    self._found(kind.value, one["subject"], "moved", detail)

    def files(self, kept: Mapping[str, Sequence[KeptFile]]) -> None:
        """A file that is still there is the one that came with its message."""
        for (kind, subject), row in self._stored.items():
            if kind in FILES:
                message_id, digest = row["message_id"], row["digest"]
            elif kind is Kind.MESSAGE:
                message_id, digest = row["id"], row["file_digest"]
            else:
                continue
            if digest is None:
                continue
            of_message = kept.get(message_id, ())
            if not of_message:
                self._found("file", subject, "removed", "its message had one")
            elif any(one.digest != digest for one in of_message if one.state == "stored"):
                self._found("file", subject, "changed", "it is not the one that came with its message")

    def strangers(self) -> None:
        """Rows without a link were not written by this program."""
        linked = {(one["kind"], one["subject"]) for one in self._links}
        for (kind, subject), row in self._stored.items():
            if (kind.value, subject) in linked:
                continue
            # A file that is not there yet, or not any more, has nothing to be linked.
            if kind is Kind.FILE and row["state"] != "stored":
                continue
            if kind is Kind.TENURE_END:
                if row["ended_at"] is not None and (Kind.TENURE.value, subject) in linked:
                    self._found(kind.value, subject, "inserted", "it ended without a link")
            else:
                self._found(kind.value, subject, "inserted", "it has no link")

    def end(self, row: Mapping[Any, Any] | None) -> None:
        """The conversation knows how long its chain is and what stands last."""
        last = self._links[-1] if self._links else None
        length, newest = (last["position"], last["link"]) if last is not None else (0, "")
        if row is None:
            self._found("chain", length, "removed", "its conversation is gone")
        elif row["chain_length"] > length:
            self._found("chain", row["chain_length"], "cut_off", f"only {length} links are left")
        elif (row["chain_length"], row["chain_link"]) != (length, newest):
            self._found("chain", length, "changed", "the conversation names another end")

    def witnessed(self, known: Sequence[Head]) -> None:
        """What was the end once must still stand where it stood."""
        links = {one["position"]: one["link"] for one in self._links}
        for head in known:
            if head.length not in links:
                self._found("chain", head.length, "cut_off", "the witness knows a later end")
            elif links[head.length] != head.link:
                self._found("chain", head.length, "changed", "the witness knows another link here")


async def add_erasure(unit: Unit, conversation_id: str, asked_by: str, last_seq: int, last_epoch: int) -> Entry:
    """Put an erasure on record; its entry for the chain. The caller holds the conversation's lock and erases."""
    known = await unit.connection.execute(
        sa.select(sa.func.count()).select_from(erasure).where(erasure.c.conversation_id == conversation_id)
    )
    number = int(known.scalar_one()) + 1
    row = {
        "conversation_id": conversation_id,
        "number": number,
        "asked_by": asked_by,
        "last_seq": last_seq,
        "last_epoch": last_epoch,
        "at": unit.now,
    }
    await unit.connection.execute(sa.insert(erasure).values(row))
    return Kind.ERASURE, number, row
