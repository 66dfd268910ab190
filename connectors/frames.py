"""JSON that leaves the edge: the event frame, which widget and desk share, and errors in the reader's language."""

from __future__ import annotations

from html import escape
from ipaddress import ip_address
from typing import Any

import msgspec
from aiohttp import web

from bot.transparency.gate import LetOut
from bot.transparency.wording import Language, Wording, language_of

_encoder = msgspec.json.Encoder()


def encode(value: object) -> str:
    """JSON text."""
    return _encoder.encode(value).decode()


def event_frame(entry: LetOut) -> dict[str, Any]:
    """A log entry as customers and agents get it: always with its author, never with a button's payload."""
    message = entry.message
    frame: dict[str, Any] = {
        "type": "event",
        "seq": message.seq,
        "at": message.at,
        "kind": message.kind.value,
        "author": {"kind": message.author.kind.value, "name": message.author.name},
        "text": message.text,
        "holder": message.holder.value,
    }
    if message.holder_name:
        frame["holder_name"] = message.holder_name
    if message.buttons:
        frame["buttons"] = [
            {"id": button.id, "title": button.title, **({"opens": button.opens} if button.opens else {})}
            for button in message.buttons
        ]
    if message.sources:
        frame["sources"] = [{"label": source.label, "as_of": source.as_of} for source in message.sources]
    if message.case:
        frame["case"] = message.case
    if message.files:
        frame["files"] = message.files
    if message.client_id:
        frame["client_id"] = message.client_id
    return frame


def json_response(value: object, status: int = 200) -> web.Response:
    """A JSON answer that no cache keeps."""
    return web.Response(
        body=_encoder.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


class ApiError(Exception):
    """Ends a request with a status and a sentence in the reader's language."""

    def __init__(self, status: int, code: str, key: str, **values: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.key = key
        self.values = values

    def response(self, words: Wording, request: web.Request) -> web.Response:
        """The error as a page for whoever opened a page, else as JSON: `code` for programs, `message` for people."""
        language = request_language(request)
        message = words.say(self.key, language, **self.values)
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            page = (
                f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
                '<meta name="viewport" content="width=device-width, initial-scale=1">'
                f"<title>{escape(message)}</title><p>{escape(message)}</p></html>"
            )
            return web.Response(text=page, status=self.status, content_type="text/html")
        return json_response({"code": self.code, "message": message}, self.status)


def request_language(request: web.Request) -> Language:
    """The language that the reader's browser asks for."""
    return language_of(request.headers.get("Accept-Language", "de").split(",")[0])


def is_same_origin(request: web.Request, allowed: frozenset[str] = frozenset()) -> bool:
    """Whether a browser's request comes from our own pages or an allowed one; no Origin means no browser."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    _, _, host = origin.partition("://")
    return host == request.headers.get("Host") or origin in allowed


def address_of(request: web.Request, proxies: frozenset[str]) -> str:
    """Where a request comes from. Only our own proxies are believed: one on this machine, and those in the settings."""
    peer = request.remote or ""
    try:
        trusted = peer in proxies or ip_address(peer).is_loopback
    except ValueError:
        return peer
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if trusted and forwarded else peer
