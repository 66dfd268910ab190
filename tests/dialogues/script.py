"""Conversations as files: what the customer does, and what must come back. Each `*.yml` here is a list of dialogues.

    - dialogue: an overdue invoice, shown after one proof    # its name; unique in the file
      customer: "2092467"               # who speaks: a demo customer's number (`klartext demo customers`); optional
      crm: sql                          # or http: the customer data behind a server that can be made to fail; optional
      channel: widget                   # or whatsapp: over the signed webhook, to a stand-in of the provider; optional
      phone: on_file                    # over WhatsApp: the phone that is written from is the customer's; optional
      also: [whatsapp, http]            # played once more over that channel, or with the data behind HTTP; optional
      given:                            # optional SQL on the fresh demo data, before the first word
        - update customer set blocked = true where number = :customer
      steps:
        - de: Zeigen Sie mir meine Rechnung            # the customer writes this
          en: Show me my invoice                       # a line without `en` makes the whole dialogue German only
          says: identity_ask_identifier                # what must come back, see below
        - prove: number                                # writes number, email or phone, reads the code, writes it
          says: [identity_proven, invoice_overdue]
          source: invoice
        - press: intent_title_contract_show            # presses the newest button with this title
          source: contract V-209246

The customer does exactly one of these in a step:

    de / en   writes this; a list is several messages at once, which the assistant answers together
    both      writes this in either language: "2092467", "06217"; in all three `{workday}` is the name of the next day,
              from tomorrow on, on which the company works, `{late_workday}` the last such day of the next four weeks
              and `{far_day}` a day behind them, as "4. Januar", and `{case}` the number of the conversation's case
    send      sends a `picture` or a `document`; with `caption` beside it, as de and en, these words along with it
    hear      says nothing, and waits for the next message (`hear: true`)
    press     presses a button: a wording key, a title, or /a regular expression/
    prove     proves to be `customer` by `number`, `email` or `phone`, and the code that is sent
    system    nothing is said; the customer data system (`crm: http`) is now `away`, `slow`, `wrong` or `well`
    code      writes the code: `right` (the newest one sent) or `wrong`

What may be expected of a step; names in the singular take one value or a list, and all of it must be there:

    says      wording keys (`data/wording`); their {placeholders} match anything
    silent    wording keys that must not be said
    text      parts of the answer, or /regular expressions/; {de: …, en: …} where the languages differ
    source    kinds of source as in the wording keys `source_<kind>`, with a record if it matters: "invoice R-1"
    button    titles offered: wording keys, titles or /regular expressions/
    handover  the reason; without it a step that ends with anybody but the bot fails
    identity  none, claimed or proven: what agents see after the step
    call      operations of the customer data system in the turn's trace
    crm, edge a list of {query, is}: SQL on the customer data, or on the edge's database, and the rows it gives. A
              single value stands for one row of one column. `:customer` and `:conversation` may be used.

Of every answer it is checked besides: no longer than 600 characters, and every source with an as-of moment. Each
dialogue starts a new conversation on fresh demo data. Run some of them with
`pytest tests/dialogues -k "invoice and de"`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from babel.dates import format_date
from holidays import country_holidays

from bot.settings import Settings
from bot.transparency.format import REGION
from bot.transparency.wording import LANGUAGES, Language, wording
from tests.dialogues.crm_server import State

FOLDER = Path(__file__).parent
# As it is in the files: one or several, and where the languages differ, one for each.
Some = str | list[str]
ByLanguage = Some | dict[Language, Some]

FileKind = Literal["picture", "document"]
Channel = Literal["widget", "whatsapp"]
Crm = Literal["sql", "http"]

ACTS = ("de", "both", "press", "prove", "code", "system", "send", "hear")
EXPECTATIONS = ("says", "silent", "text", "source", "button", "handover", "identity", "call", "crm", "edge")


class ScriptError(ValueError):
    """A file that cannot be played. The message names file, dialogue and what is wrong."""


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question to a database, and its answer."""

    query: str
    is_: Any = msgspec.field(name="is")


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that the customer does, and what it must lead to."""

    de: Some | None = None
    en: Some | None = None
    both: Some | None = None
    press: ByLanguage | None = None
    prove: Literal["number", "email", "phone"] | None = None
    code: Literal["right", "wrong"] | None = None
    system: State | None = None
    send: FileKind | None = None
    caption: dict[Language, str] = {}
    hear: Literal[True] | None = None
    says: Some = []
    silent: Some = []
    text: ByLanguage = []
    source: Some = []
    button: ByLanguage = []
    handover: str | None = None
    identity: Literal["none", "claimed", "proven"] | None = None
    call: Some = []
    crm: list[Rows] = []
    edge: list[Rows] = []

    def lines(self, language: Language) -> list[str]:
        """What the customer writes in this step; nothing if they do something else."""
        written = each(self.both) or each(self.de if language == "de" else self.en)
        today = datetime.now(REGION).date()
        days = {
            "{workday}": workday(language, today),
            "{late_workday}": _spoken(late_workday(today), language),
            "{far_day}": _spoken(today + timedelta(days=60), language),
        }
        return [reduce(lambda text, name: text.replace(name, days[name]), days, line) for line in written]

    @property
    def expects(self) -> bool:
        """Whether anything is expected of it."""
        return any(getattr(self, name) for name in EXPECTATIONS)


class Dialogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One conversation."""

    dialogue: str
    steps: list[Step]
    customer: str | None = None
    crm: Crm = "sql"
    channel: Channel = "widget"
    phone: Literal["any", "on_file"] = "any"
    also: list[Literal["whatsapp", "http"]] = []
    given: list[str] = []

    @property
    def languages(self) -> tuple[Language, ...]:
        """German always; English where every line has it."""
        english = all(step.en or not step.de for step in self.steps)
        return LANGUAGES if english else ("de",)

    @property
    def ways(self) -> tuple[tuple[Channel, Crm], ...]:
        """Over which channel, and with the customer data where; the first is how it is written."""
        more = {"whatsapp": ("whatsapp", self.crm), "http": (self.channel, "http")}
        return ((self.channel, self.crm), *(more[way] for way in self.also))


