"""Streets and house numbers as German addresses have them, in sentences of either language.

Guarantee: pure and deterministic, any text. "Lindenstr. 12 a" gives street "Lindenstraße" and house number "12a";
words that only end like a street ("Arbeitsplatz", "unterwegs") or that have no name ("in unserer Straße") give
nothing. Whether the street exists is for the CRM to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.nlu.found import Found
from bot.nlu.lexicon import words
from bot.nlu.text import fold

_FLAGS = re.IGNORECASE
_ADJECTIVE = r"(?:(?:gro(?:ß|ss)en?|kleinen?|alten?|neuen?|oberen?|unteren?|langen?|hohen?|gr\.|kl\.)\s+)?"
# "in der Großen Ulrichstraße", "an der Weißen Mauer": on the sign it says "Große", "Weiße".
_INFLECTED = re.compile(r"^(gro(?:ß|ss)e|kleine|alte|neue|obere|untere|lange|hohe|wei(?:ß|ss)e)n(?=\s)", re.IGNORECASE)
# These endings are enough to be a street; those of the second list need a house number behind them.
_SURE = r"(?:stra(?:ß|ss|s)e|str\.|str|allee|gasse|chaussee)"
_WITH_NUMBER = r"(?:weg|platz|ring|ufer|damm|hof|steig|graben|pfad|promenade|siedlung|winkel|berg|mauer|markt)"
_HOUSE = (
    r"\s*,?\s*(?:(?:haus)?nr\.?|(?:haus)?nummer|no\.?|number)?\s*"
    r"(\d{1,4}(?:\s?[a-h])?(?:\s?[-/]\s?\d{1,4}\s?[a-h]?)?)"
    r"(?![\w/]|[.:]\d|\s*(?:uhr|mbit|gbit|euro|€|prozent|%|am\b|pm\b))"
)
_JOINED = re.compile(rf"\b({_ADJECTIVE}(?:[\w]+-)*[^\W\d]{{3,}}?-?{_SURE})(?:(?!\w)|(?=\d))(?:{_HOUSE})?", _FLAGS)
_APART = re.compile(
    rf"\b((?:[^\W\d]+-)*[^\W\d]{{2,}}(?:er|sche|-)\s?-?(?:stra(?:ß|ss|s)e|str\.|str|allee|platz|weg|ring))(?!\w)"
    rf"(?:{_HOUSE})?",
    _FLAGS,
)
_NUMBERED = re.compile(rf"\b({_ADJECTIVE}(?:[\w]+-)*[^\W\d]{{2,}}{_WITH_NUMBER}){_HOUSE}", _FLAGS)
_PREPOSITION = re.compile(
    rf"\b((?:am|an der|an den|auf dem|auf der|im|in den|zum|zur|unter den|vor dem|hinter dem|bei der|wei(?:ß|ss)en?)\s+"
    rf"(?:(?:alten|neuen|gro(?:ß|ss)en|kleinen|hohen)\s+)?[^\W\d]{{3,}}|plan){_HOUSE}",
    _FLAGS,
)
_HOUSE_ALONE = re.compile(
    r"\b(?:haus(?:nummer|nr\.?)|house (?:number|no\.?))\s*(?:ist|is|:)?\s*(?:die\s+)?(\d{1,4}\s?[a-h]?)\b", _FLAGS
)

_NO_STREET = re.compile(
    r"^(?:.*\b)?(?:arbeits|speicher|stell|park|spiel|steck|sitz|stand|liege|lager|tausch|lehr|studien|ausbildungs)platz$|"
    r"^(?:hin|rück|heim|geh|rad|fuß|um|aus|durch|keines|schul|arbeits|lösungs|kontakt|unter|dienst)weg$|"
    r"^(?:einbahn|bau|neben|seiten|haupt|quer|parallel)stra(?:ß|ss)en$|^(?:super|baum|jahr)markt$|^(?:bauern|bahn|fried|innen|hinter)hof$",
    _FLAGS,
)
_NO_PLACE = re.compile(
    r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|januar|februar|märz|maerz|april|mai|juni|juli|august|"
    r"september|oktober|november|dezember|telefon|internet|vertrag|tarif|monat|jahr|tag|anschluss|router|vormittag|nachmittag|abend|"
    r"moment|haushalt|haus|stock|schnitt|code|preis|kanal|minute[n]?|stunde[n]?|wochen?|letzten|ende|anfang|punkt|schluss|beispiel|januar)$",
    _FLAGS,
)
_LEADING = re.compile(r"^(?:in|der|die|an|auf|von|und|the|at|on|ist|is|zur|zum)\s+", _FLAGS)


def find_addresses(text: str) -> Iterator[Found]:
    """Yields streets, and the house number behind each. `text` comes from `found.readable`."""
    for pattern in (_JOINED, _APART, _PREPOSITION, _NUMBERED):
        for match in pattern.finditer(text):
            name = match[1]
            first, last = re.split(r"[\s-]+", name)[0], re.split(r"\s+", name)[-1]
            if (
                fold(first) in words("no_street_name")
                or _NO_STREET.match(name)
                or _NO_STREET.match(last)
                or (pattern is _PREPOSITION and _NO_PLACE.search(last))
            ):
                continue
            yield Found("street", _street(name), *match.span(1))
            if match[2]:
                yield Found("house_number", re.sub(r"\s", "", match[2]).lower(), *match.span(2))
    for match in _HOUSE_ALONE.finditer(text):
        yield Found("house_number", re.sub(r"\s", "", match[1]).lower(), *match.span(1))


def _street(name: str) -> str:
    name = _INFLECTED.sub(r"\1", re.sub(r"\s+", " ", name.strip()))
    name = re.sub(r"^weisse\b", "Weiße", name, flags=_FLAGS)
    name = re.sub(r"^gr\.", "Große", re.sub(r"^kl\.", "Kleine", name, flags=_FLAGS), flags=_FLAGS)
    name = re.sub(r"(?<=[^\W\d])(-?)(?:strass?e|str\.?|straße)$", r"\1straße", name, flags=_FLAGS)
    name = re.sub(r"(?<=\s)(?:strass?e|str\.?|straße)$", "Straße", name, flags=_FLAGS)
    name = re.sub(r"-(?:strass?e|str\.?|straße)$", "-Straße", name, flags=_FLAGS)
    words = name.split(" ")
    small = {"der", "den", "dem"}
    return " ".join(word if word in small else word[:1].upper() + word[1:] for word in words)
