"""Whether a complaint says already what happened, so that nobody is asked for what they have just written. Pure.

What is taken for the description is shown back before anything is entered, and can be put in other words there: a
reading that is wrong costs one press of a button.
"""

from __future__ import annotations

import re

from actions.patterns import any_of

# What somebody can have trouble with, or how long it has lasted: without any of it nothing concrete was told.
_CONCRETE = any_of(
    r"\b(techniker|monteur|mitarbeiter|kolleg|hotline|vertreter|verkäufer|haustürverkäufer|bauarbeiter|baustelle)\w*\b",
    r"\b(dame|herr|rechnung|abbuchung|mahnung|internet|leitung|anschluss|telefon|fernseh|router|modem|paket)\w*\b",
    r"\b(termin|bestellung|auftrag|kündigung|anruf|angerufen|rückruf|ausfall|störung|glasfaser|vertrag|tarif)\w*\b",
    r"\b(gewartet|warte|versprochen|gesagt|zugesagt|beschädigt|zerkratzt|kaputt|aufgelegt|vertröstet)\b",
    r"\b(tag|woche|monat|stunde|jahr)(e|en|s)?\b|\b\d+ ?(x|mal|euro|€)|\b(zwei|drei|vier|fünf|mehr)mal\b",
    r"\b(technician|engineer|agent|colleague|lady|man on the phone|salesman|salesperson|builders?|hotline)s?\b",
    r"\b(invoice|bill|debit|reminder|internet|connection|line|phone|tv|router|modem|parcel|fib(re|er))s?\b",
    r"\b(appointment|order|cancellation|call|called|callback|outage|fault|contract|tariff)s?\b",
    r"\b(waited|waiting|promised|told|damaged|scratched|broke|broken|hung up)\b",
    r"\b(day|week|month|hour|year|time)s?\b|\btwice\b",
)
# Says that somebody complains, how they feel and what they mean to do about it, not what happened.
_NOISE = frozenset(
    (
        *(
            "beschweren",
            "beschwere",
            "beschwerde",
            "beschwerden",
            "reklamation",
            "reklamieren",
            "einreichen",
            "einlegen",
        ),
        *("abgeben", "förmlich", "offiziell", "offizielle", "hiermit", "unzufrieden", "enttäuscht", "sauer", "wütend"),
        *("verärgert", "stinksauer", "frechheit", "unverschämt", "unverschämtheit", "zumutung", "skandal", "saftladen"),
        *("katastrophe", "schlecht", "schlechter", "schlechte", "schlechten", "letzte", "laden", "firma", "service"),
        *("kundenservice", "kundendienst", "saalenetz", "anbieter", "entschädigung", "schadenersatz", "schadensersatz"),
        *("gutschrift", "verlange", "fordere", "gehe", "anwalt", "verbraucherzentrale", "bundesnetzagentur"),
        *("complain", "complaint", "complaints", "file", "make", "lodge", "submit", "formal", "official", "unhappy"),
        *("dissatisfied", "disappointed", "angry", "furious", "outrageous", "disgrace", "terrible", "awful", "bad"),
        *("worst", "poor", "provider", "company", "support", "compensation", "refund", "demand", "lawyer", "regulator"),
    )
)
_FILLER = frozenset(
    (
        *("ich", "wir", "mich", "mir", "uns", "sie", "ihnen", "ihr", "ihre", "ihrem", "ihren", "ihrer", "euch", "euer"),
        *("eure", "eurem", "euren", "mein", "meine", "meinem", "meinen", "meiner", "der", "die", "das", "den", "dem"),
        *("des", "ein", "eine", "einen", "einem", "einer", "es", "ist", "sind", "bin", "war", "bei", "über", "mit"),
        *("von", "vom", "wegen", "zu", "zum", "zur", "für", "an", "am", "im", "in", "auf", "und", "dass", "so", "sehr"),
        *("total", "echt", "richtig", "extrem", "mal", "nur", "hier", "wo", "wie", "was", "kann", "will", "möchte"),
        *("würde", "gern", "gerne", "bitte", "hallo", "guten", "tag", "morgen", "abend", "habe", "hab", "da", "doch"),
        *("i", "we", "me", "us", "you", "your", "my", "our", "the", "a", "an", "this", "that", "it", "is", "are", "am"),
        *("was", "with", "about", "of", "to", "for", "on", "at", "in", "and", "so", "very", "really", "want", "would"),
        *("like", "need", "have", "has", "how", "where", "can", "do", "please", "hello", "hi", "ll", "m", "d", "s"),
    )
)
_WORD = re.compile(r"[^\W_]+")
# "The technician was rude" tells something; "my invoice" alone is a subject.
_ENOUGH = 2


def says_what_happened(text: str) -> bool:
    """Whether the words name something concrete and say something about it: "Ihr Techniker hat die Wand zerkratzt"."""
    told = {word for word in _WORD.findall(text.casefold()) if word not in _NOISE and word not in _FILLER}
    return len(told) >= _ENOUGH and bool(_CONCRETE.search(text))
