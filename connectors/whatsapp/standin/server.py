"""The Graph API's part: takes messages, refuses what the provider refuses, and sends statuses to the webhook."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import secrets
import socket
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from bot.ending import end
from connectors.whatsapp.standin.checks import MEDIA, Refusal, check_message, check_upload
from connectors.whatsapp.standin.webhooks import Webhooks

_TEMPLATES_AT_ONCE = 2
_WINDOW = 24 * 3600.0


@dataclass
class Troubles:
    """What goes wrong, and how often: shares from 0 to 1, drawn from `seed`."""

    seed: int = 1
    # The message is taken, and the answer never comes.
    answer_lost: float = 0.0
    # The connection breaks before the message is taken.
    request_lost: float = 0.0
    # HTTP 500 with the provider's code for "try again"; the message is not taken.
    internal: float = 0.0
    # Statuses and messages come again, and statuses in the wrong order.
    repeated: float = 0.0
    reordered: bool = False
    # Answers to the next requests, by code, whatever is asked.
    next_codes: deque[int] = field(default_factory=deque)
    # The next messages are taken, and fail afterwards with these codes.
    failing_codes: deque[int] = field(default_factory=deque)
    # The token counts as expired, until this is False again.
    token_expired: bool = False
    # Messages to one person within a second, and from the number within a second; 0: as many as come.
    pair_per_second: int = 0
    number_per_second: int = 0
    # How long an answer that is lost keeps the sender waiting, in seconds.
    patience: float = 30.0


@dataclass(frozen=True)
class Accepted:
    """A message that was taken."""

    id: str
    to: str
    # Id of the business's number that sent it.
    sender: str
    body: dict[str, Any]
    callback_data: str
    at: float

    @property
    def text(self) -> str:
        """What the phone shows."""
        kind = self.body.get("type", "text")
        if kind == "text":
            return str(self.body["text"]["body"])
        if kind in MEDIA:
            return str(self.body[kind].get("caption", ""))
        if kind == "template":
            return f"[{self.body['template']['name']}]"
        return str(self.body["interactive"]["body"]["text"])

    @property
    def media_id(self) -> str | None:
        """The file that it brings."""
        kind = self.body.get("type", "text")
        return str(self.body[kind]["id"]) if kind in MEDIA else None

    @property
    def choices(self) -> list[dict[str, str]]:
        """Buttons or rows: id, title, description."""
        if self.body.get("type") != "interactive":
            return []
        action = self.body["interactive"]["action"]
        if "buttons" in action:
            return [button["reply"] for button in action["buttons"]]
        return [row for section in action["sections"] for row in section["rows"]]


class StandIn:
    """The provider's server. `webhooks` is where its events go."""

    def __init__(
        self,
        webhooks: Webhooks,
        *,
        phone_number_id: str,
        token: str,
        more_numbers: frozenset[str] = frozenset(),
        templates: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.webhooks = webhooks
        self.troubles = Troubles()
        self.accepted: list[Accepted] = []
        # Requests for a read mark: the message's id, and whether the typing indicator was asked for; and from which
        # numbers of the business they came.
        self.read_marks: list[tuple[str, bool]] = []
        self.marking_numbers: list[str] = []
        # What the account has of templates, as the provider lists them, a page of two at a time.
        self.account_templates: list[dict[str, Any]] = []
        # What it says of the number, and whether the account sends its webhooks to an app.
        self.number_state, self.is_subscribed = "CONNECTED", True
        self.media: dict[str, bytes] = {}
        # Types of what the business uploaded, by the id of the file, and the number that did.
        self.uploads: dict[str, str] = {}
        self.uploaders: dict[str, str] = {}
        # When each person last wrote to the first number, in seconds since the epoch; to another, under its `pair`.
        self.wrote_at: dict[str, float] = {}
        self._first, self._numbers = phone_number_id, {phone_number_id, *more_numbers}
        self._token, self._templates = token, templates
        self._clock = clock
        self._dice = random.Random(self.troubles.seed)  # noqa: S311 (troubles, not secrets)
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.changed = asyncio.Event()

    async def start(self, on: socket.socket | None = None) -> None:
        """Listen on a bound socket, else on a free port of loopback; `url` is the base that a client needs."""
        app = web.Application(client_max_size=101 * 1024 * 1024)
        app.router.add_post("/{phone}/messages", self._messages)
        app.router.add_post("/{phone}/media", self._upload)
        app.router.add_get("/media/{id}", self._content)
        app.router.add_get("/{account}/message_templates", self._listed_templates)
        app.router.add_get("/{account}/subscribed_apps", self._apps)
        for number in self._numbers:
            app.router.add_get(f"/{number}", self._number)
        app.router.add_get("/{id}", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site: web.BaseSite = web.TCPSite(self._runner, "127.0.0.1", 0) if on is None else web.SockSite(self._runner, on)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{bound}"

    async def close(self) -> None:
        """Be away."""
        await end(self._tasks)
        if self._runner is not None:
            await self._runner.cleanup()

    def let_go_wrong(self, troubles: Troubles) -> None:
        """From now on this goes wrong."""
        self.troubles = troubles
        self._dice = random.Random(troubles.seed)  # noqa: S311 (troubles, not secrets)

    async def settled(self) -> None:
        """Wait until every status that is under way has been taken by the webhook."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _check_token(self, request: web.Request) -> None:
        if self.troubles.token_expired or request.headers.get("Authorization") != f"Bearer {self._token}":
            raise Refusal(401, 190, "Error validating access token: Session has expired")

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            ours = self._check_number(request)
            body = msgspec.json.decode(await request.read())
            if body.get("status") == "read":
                self.read_marks.append((str(body.get("message_id")), "typing_indicator" in body))
                self.marking_numbers.append(ours)
                self._notice()
                return web.json_response({"success": True})
            return await self._take(request, ours, body)
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)

    def _check_number(self, request: web.Request) -> str:
        if request.match_info["phone"] not in self._numbers:
            raise Refusal(400, 33, "the number does not exist")
        return request.match_info["phone"]

    def pair(self, ours: str | None, to: str) -> str:
        """Under which name it stands when this person last wrote to this number of the business."""
        return to if ours in {None, self._first} else f"{ours}:{to}"

    def _check_file(self, ours: str, body: dict[str, Any]) -> None:
        kind = body.get("type")
        if kind in MEDIA and self.uploaders.get(str(body[kind].get("id"))) != ours:
            raise Refusal(400, 131009, "the file was uploaded for another number")

    async def _take(self, request: web.Request, ours: str, body: dict[str, Any]) -> web.StreamResponse:
        troubles = self.troubles
        if troubles.next_codes:
            code = troubles.next_codes.popleft()
            raise Refusal(401 if code == 190 else 400, code, "on request")
        check_message(body, self._templates, self.uploads)
        to = str(body.get("to") or body.get("recipient"))
        self._check_file(ours, body)
        self._check_rates(ours, to)
        if body.get("type") != "template" and self._clock() - self.wrote_at.get(self.pair(ours, to), 0) > _WINDOW:
            raise Refusal(400, 131047, "more than 24 hours have passed since the customer last replied")
        if self._dice.random() < troubles.internal:
            raise Refusal(500, 131000, "Something went wrong")
        if self._dice.random() < troubles.request_lost:
            return await _break(request)
        message = Accepted(
            id=f"wamid.{secrets.token_hex(12)}",
            to=to,
            sender=ours,
            body=body,
            callback_data=str(body.get("biz_opaque_callback_data", "")),
            at=self._clock(),
        )
        self.accepted.append(message)
        self._notice()
        if troubles.failing_codes:
            code = troubles.failing_codes.popleft()
            self._later(self.tell(message, "failed", errors=[{"code": code, "title": "on request"}]))
        else:
            self._later(self.tell(message, "sent", "delivered"))
        if self._dice.random() < troubles.answer_lost:
            await asyncio.sleep(troubles.patience)
            return await _break(request)
        known = {"input": to, "wa_id": to}
        return web.json_response(
            {"messaging_product": "whatsapp", "contacts": [known], "messages": [{"id": message.id}]}
        )

    def _check_rates(self, ours: str, to: str) -> None:
        for key, most, code in (
            (f"pair:{ours}:{to}", self.troubles.pair_per_second, 131056),
            (f"number:{ours}", self.troubles.number_per_second, 130429),
        ):
            recent, now = self._recent[key], time.monotonic()
            while recent and now - recent[0] > 1:
                recent.popleft()
            if most and len(recent) >= most:
                raise Refusal(400, code, "too many messages")
            recent.append(now)

    def show(self, to: str, text: str) -> Accepted:
        """What somebody of the business wrote in the WhatsApp Business app: on the phone without passing here."""
        body = {"type": "text", "text": {"body": text}}
        message = Accepted(
            id=f"wamid.{secrets.token_hex(12)}", to=to, sender="", body=body, callback_data="", at=self._clock()
        )
        self.accepted.append(message)
        self._notice()
        return message

    async def tell(self, message: Accepted, *states: str, errors: list[dict[str, Any]] | None = None) -> None:
        """Send the webhook statuses of a message, with the troubles that statuses have."""
        shown = list(states)
        if self.troubles.reordered:
            self._dice.shuffle(shown)
        for state in shown:
            status: dict[str, Any] = {
                "id": message.id,
                "status": state,
                "timestamp": str(int(self._clock())),
                "recipient_id": message.to,
                "biz_opaque_callback_data": message.callback_data,
            }
            if errors:
                status["errors"] = errors
            for _ in range(2 if self._dice.random() < self.troubles.repeated else 1):
                await self.webhooks.post(statuses=[status])

    def _later(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _notice(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def _upload(self, request: web.Request) -> web.Response:
        """A file of the business, for messages to come."""
        try:
            self._check_token(request)
            ours = self._check_number(request)
            form = await request.post()
            file = form.get("file")
            if form.get("messaging_product") != "whatsapp" or not isinstance(file, web.FileField):
                raise Refusal(400, 100, "messaging_product or file is missing")
            content = file.file.read()
            check_upload(file.content_type, content)
            if self._dice.random() < self.troubles.internal:
                raise Refusal(500, 131000, "Something went wrong")
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        media_id = str(secrets.randbelow(10**15))
        self.media[media_id], self.uploads[media_id] = content, file.content_type
        self.uploaders[media_id] = ours
        return web.json_response({"id": media_id})

    async def _listed_templates(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        start = int(request.query.get("after") or 0)
        page = self.account_templates[start : start + _TEMPLATES_AT_ONCE]
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + len(page))}}
        if start + len(page) < len(self.account_templates):
            paging["next"] = str(request.url.update_query(after=str(start + len(page))))
        return web.json_response({"data": page, "paging": paging})

    async def _apps(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        app = {"whatsapp_business_api_data": {"id": "1", "name": "Klartext", "link": "https://example.org"}}
        return web.json_response({"data": [app] if self.is_subscribed else []})

    async def _number(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        return web.json_response({"id": request.path.strip("/"), "status": self.number_state})

    async def _media(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        media_id = request.match_info["id"]
        content = self.media.get(media_id)
        if content is None:
            return web.json_response(Refusal(400, 100, "no such file").body(), status=400)
        return web.json_response(
            {
                "id": media_id,
                "url": f"{self.url}/media/{media_id}",
                "file_size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "mime_type": "application/octet-stream",
            }
        )

    async def _content(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        content = self.media.get(request.match_info["id"])
        return web.Response(status=404) if content is None else web.Response(body=content)


async def _break(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    with contextlib.suppress(AttributeError):
        request.transport.abort()  # type: ignore[union-attr]
    return web.Response(status=500)
