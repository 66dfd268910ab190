"""Request Tracker 5 over its REST 2 interface, as a `TicketSystem`.

Guarantee: a key leads to one ticket. It is kept as a link of the ticket ("refers to klartext:key/…"), which needs no
set-up in Request Tracker; before a ticket is made the key is looked for, and afterwards again: of two made at the same
moment the older one counts and the other is rejected with a word to why. Making a ticket is never repeated blindly.
Request Tracker being away, slow, misconfigured or answering with something else is `CrmUnavailable`.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timezone
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import aiohttp
import msgspec
import structlog

from actions.crm import note_marks
from actions.crm.errors import CrmUnavailable
from actions.crm.lookup import storable
from actions.crm.models import TicketStatus
from actions.crm.tickets import Filed, Note, Texts, TicketDraft
from actions.crm.transport import Answer, HttpTransport

log = structlog.get_logger(__name__)

T = TypeVar("T")

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
_NATIVE = {status: native for native, status in _STATUS.items()}


class _Link(msgspec.Struct):
    ref: str
    url: str = msgspec.field(name="_url", default="")


class _User(msgspec.Struct):
    id: str


class _Item(msgspec.Struct, rename={"links": "_hyperlinks"}):
    id: int
    links: list[_Link]
    subject: str = msgspec.field(name="Subject")
    status: str = msgspec.field(name="Status")
    created: datetime = msgspec.field(name="Created")
    due: datetime | None = msgspec.field(name="Due", default=None)


class _Transaction(msgspec.Struct):
    id: int
    ticket: int = msgspec.field(name="ObjectId")
    kind: str = msgspec.field(name="Type")
    created: datetime = msgspec.field(name="Created")
    creator: _User = msgspec.field(name="Creator")


class _Attachment(msgspec.Struct):
    content: str = msgspec.field(name="Content", default="")
    kind: str = msgspec.field(name="ContentType", default="")


class _Page(msgspec.Struct):
    items: list[dict[str, Any]]


class _Made(msgspec.Struct):
    id: int


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
        made = _decoded("file", await self._send("file", "POST", "/ticket", body), _Made)
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

    async def _notes(self, number: str) -> dict[str, Note]:
        """The notes by the digests of their keys, newest first."""
        query = f"ObjectType = 'RT::Ticket' AND TicketId = {_id(number)} AND Type = 'Comment'"
        spoken = await self._transactions("notes", query)
        comments = await asyncio.gather(*(self._content(one) for one in spoken))
        found = [(one, note_marks.read(comment or "")) for one, comment in zip(spoken, comments, strict=True)]
        return {note[1]: Note(text=note[0], at=one.created) for one, note in found if note is not None}

    async def _transactions(self, operation: str, query: str) -> list[_Transaction]:
        """What happened to tickets, newest first."""
        params = {
            "query": query,
            "fields": "Type,Created,Creator,ObjectId",
            "per_page": "100",
            "orderby": "id",
            "order": "DESC",
        }
        page = _decoded(operation, await self._get(operation, "/transactions", params), _Page)
        return [_converted(operation, item, _Transaction) for item in page.items]

    async def _texts(self, native: int | None, spoken: Sequence[_Transaction]) -> Texts:
        of_ticket = [one for one in spoken if one.ticket == native]
        first = next((one for one in of_ticket if one.kind == "Create"), None)
        # A requestor who writes goes by the mail address as name; the team has names of its own.
        last = next((one for one in of_ticket if one.kind == "Correspond" and "@" not in one.creator.id), None)
        description, note = await asyncio.gather(self._content(first), self._content(last))
        noted_at = None if last is None or note is None else last.created
        return Texts(description=description or "", last_note=note, noted_at=noted_at)

    async def _content(self, spoken: _Transaction | None) -> str | None:
        if spoken is None:
            return None
        answer = await self._get(
            "texts", f"/transaction/{spoken.id}/attachments", {"fields": "Content,ContentType", "per_page": "20"}
        )
        parts = [_converted("texts", item, _Attachment) for item in _decoded("texts", answer, _Page).items]
        return next((part.content for part in parts if part.kind == "text/plain" and part.content), None)

    async def _find(
        self, operation: str, clauses: Sequence[str], *, limit: int, oldest_first: bool = False
    ) -> list[Filed]:
        name = self._queue.replace("\\", "\\\\").replace("'", "\\'")
        query = " AND ".join([f"Queue = '{name}'", *clauses])
        params = {"query": query, "fields": _FIELDS, "per_page": str(limit), "orderby": "id"}
        params["order"] = "ASC" if oldest_first else "DESC"
        page = _decoded(operation, await self._get(operation, "/tickets", params), _Page)
        return [_filed(_converted(operation, item, _Item)) for item in page.items]

    async def _withdraw(self, native: int, counts: str) -> None:
        body = {"Content": f"Doppelt angelegt, es gilt {counts}.", "ContentType": "text/plain", "Status": "rejected"}
        await self._send("file", "POST", f"/ticket/{native}/comment", body)

    async def _get(self, operation: str, path: str, params: dict[str, str]) -> Answer:
        return _checked(operation, await self._transport.call(operation, "GET", path, params=params, repeatable=True))

    async def _send(self, operation: str, method: str, path: str, body: dict[str, Any]) -> Answer:
        encoded = msgspec.json.encode(body)
        # Adding a link that is there already changes nothing; a second ticket or comment would be one too many.
        sent = await self._transport.call(operation, method, path, body=encoded, repeatable=method == "PUT")
        return _checked(operation, sent)


def _checked(operation: str, answer: Answer) -> Answer:
    if answer.status in {401, 403}:
        log.error("the ticket system refuses us", operation=operation, status=answer.status)
        raise CrmUnavailable(operation, "access refused")
    if answer.status >= 300:
        raise CrmUnavailable(operation, f"status {answer.status}")
    return answer


def _decoded(operation: str, answer: Answer, kind: type[T]) -> T:
    try:
        return _converted(operation, msgspec.json.decode(answer.body), kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.error("unreadable answer of the ticket system", operation=operation)
        raise CrmUnavailable(operation, "unreadable") from error


def _converted(operation: str, value: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind, strict=False)  # Request Tracker writes numbers as texts
    except msgspec.ValidationError as error:
        log.error("unreadable answer of the ticket system", operation=operation, error=str(error)[:200])
        raise CrmUnavailable(operation, "unreadable") from error


def _filed(item: _Item) -> Filed:
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
