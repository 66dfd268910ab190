"""The page behind the links in mails about the build-out: confirm, see and end them.

The link that ends them does so by itself, without a login and without a question; whoever did not mean it can turn them
on again with one button. Confirming needs the button, so that a mail scanner which follows links confirms nothing. The
token is the only key: a wrong one is "not valid", whoever asks.
"""

from __future__ import annotations

from html import escape

from aiohttp import web

from actions.crm.errors import CrmUnavailable
from actions.crm.interest_models import Interest
from bot.bootstrap import Services
from bot.transparency.together import kept_together
from bot.transparency.wording import Language, Wording
from connectors.frames import request_language


def register_updates(app: web.Application, services_key: web.AppKey[Services]) -> None:
    """Add the page and its two changes."""

    async def page(request: web.Request) -> web.Response:
        return await _answer(request, None)

    async def confirm(request: web.Request) -> web.Response:
        return await _answer(request, True)

    async def end(request: web.Request) -> web.Response:
        return await _answer(request, False)

    async def _answer(request: web.Request, wanted: bool | None) -> web.Response:
        services = request.app[services_key]
        token = request.match_info["token"]
        try:
            if wanted is None:
                found = await services.crm.interest_by_token(token)
            else:
                found = await services.crm.set_updates(token, wanted)
        except CrmUnavailable:
            return _page(services.words, request_language(request), "updates_unavailable", "", token, status=503)
        if found is None or found.value.updates == "none":
            return _page(services.words, request_language(request), "updates_invalid", "", token, status=404)
        interest: Interest = found.value
        return _page(
            services.words, interest.language, f"updates_{interest.updates}", interest.address.line, token, status=200
        )

    app.router.add_get("/updates/{token}", page)
    app.router.add_post("/updates/{token}/confirm", confirm)
    # HEAD must change nothing; POST is the one click that mail programs offer by themselves (RFC 8058).
    app.router.add_get("/updates/{token}/end", end, allow_head=False)
    app.router.add_post("/updates/{token}/end", end)


def _page(words: Wording, language: Language, key: str, address: str, token: str, *, status: int) -> web.Response:
    def say(name: str, **values: str) -> str:
        return escape(words.say(name, language, **values))

    def form(change: str) -> str:
        button = say(f"updates_button_{change}")
        return f'<form method="post" action="/updates/{escape(token)}/{change}"><button>{button}</button></form>'

    forms = {"updates_asked": ("confirm", "end"), "updates_on": ("end",), "updates_ended": ("confirm",)}.get(key, ())
    body = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{say('updates_title')}</title>"
        '<link rel="stylesheet" href="/transparency/static/transparency.css"></head><body><main>'
        f"<h1>{say('updates_title')}</h1><p>{say(key, address=address)}</p>{''.join(map(form, forms))}"
        f'<p><a href="/transparency?lang={language}">{say("updates_privacy")}</a></p></main></body></html>'
    )
    # The address holds the secret: nobody may keep or pass it on.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=kept_together(body), status=status, content_type="text/html", headers=headers)
