"""Request Tracker 5 over its REST 2 interface, as a `TicketSystem`.

Guarantee: a key leads to one ticket. It is kept as a link of the ticket ("refers to klartext:key/…"), which needs no
set-up in Request Tracker; before a ticket is made the key is looked for, and afterwards again: of two made at the same
moment the older one counts and the other is rejected with a word to why. Making a ticket is never repeated blindly.
Request Tracker being away, slow, misconfigured or answering with something else is `CrmUnavailable`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, unquote

import aiohttp
import msgspec

from actions.crm import note_marks
from actions.crm.errors import CrmRejected, CrmUnavailable
from actions.crm.lookup import storable
from actions.crm.models import TicketStatus
from actions.crm.request_tracker_wire import (
    Attachment,
    FileOf,
    Item,
    Made,
    Page,
    Transaction,
    checked,
    converted,
    decoded,
)
from actions.crm.ticket_work import NewFile
from actions.crm.tickets import Filed, Note, StoredFile, Texts, TicketDraft
from actions.crm.transport import Answer, HttpTransport

_FILE_TIME_LIMIT = 30.0  # seconds for a request that carries a file
TIME_LIMIT = 5.0  # seconds for one request: Request Tracker checks a password hash, slow by design, on every one
_SCHEME = "klartext:"
_LONGEST_LINK = 200  # Request Tracker keeps 240 characters of a link
_FIELDS = "Subject,Status,Created,Due,Requestor,_hyperlinks"
_STATUS: dict[str, TicketStatus] = {
    "new": "new",
    "open": "in_progress",
    "stalled": "waiting_for_customer",
    "resolved": "solved",
    "rejected": "closed",
}
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_NATIVE = {status: native for native, status in _STATUS.items()}


class RequestTracker:
    """Tickets of one queue. Needs a user who may see, create, modify and comment on them."""

    def __init__(self, transport: HttpTransport, queue: str) -> None:
        self._transport = transport
        self._queue = queue

    @classmethod
    def at(
        cls,
        base: str,
        queue: str,
        *,
        user: str = "",
        password: str = "",
        token: str = "",
        time_limit: float = TIME_LIMIT,
    ) -> RequestTracker:
        """The installation at an address, for instance `https://rt.example.org`, with a token or a password."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"token {token}"
        auth = None if token else aiohttp.BasicAuth(user, password, encoding="utf-8")
        address = base.rstrip("/") + "/REST/2.0"
        return cls(HttpTransport("ticket system", address, headers, auth=auth, time_limit=time_limit), queue)

    async def file(self, draft: TicketDraft, *, key: str) -> tuple[Filed, bool]:
        """See `TicketSystem.file`."""
        if (known := await self.by_key(key)) is not None:
            return known, False
        body: dict[str, Any] = {
            "Queue": self._queue,
            "Subject": storable(draft.subject).replace("\n", " "),
            "Content": storable(draft.content) or "-",
            "ContentType": "text/plain",
            "RefersTo": [_link(f"key/{_short(key)}"), *map(_link, draft.marks)],
        }
        if draft.requestor:
            body["Requestor"] = storable(draft.requestor)
        if draft.due_at is not None:
            body["Due"] = _moment(draft.due_at)
        made = decoded("file", await self._send("file", "POST", "/ticket", body), Made)
        of_key = await self._find("file", [f"RefersTo = '{_link(f'key/{_short(key)}')}'"], oldest_first=True, limit=2)
        if not of_key:
            raise CrmUnavailable("file", "the ticket made cannot be found")
        if of_key[0].number != _number(made.id):
            await self._withdraw(made.id, of_key[0].number)
            return of_key[0], False
        return of_key[0], True

    async def join(self, number: str, *, key: str) -> None:
        """See `TicketSystem.join`."""
        await self._send("join", "PUT", f"/ticket/{_id(number)}", {"AddRefersTo": [_link(f"key/{_short(key)}")]})

    async def by_key(self, key: str) -> Filed | None:
        """See `TicketSystem.by_key`."""
        found = await self._find("by_key", [f"RefersTo = '{_link(f'key/{_short(key)}')}'"], oldest_first=True, limit=1)
        return found[0] if found else None

    async def by_number(self, number: str) -> Filed | None:
        """See `TicketSystem.by_number`."""
        if (native := _id(number)) is None:
            return None
        found = await self._find("by_number", [f"id = {native}"], limit=1)
        return found[0] if found else None

    async def search(
        self,
        marks: Collection[str],
        *,
        statuses: Collection[TicketStatus] | None = None,
        since: datetime | None = None,
        limit: int = 5,
    ) -> list[Filed]:
        """See `TicketSystem.search`."""
        clauses = [f"RefersTo = '{_link(mark)}'" for mark in marks]
        if statuses is not None:
            clauses.append("(" + " OR ".join(f"Status = '{_NATIVE[status]}'" for status in statuses) + ")")
        if since is not None:
            clauses.append(f"Created > '{_moment(since)}'")
        return await self._find("search", clauses, limit=limit)

    async def texts(self, found: Sequence[Filed]) -> list[Texts]:
        """See `TicketSystem.texts`."""
        if not found:
            return []
        which = " OR ".join(f"TicketId = {_id(filed.number)}" for filed in found)
        query = f"ObjectType = 'RT::Ticket' AND ({which}) AND (Type = 'Create' OR Type = 'Correspond')"
        spoken = await self._transactions("texts", query)
        return list(await asyncio.gather(*(self._texts(_id(filed.number), spoken) for filed in found)))

    async def comment(self, number: str, text: str) -> None:
        """See `TicketSystem.comment`."""
        body = {"Content": storable(text) or "-", "ContentType": "text/plain"}
        await self._send("comment", "POST", f"/ticket/{_id(number)}/comment", body)

    async def add_note(self, number: str, text: str, *, key: str) -> Note:
        """See `TicketSystem.add_note`."""
        if (known := (await self._notes(number)).get(note_marks.digest(key))) is not None:
            return known
        await self.comment(number, note_marks.marked(storable(text), key))
        written = (await self._notes(number)).get(note_marks.digest(key))
        if written is None:
            raise CrmUnavailable("add_note", "the note written cannot be found")
        return written

    async def notes(self, number: str) -> list[Note]:
        """See `TicketSystem.notes`."""
        return list((await self._notes(number)).values())

    async def add_file(self, number: str, file: NewFile, *, key: str) -> StoredFile:
        """See `TicketSystem.add_file`. The comment that carries the file is marked like a note."""
        if (known := (await self._files(number)).get(note_marks.digest(key))) is not None:
            return _whole(known, file)
        name = storable(file.name)
        body = {
            "Content": note_marks.marked_file(name, key),
            "ContentType": "text/plain",
            "Attachments": [
                {
                    "FileName": _plain_name(name),
                    "FileType": file.media_type,
                    "FileContent": base64.b64encode(file.content).decode(),
                }
            ],
        }
        await self._send("add_file", "POST", f"/ticket/{_id(number)}/comment", body, time_limit=_FILE_TIME_LIMIT)
        stored = (await self._files(number)).get(note_marks.digest(key))
        if stored is None:
            raise CrmUnavailable("add_file", "the file added cannot be found")
        return _whole(stored, file)

    async def files(self, number: str) -> list[StoredFile]:
        """See `TicketSystem.files`."""
        return list((await self._files(number)).values())

    async def ask_removal(self, number: str, text: str, *, key: str) -> int:
        """See `TicketSystem.ask_removal`.

        The interface can delete nothing of a ticket: the request names the command that does, and is kept as a link of
        the ticket ("refers to klartext:erasure/…"), by which all of them are found.
        """
        left = await self._put_there(number)
        mark = f"erasure/{_short(key)}"
        known = await self.by_number(number) if left else None
        if known is not None and mark not in known.marks:
            which = ";".join(f"Attachment,{one}" for one in left)
            await self.comment(number, f"{text}\n\nrt-shredder --no-sqldump --force --plugin 'Objects={which}'")
            await self._send("ask_removal", "PUT", f"/ticket/{_id(number)}", {"AddRefersTo": [_link(mark)]})
        return len(left)

    async def reopen(self, number: str, *, due_at: datetime) -> None:
        """See `TicketSystem.reopen`."""
        body = {"Status": _NATIVE["new"], "Due": _moment(due_at)}
        await self._send("reopen", "PUT", f"/ticket/{_id(number)}", body)

    async def ping(self) -> None:
        """Return when Request Tracker knows us and the queue."""
        answer = await self._get("ping", f"/queue/{quote(self._queue, safe='')}", {})
        if answer.status != 200:
            raise CrmUnavailable("ping", "no such queue")

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.close()

    async def _put_there(self, number: str) -> list[int]:
        """Which attachments hold what was put on the ticket from here."""
        query = f"ObjectType = 'RT::Ticket' AND TicketId = {_id(number)} AND Type = 'Create'"
        first, comments = await asyncio.gather(
            self._transactions("ask_removal", query), self._comments("ask_removal", number)
        )
        ours = {one.id for one in first}
        ours |= {one.id for one, words in comments if note_marks.read(words) or note_marks.read_file(words)}
        return sorted(one.id for one in await self._attachments("ask_removal", number) if one.transaction in ours)

    async def _attachments(self, operation: str, number: str) -> list[FileOf]:
        """The parts of everything written on a ticket, newest first."""
        params = {"fields": "Filename,ContentType,ContentLength,TransactionId", "per_page": "100"}
        params |= {"orderby": "id", "order": "DESC"}
        page = decoded(operation, await self._get(operation, f"/ticket/{_id(number)}/attachments", params), Page)
        return [converted(operation, item, FileOf) for item in page.items]

    async def _notes(self, number: str) -> dict[str, Note]:
        """The notes by the digests of their keys, newest first."""
        found = [(one, note_marks.read(comment)) for one, comment in await self._comments("notes", number)]
        return {note[1]: Note(text=note[0], at=one.created) for one, note in found if note is not None}

    async def _files(self, number: str) -> dict[str, StoredFile]:
        """The files by the digests of their keys, newest first."""
        found = [(one, note_marks.read_file(comment)) for one, comment in await self._comments("files", number)]
        marked = {one.id: (*mark, one.created) for one, mark in found if mark is not None}
        if not marked:
            return {}
        files = {}
        for item in await self._attachments("files", number):
            if item.name and (about := marked.get(item.transaction)):
                name, digest, at = about
                files[digest] = StoredFile(name=name, media_type=item.kind, size=item.size, at=at)
        return files

    async def _comments(self, operation: str, number: str) -> list[tuple[Transaction, str]]:
        """The comments on a ticket with their words, newest first."""
        query = f"ObjectType = 'RT::Ticket' AND TicketId = {_id(number)} AND Type = 'Comment'"
        spoken = await self._transactions(operation, query)
        comments = await asyncio.gather(*(self._content(one) for one in spoken))
        return [(one, comment or "") for one, comment in zip(spoken, comments, strict=True)]

    async def _transactions(self, operation: str, query: str) -> list[Transaction]:
        """What happened to tickets, newest first."""
        params = {
            "query": query,
            "fields": "Type,Created,Creator,ObjectId",
            "per_page": "100",
            "orderby": "id",
            "order": "DESC",
        }
        page = decoded(operation, await self._get(operation, "/transactions", params), Page)
        return [converted(operation, item, Transaction) for item in page.items]

    async def _texts(self, native: int | None, spoken: Sequence[Transaction]) -> Texts:
        of_ticket = [one for one in spoken if one.ticket == native]
        first = next((one for one in of_ticket if one.kind == "Create"), None)
        # A requestor who writes goes by the mail address as name; the team has names of its own.
        last = next((one for one in of_ticket if one.kind == "Correspond" and "@" not in one.creator.id), None)
        description, note = await asyncio.gather(self._content(first), self._content(last))
        noted_at = None if last is None or note is None else last.created
        return Texts(description=description or "", last_note=note, noted_at=noted_at)

    async def _content(self, spoken: Transaction | None) -> str | None:
        if spoken is None:
            return None
        # Words only: the content of a file on the same comment would come along.
        words = [{"field": "TransactionId", "value": spoken.id}, {"field": "ContentType", "value": "text/plain"}]
        params = {"query": msgspec.json.encode(words).decode(), "fields": "Content,ContentType", "per_page": "20"}
        answer = await self._get("texts", "/attachments", params)
        parts = [converted("texts", item, Attachment) for item in decoded("texts", answer, Page).items]
        return next((part.content for part in parts if part.kind == "text/plain" and part.content), None)

    async def _find(
        self, operation: str, clauses: Sequence[str], *, limit: int, oldest_first: bool = False
    ) -> list[Filed]:
        name = self._queue.replace("\\", "\\\\").replace("'", "\\'")
        query = " AND ".join([f"Queue = '{name}'", *clauses])
        params = {"query": query, "fields": _FIELDS, "per_page": str(limit), "orderby": "id"}
        params["order"] = "ASC" if oldest_first else "DESC"
        page = decoded(operation, await self._get(operation, "/tickets", params), Page)
        return [_filed(converted(operation, item, Item)) for item in page.items]

    async def _withdraw(self, native: int, counts: str) -> None:
        body = {"Content": f"Doppelt angelegt, es gilt {counts}.", "ContentType": "text/plain", "Status": "rejected"}
        await self._send("file", "POST", f"/ticket/{native}/comment", body)

    async def _get(self, operation: str, path: str, params: dict[str, str]) -> Answer:
        return checked(operation, await self._transport.call(operation, "GET", path, params=params, repeatable=True))

    async def _send(
        self, operation: str, method: str, path: str, body: dict[str, Any], *, time_limit: float | None = None
    ) -> Answer:
        encoded = msgspec.json.encode(body)
        # Adding a link that is there already changes nothing; a second ticket or comment would be one too many.
        repeatable = method == "PUT"
        sent = await self._transport.call(
            operation, method, path, body=encoded, repeatable=repeatable, time_limit=time_limit
        )
        return checked(operation, sent)


