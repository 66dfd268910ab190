"""`/record`: a customer's own conversation to read, download and erase, reached with the conversation's token.

The token comes in the body of a form, never in an address, so no log, history or referrer gets it. The page needs no
script and sets no cookie: each of its forms carries the token on. Without a token the page says how to open it; with
one that opens nothing it says so, whatever the reason. Nothing is erased without the tick that asks for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import escape
from pathlib import Path

import msgspec
from aiohttp import web

from bot.bootstrap import Services
from bot.conversation.model import utc_now
from bot.service.record import Record, record_of
from bot.store.errors import UnknownConversation
from bot.store.tokens import widget_pass
from bot.transparency.format import moment
from bot.transparency.record_page import record_body, record_page
from bot.transparency.together import kept_together
from bot.transparency.wording import Language, Wording
from connectors.frames import request_language

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_LONGEST_TOKEN = 200
_STATIC = Path(__file__).parent / "static"


def register_record(app: web.Application, services_key: web.AppKey[Services]) -> None:
    """Add the page, the downloads and the erasure."""

    async def explain(request: web.Request) -> web.Response:
        words, language = request.app[services_key].words, _language(request, request.query.get("lang"))
        return _page(words, language, "record_title", _paragraph(words, language, "record_open_from_chat"))

    def with_record(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            services = request.app[services_key]
            form = await request.post()
            token, language = str(form.get("token", ""))[:_LONGEST_TOKEN], _language(request, form.get("lang"))
            record = await _record(services, token)
            if record is None:
                body = _paragraph(services.words, language, "record_expired")
                return _page(services.words, language, "record_title", body, status=403)
            return await answer(services, record, token, {key: str(value) for key, value in form.items()}, language)

        return handle

    app.router.add_get("/record", explain)
    app.router.add_post("/record", with_record(_show))
    app.router.add_post("/record/download", with_record(_download))
    app.router.add_post("/record/erase", with_record(_erase))
    app.router.add_static("/record/static", _STATIC)


Answer = Callable[[Services, Record, str, dict[str, str], Language], Awaitable[web.Response]]


async def _record(services: Services, token: str) -> Record | None:
    if not token:
        return None
    async with services.store.write() as unit:
        opened = await widget_pass(unit, token, timedelta(seconds=services.settings.token_lifetime))
    if opened is None:
        return None
    try:
        async with services.store.report() as unit:
            return await record_of(unit, opened.conversation_id)
    except UnknownConversation:
        return None


async def _show(
    services: Services, record: Record, token: str, _form: dict[str, str], language: Language
) -> web.Response:
    return _page(services.words, language, "record_title", _reading(services.words, language, record, token))


async def _download(
    services: Services, record: Record, _token: str, form: dict[str, str], language: Language
) -> web.Response:
    if form.get("format") == "html":
        body, kind, ending = record_page(record, services.words, language).encode(), "text/html", "html"
    else:
        body, kind, ending = msgspec.json.format(msgspec.json.encode(record)), "application/json", "json"
    name = f"klartext-{record.exported_at:%Y-%m-%d}.{ending}"
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


async def _erase(
    services: Services, record: Record, token: str, form: dict[str, str], language: Language
) -> web.Response:
    words = services.words
    if form.get("confirmed") != "yes":
        warning = f'<p role="alert">{escape(words.say("record_erase_unconfirmed", language))}</p>'
        body = warning + _reading(words, language, record, token)
        return _page(words, language, "record_title", body, status=422)
    await services.erasures.erase(record.conversation, "customer")
    said = escape(words.say("record_erased_text", language, at=moment(utc_now(), language)))
    return _page(words, language, "record_erased_title", f"<p>{said}</p>{_elsewhere(words, language, record)}")


def _reading(words: Wording, language: Language, record: Record, token: str) -> str:
    def say(key: str) -> str:
        return escape(words.say(key, language))

    key = f'<input type="hidden" name="token" value="{escape(token)}">'
    lang = f'<input type="hidden" name="lang" value="{language}">'
    downloads = "".join(
        f'<form method="post" action="/record/download">{key}{lang}<input type="hidden" name="format" value="{kind}">'
        f"<button>{say(f'record_download_{kind}')}</button></form>"
        for kind in ("html", "json")
    )
    erase = (
        f'<section class="erase" aria-labelledby="erase"><h2 id="erase">{say("record_erase")}</h2>'
        f"<p>{say('record_erase_text')}</p>"
        f"{_elsewhere(words, language, record)}"
        f'<form method="post" action="/record/erase">{key}{lang}<p><label><input type="checkbox" name="confirmed" '
        f'value="yes" required> {say("record_erase_confirm")}</label></p><button>{say("record_erase")}</button>'
        "</form></section>"
    )
    lead = f'<p class="lead">{say("record_lead")}</p><p>{say("record_not_here")}</p>'
    return lead + f'<div class="forms">{downloads}</div>' + record_body(record, words, language) + erase


def _elsewhere(words: Wording, language: Language, record: Record) -> str:
    """What an erasure here does not reach, by its ticket's number."""
    tickets = ", ".join(case["ticket"] for case in record.cases if case["ticket"])
    return f"<p>{escape(words.say('erased_tickets', language, tickets=tickets))}</p>" if tickets else ""


def _paragraph(words: Wording, language: Language, key: str) -> str:
    return f"<p>{escape(words.say(key, language))}</p>"


def _page(words: Wording, language: Language, title: str, body: str, *, status: int = 200) -> web.Response:
    heading = escape(words.say(title, language))
    more = escape(words.say("record_transparency", language))
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<title>{heading}</title><link rel="stylesheet" href="/transparency/static/transparency.css">'
        '<link rel="stylesheet" href="/record/static/record.css"></head>'
        f'<body><main><h1>{heading}</h1>{body}<p><a href="/transparency?lang={language}">{more}</a></p></main>'
        "</body></html>"
    )
    return web.Response(text=kept_together(text), status=status, content_type="text/html", headers=_HEADERS)


def _language(request: web.Request, asked: object) -> Language:
    if asked == "en":
        return "en"
    return "de" if asked == "de" else request_language(request)
