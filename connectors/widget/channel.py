"""The widget's routes and the register of who is connected to this process."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Job, Services
from bot.conversation.limits import TEXT_LIMIT, TextRefused
from bot.service.conversations import Refused
from bot.service.delivery import Sender
from bot.store.errors import StoreUnavailable, UnknownConversation
from bot.store.log import messages_after, newest_messages, read_conversation
from bot.store.tokens import WidgetPass, widget_pass
from bot.store.wakeup import Hint
from bot.transparency.wording import LANGUAGES, language_of
from connectors.closing import all_gone
from connectors.frames import ApiError, event_frame, is_same_origin, json_response, request_language
from connectors.widget.allowance import Allowances
from connectors.widget.protocol import RESTART
from connectors.widget.socket import SNAPSHOT, Socket

_STATIC = Path(__file__).parent / "static"
# Largest frame read at all, in bytes; one between this and the message limit gets an explanation, a larger one a close.
_READ_LIMIT = 1024 * 1024
_LONGEST_POLL = 25.0


class Posted(msgspec.Struct):
    """Body of a message sent over HTTP. Without a token it begins a conversation."""

    client_id: Annotated[str, Meta(min_length=1, max_length=64)]
    text: str
    payload: Annotated[str, Meta(max_length=100)] | None = None


class Login(msgspec.Struct):
    """Body of a login of the customer portal; see `bot/service/portal.py`."""

    user: Annotated[str, Meta(min_length=1, max_length=40)]
    signature: Annotated[str, Meta(max_length=100)]


class Begin(msgspec.Struct):
    """Body of the first request over HTTP."""

    locale: Annotated[str, Meta(max_length=20)] = "de"


class Widget:
    """The chat on a website."""

    name = "widget"
    sender: Sender | None = None

    def __init__(self) -> None:
        self._services: Services | None = None
        self._sockets: dict[str, set[Socket]] = defaultdict(set)
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._forget: Callable[[], None] | None = None

    @property
    def services(self) -> Services:
        """The services, once started."""
        assert self._services is not None
        return self._services

    def register(self, app: web.Application) -> None:
        """Add the routes under `/widget`."""
        app.router.add_get("/widget/ws", self._socket)
        app.router.add_post("/widget/hello", self._hello)
        app.router.add_post("/widget/messages", self._post)
        app.router.add_post("/widget/identify", self._identify)
        app.router.add_get("/widget/events", self._events)
        app.router.add_get("/widget/wording/{language}.json", self._wording)
        app.router.add_static("/widget", _STATIC)

    def start(self, services: Services) -> None:
        """Begin to listen for changes."""
        self._services = services
        self._allowances = Allowances(services.settings.message_rate)
        self._forget = services.store.wakeup.subscribe(self._on_hint)

    def jobs(self) -> Sequence[Job]:
        """None: everything is asked for by clients."""
        return ()

    async def stop(self) -> None:
        """Close every socket; clients come back by themselves."""
        if self._forget is not None:
            self._forget()
        for sockets in tuple(self._sockets.values()):
            for socket in tuple(sockets):
                socket.closing.request(RESTART, b"restart")
        await all_gone(lambda: bool(self._sockets))

    def _on_hint(self, hint: Hint) -> None:
        for socket in tuple(self._sockets.get(hint.conversation_id, ())):
            socket.notify(hint)
        if hint.log:
            for event in self._waiting.get(hint.conversation_id, ()):
                event.set()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._check_origin(request)
        # No compression: its buffers would be most of an idle connection's memory.
        ws = web.WebSocketResponse(heartbeat=30, max_msg_size=_READ_LIMIT, compress=False)
        await ws.prepare(request)
        socket = Socket(self.services, ws, request_language(request))
        try:
            if await socket.greet() and socket.conversation_id is not None:
                self._sockets[socket.conversation_id].add(socket)
                await socket.serve()
        finally:
            if socket.conversation_id is not None:
                peers = self._sockets[socket.conversation_id]
                peers.discard(socket)
                if not peers:
                    del self._sockets[socket.conversation_id]
        return ws

    def _check_origin(self, request: web.Request) -> None:
        if not is_same_origin(request, self.services.settings.widget_origins):
            raise ApiError(403, "origin", "error_origin")

    # --- the same over HTTP, where sockets are blocked ---

    async def _hello(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        body = await _decoded(request, Begin)
        started = await self.services.conversations.start_widget(language_of(body.locale))
        row = started.conversation
        return json_response(
            {
                "v": 1,
                "token": started.token,
                "conversation": row.id,
                "head_seq": row.head_seq,
                "holder": row.holder.value,
                "human": started.human_button_id,
            }
        )

    async def _post(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        opened = await self._pass(request)
        self._check_rate(opened)
        body = await _decoded(request, Posted)
        try:
            receipt = await self.services.conversations.receive(
                opened.conversation_id, body.text, client_id=body.client_id, button_id=body.payload
            )
        except TextRefused as error:
            raise ApiError(422, error.code, f"error_{error.code}", limit=str(TEXT_LIMIT)) from error
        except Refused as error:
            raise ApiError(422, "button", "error_button") from error
        except UnknownConversation as error:
            raise ApiError(401, "expired", "error_expired") from error
        message = receipt.message
        return json_response(
            {"client_id": body.client_id, "message_id": message.id, "seq": message.seq, "at": message.at}
        )

    async def _identify(self, request: web.Request) -> web.Response:
        """Take over a login of the portal, as over the socket."""
        self._check_origin(request)
        opened = await self._pass(request)
        self._check_rate(opened)
        body = await _decoded(request, Login)
        try:
            await self.services.portal.identify(opened.conversation_id, body.user, body.signature)
        except Refused as error:
            status = 503 if error.code == "identify_unavailable" else 422
            raise ApiError(status, error.code, f"error_{error.code}") from error
        except StoreUnavailable as error:
            raise ApiError(503, "identify_unavailable", "error_identify_unavailable") from error
        except UnknownConversation as error:
            raise ApiError(401, "expired", "error_expired") from error
        return json_response({"level": "proven"})

    def _check_rate(self, opened: WidgetPass) -> None:
        """A login is as dear as a message, so that signatures cannot be tried out."""
        if not self._allowances.take(opened.conversation_id):
            raise ApiError(429, "rate", "error_rate")

    async def _events(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        opened = await self._pass(request)
        try:
            after = max(0, int(request.query.get("after", "0")))
            wait = min(_LONGEST_POLL, max(0.0, float(request.query.get("wait", "0"))))
        except ValueError as error:
            raise ApiError(400, "bad_frame", "error_bad_frame") from error
        woken = asyncio.Event()
        self._waiting[opened.conversation_id].add(woken)
        try:
            frames = await self._frames(opened, after)
            if not frames["events"] and wait:
                try:
                    await asyncio.wait_for(woken.wait(), wait)
                except asyncio.TimeoutError:
                    return json_response(frames)
                frames = await self._frames(opened, after)
        finally:
            self._waiting[opened.conversation_id].discard(woken)
            if not self._waiting[opened.conversation_id]:
                del self._waiting[opened.conversation_id]
        return json_response(frames)

    async def _frames(self, opened: WidgetPass, after: int) -> dict[str, Any]:
        async with self.services.store.read() as unit:
            row = await read_conversation(unit, opened.conversation_id)
            if after:
                entries = await messages_after(unit, opened.conversation_id, after)
            else:
                entries = await newest_messages(unit, opened.conversation_id, SNAPSHOT)
        if row is None:
            raise ApiError(401, "expired", "error_expired")
        return {
            "holder": row.holder.value,
            "head_seq": row.head_seq,
            "human": opened.human_button_id,
            "events": [event_frame(entry) for entry in entries],
        }

    async def _pass(self, request: web.Request) -> WidgetPass:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        lifetime = timedelta(seconds=self.services.settings.token_lifetime)
        opened = None
        if scheme == "Bearer" and token:
            async with self.services.store.write() as unit:
                opened = await widget_pass(unit, token.strip(), lifetime)
        if opened is None:
            raise ApiError(401, "expired", "error_expired")
        return opened

    async def _wording(self, request: web.Request) -> web.Response:
        language = request.match_info["language"]
        if language not in LANGUAGES:
            raise web.HTTPNotFound
        return json_response(self.services.words.table("widget_", language))


async def _decoded(request: web.Request, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(400, "bad_frame", "error_bad_frame") from error