def _plain_name(name: str) -> str:
    """The name in letters that every part of Request Tracker keeps; the comment has it as it is."""
    spelled = name.translate(_SPELLED)
    return unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode() or "file"


def _whole(stored: StoredFile, file: NewFile) -> StoredFile:
    """Request Tracker cuts or drops what is larger than it is set up to keep."""
    if stored.size < len(file.content):
        raise CrmRejected("add_file", "the ticket system did not keep the whole file")
    return stored


def _filed(item: Item) -> Filed:
    links = (link.url for link in item.links if link.ref == "refers-to" and link.url.startswith(_SCHEME))
    marks = (unquote(link[len(_SCHEME) :]) for link in links)
    return Filed(
        number=_number(item.id),
        subject=item.subject,
        status=_STATUS.get(item.status, "in_progress"),  # a status of the company's own is work in progress
        opened_at=item.created,
        # Request Tracker's word for no date is the first day of 1970.
        due_at=item.due if item.due is not None and item.due.year > 1970 else None,
        marks=tuple(mark for mark in marks if not mark.startswith("key/")),
    )


def _number(native: int) -> str:
    return f"T-{native:06d}"


def _id(number: str) -> int | None:
    found = re.fullmatch(r"T-(\d{1,10})", number, re.ASCII)
    return int(found.group(1)) if found else None


def _link(mark: str) -> str:
    """A mark as a link; what is special in addresses or in a search is escaped."""
    kind, _, name = mark.partition("/")
    return f"{_SCHEME}{kind}/{quote(name, safe='')}"


def _short(key: str) -> str:
    """The key itself if it fits into a link, else its digest."""
    clean = storable(key)
    return clean if len(quote(clean, safe="")) <= _LONGEST_LINK else hashlib.sha256(clean.encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
