"""A record as a page that stands alone: readable, printable, without a script, in German or English.

Guarantee: every entry is shown with its author in words; nothing of the record is left out, and everything that comes
from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from bot.service.record import Held, Record, Said, Understood
from bot.transparency.format import as_of, certainty, moment
from bot.transparency.together import kept_together
from bot.transparency.wording import Language, Wording

Row = Mapping[str, Any]

_STYLE = (
    ":root{color-scheme:light dark}body{max-width:46rem;margin:0 auto;padding:1.5rem 1.25rem 4rem;"
    'font:1.125rem/1.6 system-ui,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif}'
    "article{margin:0 0 1.25rem;white-space:pre-line;overflow-wrap:anywhere}h3{font-size:1rem;margin:0}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .75rem .35rem 0;"
    "vertical-align:top;border-top:1px solid #8888}.together{white-space:nowrap}.long{overflow-wrap:anywhere}"
    "@media (max-width:40rem){table,tbody,tr,td{display:block}thead{position:absolute;clip-path:inset(50%)}"
    "tr{padding:.6rem 0;border-top:1px solid #8888}td{padding:.1rem 0;border:0}td:empty{display:none}"
    'td::before{content:attr(data-label) ": " / "";opacity:.75}}'
)


def record_page(record: Record, words: Wording, language: Language) -> str:
    """The whole page, with its style inside, for keeping."""
    return kept_together(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words.say('record_title', language))}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(words.say('record_title', language))}</h1>{record_body(record, words, language)}"
        "</main></body></html>"
    )


def record_body(record: Record, words: Wording, language: Language) -> str:
    """The record's sections, for a page around them."""
    return "".join(_Page(words, language).sections(record))


class _Page:
    def __init__(self, words: Wording, language: Language) -> None:
        self._words = words
        self._language = language

    def _say(self, key: str, **values: object) -> str:
        return escape(self._words.say(f"record_{key}", self._language, **values))

    def _named(self, prefix: str, name: str) -> str:
        """The wording for a name of the machinery; the name itself where there is none."""
        key = f"{prefix}_{name}"
        return escape(self._words.say(key, self._language) if self._words.has(key) else name.replace("_", " "))

    def sections(self, record: Record) -> Iterable[str]:
        yield self._about(record)
        said = "".join(self._said(one) for one in record.messages)
        yield self._section("messages", f"<p>{self._say('labels')}</p>{said}")
        yield self._table("holders", ("who", "why", "since", "until"), map(self._held, record.holders))
        yield self._table(
            "understood", ("when", "understood_as", "how_sure", "asked", "became"), map(self._read, record.understood)
        )
        if record.files:
            yield self._table("files", ("file", "when", "state"), map(self._file, record.files))
        if record.cases:
            yield self._table("cases", ("case", "since", "due", "ticket"), map(self._case, record.cases))
        if record.waits:
            yield self._table("waits", ("when", "until", "became"), map(self._wait, record.waits))
        if record.erasures:
            yield self._table("erasures", ("when", "who"), map(self._erasure, record.erasures))
        if record.notes:
            yield self._table("notes", ("when", "who", "what"), map(self._note, record.notes))

    def _about(self, record: Record) -> str:
        facts = [
            ("conversation", escape(record.conversation)),
            ("channel", self._named("record_channel", record.channel)),
            ("opened", self._at(record.opened_at)),
            ("exported", self._at(record.exported_at)),
        ]
        if record.customer_number:
            level = self._named("record_identity", record.identity or "claimed")
            who = escape(f"{record.customer_name or ''} {record.customer_number}".strip())
            facts.append(("customer", f"{who} ({level})"))
        if record.phone:
            facts.append(("phone", escape(record.phone)))
        pairs = (f"<dt>{self._say(f'fact_{key}')}</dt><dd>{value}</dd>" for key, value in facts)
        return f"<dl>{''.join(pairs)}</dl>"

    def _said(self, one: Said) -> str:
        kind = self._say(f"author_{one.author}")
        name = escape(one.name)
        author = name if name == kind else f"{name} ({kind})"
        time = f'<time datetime="{one.at.isoformat()}">{self._at(one.at)}</time>'
        parts = [f"<h3>{author}, {time}</h3>{escape(one.text)}"]
        if one.choices:
            parts.append(self._say("choices", choices=" · ".join(one.choices)))
        parts += [
            self._say("source", label=source["label"], as_of=as_of(source["as_of"], self._language))
            for source in one.sources
        ]
        return f'<article class="{escape(one.author)}">{chr(10).join(parts)}</article>'

    def _held(self, one: Held) -> tuple[str, ...]:
        who = escape(one.name) if one.name else self._say(f"holder_{one.holder}")
        if one.name:
            who = f"{who} ({self._say('author_human')})"
        if one.seen_at is not None:
            who += f"<br>{self._say('seen', at=moment(one.seen_at, self._language))}"
        until = self._say("still") if one.until is None else self._at(one.until)
        return who, self._named("record_reason", one.reason), self._at(one.since), until

    def _read(self, one: Understood) -> tuple[str, ...]:
        sure = "" if one.confidence is None else self._say("percent", n=certainty(one.confidence))
        asked = "<br>".join(map(self._call, one.calls))
        intent = "" if one.intent is None else self._named("intent_title", one.intent)
        return self._at(one.at), intent, sure, asked, self._say(f"outcome_{one.outcome}")

    def _call(self, one: Row) -> str:
        """A system that was asked, by its name, and below it what the machinery calls the question and its outcome."""
        system = self._named("record_system", str(one.get("system")))
        technical = f"{one.get('operation')}: {one.get('result')}"
        return f'{system}<br><small class="long">{self._say("technical", name=technical)}</small>'

    def _file(self, one: Row) -> tuple[str, ...]:
        name = f'<span class="long">{escape(str(one["file_name"] or one["kind"]))}</span>'
        return name, self._at(one["created_at"]), self._named("record_file", one["state"])

    def _case(self, one: Row) -> tuple[str, ...]:
        return escape(one["number"]), self._at(one["created_at"]), self._at(one["due_at"]), escape(one["ticket"] or "–")

    def _wait(self, one: Row) -> tuple[str, ...]:
        became = self._named("record_wait", one["outcome"] or "open")
        return self._at(one["measured_at"]), self._at(one["promised_until"]), became

    def _erasure(self, one: Row) -> tuple[str, ...]:
        return self._at(one["at"]), self._named("record_by", one["asked_by"])

    def _note(self, one: Row) -> tuple[str, ...]:
        return self._at(one["at"]), escape(one["agent_name"]), f'<span class="long">{escape(one["text"])}</span>'

    def _section(self, name: str, content: str) -> str:
        return f'<section aria-labelledby="r-{name}"><h2 id="r-{name}">{self._say(name)}</h2>{content}</section>'

    def _table(self, name: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
        """On a phone each row is a block with every value under its heading; the roles keep it a table all the same."""
        labels = [self._say(f"head_{one}") for one in heads]
        head = "".join(f'<th scope="col" role="columnheader">{label}</th>' for label in labels)
        body = "".join(
            '<tr role="row">'
            + "".join(
                f'<td role="cell" data-label="{label}">{cell}</td>' for label, cell in zip(labels, row, strict=True)
            )
            + "</tr>"
            for row in rows
        )
        return self._section(
            name,
            f'<table role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
            f'<tbody role="rowgroup">{body}</tbody></table>',
        )

    def _at(self, value: datetime) -> str:
        return escape(moment(value, self._language))
