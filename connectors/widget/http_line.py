"""The widget over HTTP, where sockets are blocked: the same log, the same acknowledgements, the same errors.

A message is answered with 200 only after it is committed; the same client id again gets the same receipt. Events are
read from the log behind the place that the client names, so it may ask as often as it likes and after any failure; a
question may stay open until there is something new. What a client asks behind is what has arrived there.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.limits import TEXT_LIMIT, TextRefused
from bot.service.outcomes import Refused
from bot.store.errors import StoreUnavailable, UnknownConversation
from bot.store.log import current_tenure, messages_after, newest_messages, read_conversation
from bot.store.tokens import WidgetPass, widget_pass
from bot.store.wakeup import Hint
from bot.transparency.gate import all_out
from bot.transparency.wording import language_of
from connectors.frames import ApiError, event_frame, json_response
from connectors.widget import protocol
from connectors.widget.allowance import Allowances
from connectors.widget.socket import SNAPSHOT, typing_author, typing_hint

_LONGEST_POLL = 25.0
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "7200",
}


class Posted(msgspec.Struct):
    """Body of a message sent over HTTP."""

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


# What a client says besides messages and logins.
Wish = protocol.Read | protocol.Typing | protocol.Locale


class Question:
    """A client that waits for something new."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.typing: dict[str, Any] | None = None


class HttpLine:
    """The routes, and who waits for an answer in this process."""

    def __init__(self, check_origin: Callable[[web.Request], None], may_begin: Callable[[web.Request], bool]) -> None:
        self._check_origin, self._may_begin = check_origin, may_begin
        self._waiting: dict[str, set[Question]] = defaultdict(set)
        self._services: Services | None = None
        self._allowances: Allowances | None = None

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        for path in ("hello", "messages", "identify", "frames", "events"):
            app.router.add_route("OPTIONS", f"/widget/{path}", self.preflight)
        app.router.add_post("/widget/hello", self._hello)
        app.router.add_post("/widget/messages", self._post)
        app.router.add_post("/widget/identify", self._identify)
        app.router.add_post("/widget/frames", self._frame)
        app.router.add_get("/widget/events", self._events)

    def start(self, services: Services) -> None:
        """The services are there."""
        self._services = services
        self._allowances = Allowances(services.settings.message_rate)

    @property
    def services(self) -> Services:
        """The services, once started."""
        assert self._services is not None
        return self._services

    def notify(self, hint: Hint) -> None:
        """Something happened in a conversation."""
        typing = typing_author(hint)
        for question in self._waiting.get(hint.conversation_id, ()):
            if typing is not None:
                question.typing = typing
            if hint.log or hint.seen or typing is not None:
                question.woken.set()

    async def preflight(self, request: web.Request) -> web.Response:
        """What a browser asks before it asks from another website."""
        self._check_origin(request)
        return web.Response(status=204, headers=_PREFLIGHT)

    async def _hello(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        body = await decoded(request, Begin)
        if not self._may_begin(request):
            raise ApiError(429, "rate", "error_many_begun")
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
        body = await decoded(request, Posted)
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
        body = await decoded(request, Login)
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
        assert self._allowances is not None
        if not self._allowances.take(opened.conversation_id):
            raise ApiError(429, "rate", "error_rate")

    async def _frame(self, request: web.Request) -> web.Response:
        """What a socket takes without an answer: read, typing, a language."""
        self._check_origin(request)
        opened = await self._pass(request)
        wish = await decoded(request, Wish)
        if isinstance(wish, protocol.Read):
            await self.services.conversations.confirm(opened.conversation_id, delivered=wish.seq, read=wish.seq)
        elif isinstance(wish, protocol.Typing):
            self.services.store.wakeup.publish(typing_hint(opened.conversation_id))
        else:
            await self.services.conversations.set_locale(opened.conversation_id, language_of(wish.locale))
        return json_response({})

    async def _events(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        opened = await self._pass(request)
        try:
            after = max(0, int(request.query.get("after", "0")))
            wait = min(_LONGEST_POLL, max(0.0, float(request.query.get("wait", "0"))))
        except ValueError as error:
            raise ApiError(400, "bad_frame", "error_bad_frame") from error
        question = Question()
        self._waiting[opened.conversation_id].add(question)
        try:
            page = await self._page(opened, after)
            if not page["events"] and wait:
                try:
                    await asyncio.wait_for(question.woken.wait(), wait)
                except asyncio.TimeoutError:
                    return json_response(page)
                page = {**await self._page(opened, after), "typing": question.typing}
        finally:
            self._waiting[opened.conversation_id].discard(question)
            if not self._waiting[opened.conversation_id]:
                del self._waiting[opened.conversation_id]
        return json_response(page)

    async def _page(self, opened: WidgetPass, after: int) -> dict[str, Any]:
        async with self.services.store.read() as unit:
            row = await read_conversation(unit, opened.conversation_id)
            if row is None:
                raise ApiError(401, "expired", "error_expired")
            holder_name = (await current_tenure(unit, row.id)).agent_name
            if after:
                entries = await messages_after(unit, opened.conversation_id, after)
            else:
                entries = await newest_messages(unit, opened.conversation_id, SNAPSHOT)
        if row.delivered_seq < after <= row.head_seq:
            await self.services.conversations.confirm(row.id, delivered=after, read=0)
        return {
            "v": 1,
            "conversation": row.id,
            "holder": row.holder.value,
            "holder_name": holder_name,
            "head_seq": row.head_seq,
            "seen": row.seen_seq,
            "read": row.read_seq,
            "human": opened.human_button_id,
            "events": [event_frame(entry) for entry in all_out(entries)],
        }

    async def admitted(self, request: web.Request, *, counts: bool) -> WidgetPass:
        """Who asks; raises `ApiError` for a foreign website, an unknown token and, if it `counts`, for too many."""
        self._check_origin(request)
        opened = await self._pass(request)
        if counts:
            self._check_rate(opened)
        return opened

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


async def decoded(request: web.Request, kind: Any) -> Any:
    """The request's body as this type; raises `ApiError` where it does not fit."""
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(400, "bad_frame", "error_bad_frame") from error
