"""The page to write on without a script: a form that becomes a case, with its number and due time shown.

The page holds an id that the server gave out, so a form sent twice is one case (`bot/service/forms.py`). After it was
sent, the browser is led to a page of its own that may be loaded again without sending anything. Who sends many in a
short time is asked to wait, with what was written kept; the count is each process's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path

from aiohttp import web

from bot.bootstrap import Services
from bot.conversation.limits import TEXT_LIMIT
from bot.conversation.model import utc_now
from bot.service.forms import Form
from bot.service.outcomes import Refused
from bot.store.cases import Case
from bot.store.teams import team_name
from bot.transparency.format import clock, weekday
from bot.transparency.together import kept_together
from bot.transparency.wording import Language
from connectors.frames import address_of, request_language
from connectors.widget.allowance import Allowance, Allowances

_STATIC = Path(__file__).parent / "form_static"
# Forms from one address: so many at once, and one more after so many seconds; and the same for all together.
_EACH, _EACH_AGAIN = 5.0, 600.0
_ALL, _ALL_AGAIN = 120.0, 30.0


class FormPage:
    """The form, what it became, and the style of both."""

    def __init__(self, check_origin: Callable[[web.Request], None]) -> None:
        self._check_origin = check_origin
        self._services: Services | None = None
        self._each = Allowances(1 / _EACH_AGAIN, _EACH)
        self._all = Allowance(1 / _ALL_AGAIN, _ALL)
        # Forms that are being stored right now, with how often: what is sent again meanwhile is no other form.
        self._on_their_way: Counter[str] = Counter()

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/widget/form", self._show)
        app.router.add_post("/widget/form", self._send)
        app.router.add_get("/widget/form/sent", self._sent)
        app.router.add_static("/widget/form/static", _STATIC)

    def start(self, services: Services) -> None:
        """The services are there."""
        self._services = services

    @property
    def services(self) -> Services:
        """The services, once started."""
        assert self._services is not None
        return self._services

    async def _show(self, request: web.Request) -> web.Response:
        language = _language(request)
        form = Form(id=self.services.forms.new_id(utc_now()), text="", contact="", language=language)
        return self._page(language, "form_title", self._form(form))

    async def _send(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        given = await request.post()
        language = _language(request)
        form = Form(
            id=_text(given.get("form")),
            text=_text(given.get("text")),
            contact=_text(given.get("contact")),
            language=language,
        )
        forms = self.services.forms
        try:
            forms.check(form, utc_now())
            stored = await forms.case_of(form.id) is not None
            if not (stored or form.id in self._on_their_way or self._may_send(request)):
                return self._page(language, "form_title", self._form(form, "rate"), status=429)
            self._on_their_way[form.id] += 1
            try:
                await forms.take_in(form)
            finally:
                self._on_their_way[form.id] -= 1
                self._on_their_way += Counter()  # leaves out what is at nought
        except Refused as refused:
            if refused.code == "outdated":
                form = Form(id=forms.new_id(utc_now()), text=form.text, contact=form.contact, language=language)
            return self._page(language, "form_title", self._form(form, refused.code), status=422)
        raise web.HTTPSeeOther(f"/widget/form/sent?lang={language}&form={form.id}")

    def _may_send(self, request: web.Request) -> bool:
        return self._each.take(address_of(request, self.services.settings.proxies)) and self._all.take()

    async def _sent(self, request: web.Request) -> web.Response:
        language = _language(request)
        case = await self.services.forms.case_of(request.query.get("form", ""))
        if case is None:
            raise web.HTTPNotFound
        async with self.services.store.read() as unit:
            team = await team_name(unit, case.team, language)
        return self._page(language, "form_done_title", self._case(case, team, language))

    def _form(self, form: Form, error: str | None = None) -> str:
        def say(key: str, **values: str) -> str:
            return escape(self.services.words.say(f"form_{key}", form.language, **values))

        wrong = {"empty": "text", "too_long": "text", "contact": "contact"}.get(error or "")

        def state(field: str) -> str:
            invalid = ' aria-invalid="true"' if field == wrong else ""
            return f' aria-describedby="{field}-hint{" error" if invalid else ""}"{invalid}'

        shown = ""
        if error is not None:
            values = {"limit": str(TEXT_LIMIT)} if error == "too_long" else {}
            shown = (
                f'<div class="error" role="alert" id="error" tabindex="-1" autofocus><h2>{say("error_heading")}</h2>'
                f"<p>{say(f'error_{error}', **values)}</p></div>"
            )
        return (
            f"<p>{say('lead')}</p><p>{say('without_script')}</p>{'' if wrong else shown}"
            f'<form method="post" action="/widget/form?lang={form.language}">'
            f'<input type="hidden" name="form" value="{escape(form.id)}">'
            f'{shown if wrong == "text" else ""}<label for="text">{say("text")}</label>'
            f'<p class="hint" id="text-hint">{say("text_hint")}</p>'
            f'<textarea id="text" name="text" rows="6" required maxlength="{TEXT_LIMIT}" dir="auto"{state("text")}>'
            f"\n{escape(form.text)}</textarea>"
            f'{shown if wrong == "contact" else ""}<label for="contact">{say("contact")}</label>'
            f'<p class="hint" id="contact-hint">{say("contact_hint")}</p>'
            f'<input id="contact" name="contact" required maxlength="200" autocomplete="tel" dir="auto"'
            f' value="{escape(form.contact)}"{state("contact")}>'
            f"<button>{say('send')}</button></form>"
            f'<p class="small">{say("stored")} '
            f'<a href="/transparency?lang={form.language}">{say("stored_link")}</a>.</p>'
        )

    def _case(self, case: Case, team: str, language: Language) -> str:
        def say(key: str) -> str:
            return escape(self.services.words.say(key, language))

        due = f"{weekday(case.due_at, language)}, {clock(case.due_at, language)}"
        return (
            f"<dl><dt>{say('form_done_number')}</dt><dd>{escape(case.number)}</dd>"
            f"<dt>{say('form_done_due')}</dt><dd>{escape(due)}</dd>"
            f"<dt>{say('form_done_team')}</dt><dd>{escape(team)}</dd></dl>"
            f"<p>{say('form_done_next')}</p>"
            f'<p class="again"><a href="/widget/form?lang={language}">{say("form_done_again")}</a></p>'
        )

    def _page(self, language: Language, title: str, body: str, status: int = 200) -> web.Response:
        words = self.services.words
        other = "en" if language == "de" else "de"
        text = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(words.say(title, language))}</title>"
            '<link rel="stylesheet" href="/widget/form/static/form.css"></head><body><main>'
            f'<p class="language"><a href="/widget/form?lang={other}" hreflang="{other}" lang="{other}">'
            f"{escape(words.say('form_other_language', language))}</a></p>"
            f"<h1>{escape(words.say(title, language))}</h1>{body}</main></body></html>"
        )
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=kept_together(text), status=status, content_type="text/html", headers=headers)


def _language(request: web.Request) -> Language:
    asked = request.query.get("lang")
    return "en" if asked == "en" else "de" if asked == "de" else request_language(request)


def _text(value: object) -> str:
    """A field as text; a file in its place is nothing."""
    return value if isinstance(value, str) else ""
