"""Short phrases that mean something only in the middle of a form, and simple values inside free text.

Intents carry most of the meaning; these are for what is no intent of its own, such as "I have no customer number". A
phrase that is not recognised costs one more question, never the way to a person.
"""

from __future__ import annotations

import re

from actions.crm.models import Identifier

_CANCEL = re.compile(
    r"\b(abbrechen|abbruch|abbrich|brich ab|brechen sie ab|stopp?|vergiss es|vergessen sie es"
    r"|(be)?lassen (sie|wir) (das|es)( so| dabei)?|alles gut so|bleibt so|bleibt dabei"
    r"|egal|(ach |dann )?doch nicht|nicht mehr nötig|cancel|abort|never ?mind|forget it|leave it)\b",
    re.IGNORECASE,
)
_NEGATION = (
    r"(kein\w*|nicht|nichts|ohne|weder|vergessen|verloren"
    r"|no|not|none|don'?t|haven'?t|without|neither|forgot\w*|lost)"
)
_MEANS = (
    r"(\w*nummer\w*|\w*nr\b|daten|unterlagen|angaben|e-?mail\w*|mail\w*|telefon\w*|handy\w*|davon|hand"
    r"|numbers?|phone|details|have (it|that|one|any)|of (these|them|that))"
)
_NOTHING_AT_HAND = re.compile(
    rf"\b{_NEGATION}\b.*\b{_MEANS}|\b{_MEANS}.*\b{_NEGATION}\b"
    r"|\bkeine ahnung\b|\b(wei(ß|ss)|hab(e)?) ich (\w+ ){0,2}nicht\b|\bno idea\b|\bi do(n'?t| not) know\b",
    re.IGNORECASE,
)
_NEW_CODE = re.compile(
    r"\b(neue[nr]?|anderen|noch einen|nochmals?|erneut\w*|kein(en)?|nicht|new|another|again|resend|no|not|any|never)\b"
    r".*\b(code|sms|mail|e-mail|message)\b"
    r"|\bcode\b.*\b(nicht|kein\w*|fehlt|abgelaufen|not|never|expired|again|nochmals?|neu)\b"
    r"|\b(nichts|noch nicht|never|nothing)\b.*\b(bekommen|erhalten|gekommen|angekommen|da|an)\b"
    r"|\b(never|nothing|not)\b.*\b(received?|arrived|got|came)\b",
    re.IGNORECASE,
)
_WITHDRAWAL = re.compile(r"\bwiderr[uie]\w*|\bwithdraw\w*", re.IGNORECASE)
_NO_ORDER = re.compile(r"mandat|lastschrift|einzug|einwilligung|daten|mandate|debit|consent|data", re.IGNORECASE)
_CODE = re.compile(r"(?<!\d)(\d{3})[ \-.]?(\d{3})(?!\d)")
_CUSTOMER_NUMBER = re.compile(r"(?<!\d)\d{7}(?!\d)")
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[a-z]{2,}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d+])(?:\+|00|0)[\d\s/().\-]{6,20}\d")
_STOP_FILLER = frozenset(
    {
        "bitte",
        "please",
        "danke",
        "thanks",
        "it",
        "this",
        "that",
        "das",
        "ach",
        "ok",
        "dann",
        "ich",
        "möchte",
        "want",
        "to",
        "i",
    }
)
_WORD = re.compile(r"[^\W\d_]+")
_FEW_WORDS = 4  # "meine Kundennummer lautet …"
_YES = re.compile(
    r"\W*(ja|jo|jep|jawohl|okay|ok|gerne?|genau|richtig|stimmt|passt|einverstanden"
    r"|best(ä|ae)tig\w*|machen sie das|yes|yep|yeah|sure|correct|right|confirm(ed)?|agreed|go ahead|do it)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(vielleicht|eventuell|evtl|womöglich|mal sehen|mal schauen|ich überleg\w*|(noch )?nicht sicher|"
    r"maybe|perhaps|possibly|not sure|not yet|let me think|i('| a)?m thinking)\b",
    re.IGNORECASE,
)
_BEHIND_PREPOSITION = re.compile(
    r"(?=\b(?:in|an|am|im|auf|bei|für|at|on|for)\s+(?:(?:der|dem|den|die|the)\s+)?([^\W\d][^?!.,;\d]{2,40}\s\d{1,4}\s?[a-z]?)\b)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_HOUSE_NUMBER = re.compile(r"^\W*(?:[a-zäöüß.]+\s+){0,3}(\d{1,4}\s?[a-z]?)\W*$", re.IGNORECASE)

_FAULT_WORDS = {
    "internet_drops": re.compile(
        r"\b(bricht|brechen|reißt)\b.{0,40}\b(ab|weg|zusammen)\b|abbr[üu]ch|abgebrochen|abbricht|aussetzer|instabil|wackelt"
        r"|\b(immer wieder|ständig|dauernd|andauernd|alle paar (minuten|stunden)|ab und zu|zeitweise|manchmal)\b"
        r".{0,30}\b(weg|aus|offline|unterbrochen|raus)\b"
        r"|\bdrops?\b|dropping|disconnect|unstable|intermittent|\bcut(s|ting)? out\b|\bcomes and goes\b|on and off",
        re.I,
    ),
    "internet_slow": re.compile(r"langsam|ruckel|stockt|\bslow\w*|\blag(s|gy|ging)?\b", re.I),
    "phone": re.compile(r"telefon|festnetz|anruf|telephone|landline|phone|calls?\b", re.I),
    "tv": re.compile(r"fernseh|tv\b|sender|television|channel", re.I),
    "internet_out": re.compile(r"internet|wlan|wi-?fi|router|netz|online|dsl|leitung|verbindung|connection|line", re.I),
}


_GIVEN = r"(\w*nummer|adresse|e-?mail\w*|number|address|mail)"
_WRONG_ONE = re.compile(
    rf"\b{_GIVEN}\b.{{0,25}}\b(falsch|verkehrt|nicht (richtig|korrekt)|wrong|incorrect|mistyped)\b"
    rf"|\b(falsche|verkehrte|wrong) {_GIVEN}\b|\bvertippt\b|\bmistyped\b",
    re.IGNORECASE,
)
_KNOWS_NOT = re.compile(
    r"\bkeine ahnung\b|\bwei(ß|ss) (ich )?(es |das )?(leider )?nicht\b"
    r"|\b(don'?t|do not) know\b|\bno idea\b|\bnot sure\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"\b(das|dies) (war'?s|wär'?s|reicht|(war|wäre|ist) (dann |schon )?(es|alles))( (dann|schon|auch))*\W*"
    r"(danke\w*|für heute)?\W*$"
    r"|\b(that'?s|that is|that was|this was) (all|it|everything)( for (now|today))?\W*(thanks?|thank you)?\W*$",
    re.IGNORECASE,
)
_CLOSING_WORDS = 7
# Two services in one breath: "Telefon und Internet".
_AND = r"\b.{0,25}\b(und|and|auch|sowie|noch|too|also|or|nor)\b.{0,25}\b"
_NET, _OTHER = r"(internet|wlan|wi-?fi)", r"(telefon\w*|festnetz|fernseh\w*|tv|phone|landline|television)"
_INTERNET_TOO = re.compile(rf"\b{_OTHER}{_AND}{_NET}\b|\b{_NET}{_AND}{_OTHER}\b", re.I)
_INTERNET_WORKS = re.compile(
    r"\b(internet|wlan|wi-?fi)\b\W*(geht|läuft|funktioniert|works?|is (fine|ok|up))\b(?!.{0,12}\b(nicht|not)\b)", re.I
)


def only_stops(text: str) -> bool:
    """Whether the message is nothing but the wish to stop: "cancel" alone cancels the question, not the contract."""
    rest = _CANCEL.sub("", text)
    return rest != text and not set(_WORD.findall(rest.lower())) - _STOP_FILLER


def gave_wrong_one(text: str) -> bool:
    """ "Ich glaube, die Nummer war falsch": what was given to be identified by, not the code."""
    return bool(_WRONG_ONE.search(text))


def does_not_know(text: str) -> bool:
    """ "Weiß ich nicht", "no idea"."""
    return bool(_KNOWS_NOT.search(text))


def closes(text: str) -> bool:
    """ "Danke, das wars": a few words that say that nothing more is wanted."""
    return len(text.split()) <= _CLOSING_WORDS and bool(_CLOSES.search(text)) and "?" not in text


def hedges(text: str) -> bool:
    """ "Vielleicht", "maybe later": near to a yes in meaning, and none."""
    return bool(_HEDGE.search(text))


def says_yes(text: str) -> bool:
    """A yes in a few words: "ja bitte", "yes, do it", "passt"."""
    return (
        not hedges(text)
        and bool(_YES.match(text))
        and len(text.split()) <= _FEW_WORDS
        and not re.search(_NEGATION, text, re.IGNORECASE)
    )


def has_nothing_at_hand(text: str) -> bool:
    """ "I have no customer number", "keine Unterlagen zur Hand"."""
    return bool(_NOTHING_AT_HAND.search(text))


def withdraws(text: str) -> bool:
    """ "Ich widerrufe meine Bestellung": the right of withdrawal, which is no cancellation. A mandate or a consent is
    withdrawn elsewhere."""
    return bool(_WITHDRAWAL.search(text)) and not _NO_ORDER.search(text)


def wants_new_code(text: str) -> bool:
    """ "No code arrived", "bitte einen neuen Code"."""
    return bool(_NEW_CODE.search(text))


def is_short(text: str) -> bool:
    """At most three words, and no number."""
    return len(text.split()) <= 3 and not any(character.isdigit() for character in text)


def is_code(text: str) -> bool:
    """Whether the message is six digits and nothing else."""
    return bool(_CODE.fullmatch(text.strip(" .,;:!")))


def code_in(text: str) -> str | None:
    """Six digits that stand alone, also in two groups of three."""
    found = _CODE.search(text)
    return found.group(1) + found.group(2) if found else None


def identifier_in(text: str) -> Identifier | None:
    """A mail address, phone number or customer number, whichever is there first in this order."""
    if found := _EMAIL.search(text):
        return Identifier(kind="email", value=found.group().lower())
    if found := _PHONE.search(text):
        return Identifier(kind="phone", value=found.group())
    if found := _CUSTOMER_NUMBER.search(text):
        return Identifier(kind="number", value=found.group())
    return None


def is_only_identifier(text: str) -> bool:
    """Whether the message is little more than a mail address, phone or customer number."""
    return identifier_in(text) is not None and len(_WORD.findall(_EMAIL.sub("", text))) <= _FEW_WORDS


def postcode_in(text: str) -> str | None:
    """Five digits that stand alone."""
    found = _POSTCODE.search(text)
    return found.group() if found else None


def house_number_in(text: str) -> str | None:
    """A house number, with at most three words before it: "12a", "es ist die 3"."""
    found = _HOUSE_NUMBER.match(text)
    return found.group(1).replace(" ", "") if found else None


def addresses_in(text: str, rest: str = "") -> list[str]:
    """What may be an address in a sentence, from each preposition to a house number: "in der Geusar Strase 11". `rest`
    is put behind, such as a place that stands elsewhere."""
    return [f"{found.group(1)} {rest}".strip() for found in _BEHIND_PREPOSITION.finditer(text)]


def fault_kind_in(text: str) -> str:
    """What does not work, by the words used; "other" when none is known. Where phone or television is down together
    with the internet, it is the line."""
    if _INTERNET_TOO.search(text) and not (_FAULT_WORDS["internet_slow"].search(text) or _INTERNET_WORKS.search(text)):
        return "internet_drops" if _FAULT_WORDS["internet_drops"].search(text) else "internet_out"
    return next((kind for kind, words in _FAULT_WORDS.items() if words.search(text)), "other")