def workday(language: Language, today: date) -> str:
    """The name of the next day behind `today` on which the company works."""
    holidays = country_holidays("DE", subdiv=Settings.federal_state)
    days = (today + timedelta(days=ahead) for ahead in range(1, 8))
    return format_date(next(day for day in days if day.weekday() < 5 and day not in holidays), "EEEE", locale=language)


def late_workday(today: date) -> date:
    """The last day of the next four weeks on which the company works."""
    holidays = country_holidays("DE", subdiv=Settings.federal_state)
    days = (today + timedelta(days=ahead) for ahead in range(28, 0, -1))
    return next(day for day in days if day.weekday() < 5 and day not in holidays)


def _spoken(day: date, language: Language) -> str:
    return format_date(day, "d. MMMM" if language == "de" else "d MMMM", locale=language)


def each(value: Some | None) -> list[str]:
    """One or several, as several."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def spoken(value: ByLanguage | None, language: Language) -> list[str]:
    """What holds in this language."""
    return each(value.get(language) if isinstance(value, dict) else value)


def dialogues(folder: Path = FOLDER) -> Iterator[tuple[str, Dialogue]]:
    """Every dialogue with the name of its file.

    Raises:
        ScriptError: one that cannot be played.
    """
    for path in sorted(folder.glob("*.yml")):
        names: set[str] = set()
        for number, content in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), 1):
            where = f"{path.name}, dialogue {number}"
            try:
                read = msgspec.convert(content, Dialogue)
            except msgspec.ValidationError as error:
                raise ScriptError(f"{where}: {error}") from None
            _check(f"{where} ({read.dialogue})", read)
            if read.dialogue in names:
                raise ScriptError(f"{where}: the name {read.dialogue!r} stands there twice")
            names.add(read.dialogue)
            yield path.stem, read


def _check(where: str, read: Dialogue) -> None:
    texts = wording()
    if len(set(read.ways)) != len(read.ways):
        raise ScriptError(f"{where}: `also` names the way that it is played anyway")
    if read.phone == "on_file" and (read.channel != "whatsapp" or read.customer is None):
        raise ScriptError(f"{where}: only a customer's phone over `channel: whatsapp` can be on file")
    for number, step in enumerate(read.steps, 1):
        done = [name for name in ACTS if getattr(step, name) is not None]
        if len(done) != 1 or (step.en and not step.de):
            raise ScriptError(f"{where}, step {number}: expected one of {', '.join(ACTS)}, found {done}")
        if step.prove and read.customer is None:
            raise ScriptError(f"{where}, step {number}: nobody to prove to be, `customer` is missing")
        if step.system and read.crm != "http":
            raise ScriptError(f"{where}, step {number}: needs `crm: http`")
        keys = [*each(step.says), *each(step.silent)]
        keys += [f"source_{kind.split(' ')[0]}" for kind in each(step.source)]
        if unknown := [key for key in keys if not texts.has(key)]:
            raise ScriptError(f"{where}, step {number}: no such wording: {', '.join(unknown)}")
    if not read.steps or not read.steps[-1].expects:
        raise ScriptError(f"{where}: nothing is expected of its last step")
