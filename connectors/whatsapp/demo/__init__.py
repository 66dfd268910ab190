"""The demonstration's phone, present only with `KLARTEXT_DEMO=1` and no WhatsApp settings.

The page speaks to phones behind the stand-in; these post signed webhooks to the edge over HTTP, and the edge sends to
the stand-in over HTTP, exactly as with the provider. Keys are made at the start and live in this process alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.service.templates import templates
from bot.settings import Settings
from bot.transparency.wording import LANGUAGES
from connectors.frames import ApiError, is_same_origin, json_response
from connectors.whatsapp.channel import PATH
from connectors.whatsapp.demo.samples import SAMPLES
from connectors.whatsapp.standin import Accepted, Phones, StandIn, Troubles, Webhooks

_STATIC = Path(__file__).parent / "static"
_LONGEST_POLL = 20.0
_MOST_PHONES = 1000
_PHONE_NUMBER_ID = "100000000000001"


class Begin(msgspec.Struct):
    """A page wants a phone; one from abroad is greeted in English."""

    language: Literal["de", "en"] = "de"


class Press(msgspec.Struct):
    """A choice of a message."""

    message: str
    choice: str


class Send(msgspec.Struct):
    """What the phone sends: a text, a pressed choice, or one of the sample files."""

    token: str
    text: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    press: Press | None = None
    sample: Literal["image", "voice", "location"] | None = None


class Colleague(msgspec.Struct):
    """Somebody of the company writes to this phone in the WhatsApp Business app, beside the desk."""

    token: str
    text: Annotated[str, Meta(min_length=1, max_length=1000)]


class Switch(msgspec.Struct):
    """What is to go wrong."""

    repeated: bool = False
    answer_lost: bool = False
    throttled: bool = False
    token_expired: bool = False


class PhoneDemo:
    """A stand-in of the provider and the page in front of it."""

    def __init__(self, settings: Settings) -> None:
        # Bound now, so that the address is known before anything starts.
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        token, secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.settings = replace(
            settings,
            whatsapp_phone_number_id=_PHONE_NUMBER_ID,
            whatsapp_access_token=token,
            whatsapp_app_secrets=(secret,),
            whatsapp_verify_token=secrets.token_urlsafe(24),
            whatsapp_api_base=f"http://127.0.0.1:{self._socket.getsockname()[1]}",
        )
        self._webhooks = Webhooks(secret, _PHONE_NUMBER_ID)
        self.standin = StandIn(
            self._webhooks, phone_number_id=_PHONE_NUMBER_ID, token=token, templates=frozenset(templates())
        )
        self._phones = Phones(self.standin)
        # Numbers by the tokens of their pages; the oldest are forgotten.
        self._numbers: dict[str, str] = {}

    def register(self, app: web.Application, services_key: web.AppKey[Services]) -> None:
        """Add `/demo/whatsapp` and start the stand-in with the edge."""

        async def wording(request: web.Request) -> web.Response:
            language = request.match_info["language"]
            if language not in LANGUAGES:
                raise web.HTTPNotFound
            return json_response(request.app[services_key].words.table("phone_", language))

        async def page(_request: web.Request) -> web.FileResponse:
            return web.FileResponse(_STATIC / "index.html")

        async def running(_app: web.Application) -> AsyncIterator[None]:
            await self.standin.start(on=self._socket)
            yield
            await self.standin.close()
            await self._webhooks.close()

        # Before the services: they send to it until they end.
        app.cleanup_ctx.insert(0, running)
        app.router.add_get("/demo/whatsapp", page)
        app.router.add_post("/demo/whatsapp/phone", self._begin)
        app.router.add_post("/demo/whatsapp/messages", self._send)
        app.router.add_get("/demo/whatsapp/messages", self._messages)
        app.router.add_post("/demo/whatsapp/colleague", self._colleague)
        app.router.add_get("/demo/whatsapp/files/{message}", self._file)
        app.router.add_get("/demo/whatsapp/samples/image", _sample)
        app.router.add_post("/demo/whatsapp/troubles", self._troubles)
        app.router.add_get("/demo/whatsapp/wording/{language}.json", wording)
        app.router.add_static("/demo/whatsapp/static", _STATIC)

    async def _begin(self, request: web.Request) -> web.Response:
        begin = await _decoded(request, Begin)
        number = f"49151{secrets.randbelow(10**8):08d}"
        if begin.language == "en":
            # In every area of North America these are nobody's.
            number = f"1{201 + secrets.randbelow(789)}55501{secrets.randbelow(100):02d}"
        token = secrets.token_urlsafe(24)
        self._numbers[token] = number
        if len(self._numbers) > _MOST_PHONES:
            del self._numbers[next(iter(self._numbers))]
        return json_response({"token": token, "number": number})

    def _number(self, token: str) -> str:
        try:
            return self._numbers[token]
        except KeyError:
            raise ApiError(401, "expired", "error_expired") from None

    async def _send(self, request: web.Request) -> web.Response:
        sent = await _decoded(request, Send)
        number = self._number(sent.token)
        self._webhooks.address = _webhook_of(request)
        if sent.press is not None:
            found = [message for message in self._phones.shown(number) if message.id == sent.press.message]
            if not found or all(choice["id"] != sent.press.choice for choice in found[0].choices):
                raise ApiError(422, "button", "error_button")
            message_id = await self._phones.press(number, found[0], sent.press.choice)
        elif sent.sample == "location":
            place = {"latitude": 51.4825, "longitude": 11.9697, "name": "Marktplatz", "address": "Halle (Saale)"}
            message_id = await self._phones.send(number, "location", place)
        elif sent.sample is not None:
            kind, content, more = SAMPLES[sent.sample]
            message_id = await self._phones.send_file(number, kind, content, **more)
        elif sent.text is not None:
            message_id = await self._phones.write(number, sent.text)
        else:
            raise ApiError(400, "bad_frame", "error_bad_frame")
        return json_response({"id": message_id})

    async def _colleague(self, request: web.Request) -> web.Response:
        written = await _decoded(request, Colleague)
        number = self._number(written.token)
        self._webhooks.address = _webhook_of(request)
        return json_response({"id": await self._phones.colleague(number, written.text)})

    async def _messages(self, request: web.Request) -> web.Response:
        number = self._number(request.headers.get("X-Phone", ""))
        try:
            after = max(0, int(request.query.get("after", "0")))
            marks = max(0, int(request.query.get("marks", "0")))
        except ValueError as error:
            raise ApiError(400, "bad_frame", "error_bad_frame") from error
        changed = self.standin.changed
        if len(self._phones.shown(number)) <= after and len(self.standin.read_marks) <= marks:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(changed.wait(), _LONGEST_POLL)
        shown = self._phones.shown(number)
        for message in shown[after:]:
            await self.standin.tell(message, "read")
        new = self.standin.read_marks[marks:]
        return json_response(
            {
                "messages": [self._view(message) for message in shown[after:]],
                "marks": len(self.standin.read_marks),
                "read": [message_id for message_id, _ in new],
                "typing": [message_id for message_id, typing in new if typing],
            }
        )

    def _view(self, message: Accepted) -> dict[str, Any]:
        body = message.body.get("interactive", {})
        return {
            "id": message.id,
            "text": message.text,
            "at": message.at,
            "kind": body.get("type", "text"),
            "open": body.get("action", {}).get("button"),
            "choices": message.choices,
            "file": None if message.media_id is None else self._file_view(message),
        }

    def _file_view(self, message: Accepted) -> dict[str, Any]:
        kind = str(message.body["type"])
        return {"kind": kind, "name": message.body[kind].get("filename")}

    async def _file(self, request: web.Request) -> web.Response:
        """A file that came to a phone; nobody can guess a message's id."""
        found = (one for one in self.standin.accepted if one.id == request.match_info["message"])
        message = next(found, None)
        content = None if message is None else self.standin.media.get(str(message.media_id))
        if message is None or content is None:
            raise web.HTTPNotFound
        media_type = self.standin.uploads[str(message.media_id)]
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private"}
        if not media_type.startswith("image/"):
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=content, content_type=media_type, headers=headers)

    async def _troubles(self, request: web.Request) -> web.Response:
        switch = await _decoded(request, Switch)
        self.standin.let_go_wrong(
            Troubles(
                repeated=0.7 if switch.repeated else 0.0,
                reordered=switch.repeated,
                answer_lost=0.5 if switch.answer_lost else 0.0,
                patience=1.0,
                next_codes=deque([130429] if switch.throttled else []),
                pair_per_second=1 if switch.throttled else 0,
                token_expired=switch.token_expired,
            )
        )
        return json_response({})


async def _sample(_request: web.Request) -> web.Response:
    """The picture that a phone can send."""
    return web.Response(body=SAMPLES["image"][1], content_type="image/png")


def _webhook_of(request: web.Request) -> str:
    """The edge's own address, as this connection reached it behind whatever stands in front."""
    assert request.transport is not None
    host, port = request.transport.get_extra_info("sockname")[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"


async def _decoded(request: web.Request, kind: type[Any]) -> Any:
    if not is_same_origin(request):
        raise ApiError(403, "origin", "error_origin")
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(400, "bad_frame", "error_bad_frame") from error
