"""The short check of a line that the customer goes through before a fault becomes a ticket: which step is next, and how
an answer in words is read.

Pure. The steps fit the technology (the light to look at, the cable to check) and what was answered before: a light
that is steady needs no look at the cable, unless the line drops now and then, a router without light first needs
power, one device alone is no fault of the line. At every step "it works again", "I did that already" and "send
somebody" count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.patterns import any_of

# Answers that every step takes.
WORKS, ALREADY, SKIP = "works", "already", "skip"
# Answers to a step that something is to be done in.
NO_HELP, DONE = "no_help", "done"
# Answers to a question.
ONE, ALL, UNKNOWN = "one", "all", "unknown"
STEADY, BLINKING, OFF = "steady", "blinking", "off"

QUESTIONS: dict[str, tuple[str, ...]] = {"devices": (ALL, ONE, UNKNOWN), "lights": (STEADY, BLINKING, OFF, UNKNOWN)}
# The same step for every technology; all others have a text for each: `check_<step>_<technology>`.
COMMON = frozenset({"devices", "device", "power", "phone_cable"})
STEPS = (*QUESTIONS, "device", "power", "cable", "phone_cable", "restart")

_SOLVED = any_of(
    r"\b(geht|gehts|läuft|funktioniert|klappt|tut)\b.{0,20}\bwieder\b",
    r"\bwieder (da|online|in ordnung)\b",
    r"\bhat (sich )?(geholfen|erledigt)\b",
    r"^\W*(jetzt |es |alles |internet )*(geht|läuft|funktioniert|klappt)( es)?( jetzt| nun)?\W*$",
    r"\b(works?|working|running)\b.{0,12}\b(again|now)\b",
    r"\b(it'?s|is|we'?re|i'?m) back\b",
    r"\bback (online|up|on)\b",
    r"\b(that|it) (helped|worked|did it)\b",
    r"\bfixed\b",
    r"\bproblem (is )?solved\b",
    r"\bproblem gelöst\b",
)
_NEGATED = any_of(r"\b(nicht|nichts|nie|kein\w*|nix|not|no|never|\w+n'?t)\b", r"\bschon wieder\b")
_ALREADY = any_of(
    r"\b(schon|bereits|längst|vorhin)\b(?! wieder)",
    r"\b(hab|habe|haben|hatte)s? (ich|wir)\b.{0,20}\b(gemacht|probiert|versucht|getan|geprüft|neu gestartet)\b",
    r"\balready\b",
    r"\b(did|done|tried|checked) (that|it|this|all|so)\b",
    r"\bi (have|did)\b.{0,25}\bbefore\b",
)
# Every step that may come was done before.
_ALL_DONE = any_of(
    r"\b(alles|alle schritte)\b.{0,15}\b(schon|bereits|längst)\b",
    r"\b(schon|bereits|längst)\b.{0,15}\b(alles|alle schritte)\b.{0,10}\b(gemacht|probiert|versucht|getan|geprüft)\b",
    r"\b(already|done|did|tried|checked)\b.{0,15}\b(all of (it|that|this)|everything|all (that|this))\b",
    r"\b(everything|all (that|this|of that)) (already|before)\b",
)
_NO_HELP = any_of(
    r"\b(hilft|half|brachte|bringt|geholfen|gebracht)\b.{0,15}\b(nicht|nichts|nix)\b",
    r"\b(nicht|nichts|nix) (geholfen|gebracht)\b",
    r"\b(geht|gehts|läuft|funktioniert|klappt)\b.{0,20}\b(nicht|nix|nichts)\b",
    r"\b(geht|läuft) (nix|nichts)\b",
    r"\bimmer noch\b",
    r"\bunverändert\b",
    r"\bkeine (änderung|besserung|verbindung)\b",
    r"\bnichts (passiert|geändert)\b",
    r"\b(didn'?t|doesn'?t|did not|does not) (help|work)\b",
    r"\bnot working\b",
    r"\bstill (not|no|down|nothing|dead|the same)\b",
    r"\bno (change|luck|help|effect)\b",
    r"\bwithout success\b",
    r"\bohne erfolg\b",
    r"^\W*(nein|nö|nee|leider nicht|nichts|nix|no|nope|nothing)\W*\b(leider|danke|sorry|es)?\W*$",
)
_SKIP = any_of(
    r"\b(techniker|monteur)\w*\b.{0,30}\b(schick|komm|brauch|soll)\w*",
    r"\b(schick|brauch)\w*\b.{0,30}\b(techniker|monteur|jemand)\w*",
    r"\b(schick(en|t|e)?)\b.{0,20}\b(wen|wer|einen|leute)\b",
    r"\bsend\b.{0,20}\b(technician|engineer|someone|somebody)\b",
    r"\bneed an? (technician|engineer)\b",
    r"\b(überspringen|weiter|skip|kann ich (gerade )?nicht( prüfen| machen)?|komme? (ich )?nicht (dran|ran|hin))\b",
    r"\bcan'?t (check|reach|do)\b",
)
_DONE = any_of(
    r"\b(erledigt|gemacht|fertig|neu gestartet|geprüft|(steckt|sitzt)( alles)?)\b",
    r"\b(done|finished|restarted|checked)\b",
    # "Steckdose ist ok": looked at, and whether it works now is not said.
    r"\b(ist|sind|alles|is|are|all|looks?) (ok|okay|in ordnung|gut|fest|drin|fine|good|tight)\b",
)
_UNKNOWN = any_of(
    r"\bkeine ahnung\b",
    r"\bwei(ß|ss) (ich )?(es )?nicht\b",
    r"\bunsicher\b",
    r"\bdon'?t know\b",
    r"\bnot sure\b",
    r"\bno idea\b",
)
_READINGS: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "devices": (
        (
            ALL,
            any_of(
                r"\b(alle\w*|allen|überall|keinem|kein gerät|beide\w*|sämtliche|all|every\w*|both|none|any device)\b"
            ),
        ),
        (
            ONE,
            any_of(
                r"\bnur\b",
                r"\beinem?s?\b (gerät|davon)",
                r"\b(handy|laptop|pc|tablet|fernseher|konsole)\b",
                r"\bein gerät\b",
                r"\b(only|just)\b",
                r"\bone\b",
                r"\b(phone|computer|tv)\b",
            ),
        ),
    ),
    "lights": (
        (
            OFF,
            any_of(
                r"\b(aus|dunkel|off|dark|dead)\b",
                r"\b(nichts|keine?|nix|no|nothing)\b.{0,15}\b(leucht\w*|licht\w*|lampe\w*|an|light\w*|on)\b",
                r"\bleuchtet (gar |überhaupt )?(nicht|nichts)\b",
            ),
        ),
        (BLINKING, any_of(r"\b(blink\w*|flacker\w*|rot\w*|orange|flash\w*|red|amber)\b")),
        (
            STEADY,
            any_of(
                r"\b(dauer\w*|durchgehend|konstant|grün\w*|weiß|weiss|blau|leuchtet|leuchten|normal|steady|solid|green|white|blue|on|lit)\b"
            ),
        ),
    ),
}
_RESTARTED = any_of(r"\b(neu ?gestartet|neustart|reboot\w*|restart\w*|stecker gezogen|aus und (wieder )?an)\b")


def next_step(kind: str, technology: str, answers: Mapping[str, str]) -> str | None:
    """The next step, or None when the check is over. `answers` are those given so far, by step."""
    if SKIP in answers.values():
        return None
    return next((step for step in _steps(kind, answers) if step not in answers), None)


def _steps(kind: str, answers: Mapping[str, str]) -> tuple[str, ...]:
    """All steps, as far as they are known from the answers."""
    power = ("power",) if answers.get("lights") == OFF else ()
    if kind in {"internet_out", "internet_drops"}:
        if answers.get("devices") == ONE:
            return ("devices", "device", "restart")
        # A light that is steady now says nothing about a line that drops now and then.
        cable = () if answers.get("lights") == STEADY and kind == "internet_out" else ("cable",)
        return ("devices", "lights", *power, *cable, "restart")
    if kind == "phone":
        return ("lights", *power, "phone_cable", "restart")
    return ("cable", "restart") if kind == "tv" else ()


def needs_technician(answers: Mapping[str, str]) -> bool:
    """Whether somebody has to come: the line itself gives no signal, or the customer asked for it."""
    return SKIP in answers.values() or answers.get("lights") in {BLINKING, OFF}


def read(step: str, text: str) -> str | None:
    """What the customer's words answer to a step; None if they are no answer to it."""
    if _SOLVED.search(text) and not _NEGATED.search(text):
        return WORKS
    if _SKIP.search(text):
        return SKIP
    if _ALREADY.search(text):
        # "Habe ich schon geschaut, die leuchtet grün" tells what was seen, too.
        return (_seen(step, text) if step == "lights" and not _RESTARTED.search(text) else None) or ALREADY
    if step in QUESTIONS:
        return UNKNOWN if _UNKNOWN.search(text) else _seen(step, text)
    if _NO_HELP.search(text):
        return NO_HELP
    if _UNKNOWN.search(text):  # "keine Ahnung, wo das Kabel ist"
        return SKIP
    return DONE if _DONE.search(text) else None


def says_all_done(text: str) -> bool:
    """ "Das habe ich alles schon gemacht": no step is left to ask for, and nothing else was said about one."""
    return bool(_ALL_DONE.search(text)) and not _SKIP.search(text)


def result_of(step: str, answer: str) -> str:
    """The wording key of an answer in a summary. What was only looked at was not done."""
    return "check_result_checked" if answer == ALREADY and step in QUESTIONS else f"check_result_{answer}"


def _seen(step: str, text: str) -> str | None:
    return next((answer for answer, words in _READINGS[step] if words.search(text)), None)


def told_before(text: str) -> dict[str, str]:
    """Steps that the customer has done before anything was asked: "I restarted the router twice"."""
    return {"restart": ALREADY} if _RESTARTED.search(text) else {}


def question_key(step: str, technology: str) -> str:
    """The wording key of a step's text."""
    return f"check_{step}" if step in COMMON else f"check_{step}_{technology}"
