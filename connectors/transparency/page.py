"""`/transparency` for people, `/transparency.json` for programs: the same facts, drawn from where they are kept.

What the bot can do comes from the catalogue that the dialogue itself uses, the figures from the store. The page needs
no script and says nothing that is not so today.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from actions.catalogue import HANDED_OVER, OFFERED, OWN_DATA, REFERRED
from bot.bootstrap import Services
from bot.conversation.model import utc_now
from bot.service.figures import Figures, figures
from bot.transparency.format import REGION, moment, month
from bot.transparency.together import kept_together
from bot.transparency.wording import LANGUAGES, Language, Wording
from connectors.frames import json_response, request_language

_STATIC = Path(__file__).parent / "static"
_STORED = ("messages", "person", "holders", "traces", "memory", "files", "token", "logs")
_LAW = {
    "ai_act": "https://eur-lex.europa.eu/eli/reg/2024/1689/oj",
    "gdpr_information": "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    "gdpr_access": "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    "gdpr_erasure": "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
}
_FIGURES = tuple(name for name in Figures.__struct_fields__ if name not in {"since", "as_of"})


def register_transparency(app: web.Application, services_key: web.AppKey[Services]) -> None:
    """Add the page and its data."""

    async def page(request: web.Request) -> web.Response:
        services = request.app[services_key]
        asked = request.query.get("lang")
        language: Language = "en" if asked == "en" else "de" if asked == "de" else request_language(request)
        body = _render(services, language, await _this_month(services))
        return web.Response(text=kept_together(body), content_type="text/html", headers={"Cache-Control": "no-store"})

    async def data(request: web.Request) -> web.Response:
        services = request.app[services_key]
        return json_response(
            {
                "answers_itself": [*OFFERED, *OWN_DATA],
                "refers_to_a_person": sorted(REFERRED),
                "hands_over": HANDED_OVER,
                "kept_days": _kept_days(services),
                "stored": {name: {one: _stored_text(services, name, one) for one in LANGUAGES} for name in _STORED},
                "law": _LAW,
                "figures": msgspec.to_builtins(await _this_month(services), builtin_types=(datetime,)),
            }
        )

    app.router.add_get("/transparency", page)
    app.router.add_get("/transparency.json", data)
    app.router.add_static("/transparency/static", _STATIC)


async def _this_month(services: Services) -> Figures:
    first = utc_now().astimezone(REGION).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    async with services.store.read() as unit:
        return await figures(unit, first)


def _kept_days(services: Services) -> dict[str, float]:
    """How long what is kept, in days, by the names of `_STORED`; what is not here has no period."""
    periods = services.periods
    return {
        "messages": periods.conversations,
        "person": periods.conversations,
        "traces": periods.traces,
        "memory": periods.memory,
        "files": services.settings.file_days,
        "token": services.settings.token_lifetime / 86400,
    }


def _stored_text(services: Services, name: str, language: Language) -> str:
    """What is stored of this kind, who can read it, and for how long."""
    kept, values = _kept_days(services), {}
    if name in kept:
        # In German the number of days stands in another case after "nach".
        key = "transparency_days" if name in {"messages", "person", "token"} else "transparency_after_days"
        values = {"days": services.words.say(key, language, n=f"{kept[name]:g}")}
    return services.words.say(f"transparency_stored_{name}_text", language, **values)


def _render(services: Services, language: Language, counted: Figures) -> str:
    words: Wording = services.words

    def say(key: str, **values: Any) -> str:
        return escape(words.say(f"transparency_{key}", language, **values))

    def titles(intents: Any) -> str:
        items = (escape(words.say(f"intent_title_{intent}", language)) for intent in intents)
        return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"

    def section(name: str, *parts: str) -> str:
        return f'<section aria-labelledby="{name}"><h2 id="{name}">{say(name)}</h2>{"".join(parts)}</section>'

    def paragraphs(*keys: str) -> str:
        return "".join(f"<p>{say(key)}</p>" for key in keys)

    def stored() -> str:
        pairs = (
            f"<dt>{say(f'stored_{name}')}</dt><dd>{escape(_stored_text(services, name, language))}</dd>"
            for name in _STORED
        )
        return f"<dl>{''.join(pairs)}</dl>"

    def law() -> str:
        pairs = (
            f'<dt><a href="{address}" rel="noopener">{say(f"law_{name}")}</a></dt><dd>{say(f"law_{name}_text")}</dd>'
            for name, address in _LAW.items()
        )
        return f"<dl>{''.join(pairs)}</dl>"

    numbers = "".join(
        f'<tr><th scope="row">{say(f"figure_{name}")}</th><td>{getattr(counted, name)}</td></tr>' for name in _FIGURES
    )
    caption = say(
        "figures_caption",
        month=month(counted.since.astimezone(REGION).date(), language),
        as_of=moment(counted.as_of, language),
    )
    other = "en" if language == "de" else "de"
    sections = (
        section("who", paragraphs("who_bot", "who_person", "who_reach")),
        section("can", paragraphs("can_text"), titles((*OFFERED, *OWN_DATA))),
        section(
            "cannot", paragraphs("cannot_text"), titles(REFERRED), paragraphs("cannot_handover"), titles(HANDED_OVER)
        ),
        section("stored", paragraphs("stored_text"), stored(), paragraphs("stored_until")),
        section("figures", f"<table><caption>{caption}</caption><tbody>{numbers}</tbody></table>"),
        section("law", paragraphs("law_text"), law()),
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{say('title')}</title>"
        '<link rel="stylesheet" href="/transparency/static/transparency.css"></head><body><main>'
        f'<p class="language"><a href="/transparency?lang={other}" hreflang="{other}" lang="{other}">'
        f"{say('other_language')}</a></p><h1>{say('title')}</h1>"
        f'<p class="lead">{say("lead")}</p>{"".join(sections)}'
        f'<p><a href="/transparency.json">{say("as_data")}</a></p></main></body></html>'
    )
