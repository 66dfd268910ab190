"""Canned replies: the product's own, from the wording, and the company's, from the database, which come first.

A reply is text with `{names}`, filled from what is known in the conversation by the desk's page; a name that nothing is
known for stays visible, and the page does not send it. Suggested is what answers a topic that the bot understood.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.store.canned import stored
from bot.store.traces import Trace, topic_of
from bot.store.unit_of_work import Unit
from bot.transparency.wording import LANGUAGES, Wording

# The product's own, by shortcut, with the intents that they answer. Texts: `canned_<shortcut>` and `…_title`.
_OWN: dict[str, tuple[str, ...]] = {
    "begruessung": (),
    "moment": (),
    "rueckfrage": (),
    "router": ("router_help", "slow_internet", "report_fault"),
    "messung": ("slow_internet",),
    "stoerung": ("outage_info", "report_fault"),
    "rechnung": ("invoice_show", "invoice_explain", "payment_problem"),
    "kuendigung": ("contract_cancel",),
    "umzug": ("move_home",),
    "termin": ("appointment_show", "appointment_change"),
    "glasfaser": ("fiber_availability", "fiber_progress"),
    "vorgang": ("ticket_status", "complaint"),
    "abschluss": (),
}
# Names that a reply may use; the page knows where each comes from.
VARIABLES = frozenset({"customer_name", "customer_number", "agent_name", "case_number", "case_due", "team"})
_MOST_SUGGESTED = 3


class Canned(msgspec.Struct, frozen=True, kw_only=True):
    """A canned reply in both languages."""

    shortcut: str
    title: dict[str, str]
    text: dict[str, str]
    topics: list[str]


def is_own(shortcut: str) -> bool:
    """Whether the product has a reply of this shortcut."""
    return shortcut in _OWN


async def canned_replies(unit: Unit, words: Wording) -> list[Canned]:
    """All of them, by shortcut. The company's reply replaces the product's of the same shortcut."""
    known = {
        shortcut: Canned(
            shortcut=shortcut,
            title={language: words.say(f"canned_{shortcut}_title", language) for language in LANGUAGES},
            text={language: words.template(f"canned_{shortcut}", language) for language in LANGUAGES},
            topics=list(topics),
        )
        for shortcut, topics in _OWN.items()
    }
    known |= {row["shortcut"]: Canned(**row) for row in await stored(unit)}
    return sorted(known.values(), key=lambda one: one.shortcut)


def suggested(replies: Sequence[Canned], traces: Sequence[Trace]) -> list[str]:
    """Shortcuts of the replies that answer what the bot last understood, the newest topic first."""
    shortcuts: list[str] = []
    for trace in reversed(traces):
        topic = topic_of(trace.body)
        shortcuts += [one.shortcut for one in replies if topic in one.topics and one.shortcut not in shortcuts]
    return shortcuts[:_MOST_SUGGESTED]
