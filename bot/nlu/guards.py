"""Two requests that must never be missed: "I want a person" and "are you human?".

Guarantee: the usual wordings of both, German and English, are found in any text, also in the middle of a form;
statements about people or bots ("der Bot von gestern war nett", "ein Mitarbeiter war heute hier") are not. Where the
whole says neither, each sentence is asked alone ("Wie oft noch? Mitarbeiter"), and what follows the last comma. `guard`
reads folded text, never raises, and returns the intent's name or None. The classifier remains in charge of
everything unusual. The patterns are data, in `vocabulary/guards.yml`; a broken one fails when the process loads it,
not on a customer's text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA
from ruamel.yaml import YAML

from bot.nlu.phrases import HERE

TALK_TO_HUMAN = "talk_to_human"
BOT_CHALLENGE = "bot_challenge"
GUARDED = frozenset((TALK_TO_HUMAN, BOT_CHALLENGE))

# A pasted letter mentions people and bots without asking for either.
_LONGEST = 600
_WORD = re.compile(r"[a-z]{5,}")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
# "…, aren't you?", "…, hat er recht?"
_TAG = re.compile(r"(?:[\w']+ ){0,2}[\w']+ ?\?+")
# "Hallo Mitarbeiter" greets whoever reads it.
_SALUTATION = re.compile(r"(?:hallo|hi|hey|hello|guten|good|moin|servus|liebe|dear|sehr)\b")


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    return dict(YAML(typ="safe").load((HERE / "guards.yml").read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    data = _file()
    words = {name: _joined(pattern) for name, pattern in data["words"].items()}

    def compiled(name: str) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{_filled(_joined(pattern), words)})" for pattern in data[name]))

    return {name: compiled(name) for name in (TALK_TO_HUMAN, BOT_CHALLENGE, "statements", "concessions")}


def _joined(pattern: str) -> str:
    return pattern.replace("\n", "")


def _filled(pattern: str, words: dict[str, str]) -> str:
    for name, replacement in words.items():
        pattern = pattern.replace("{" + name + "}", replacement)
    return pattern


@lru_cache(maxsize=1)
def _spelling() -> tuple[list[str], frozenset[str]]:
    return _file()["spelling"].split(), frozenset(_file()["no_slip"].split())


@lru_cache(maxsize=20_000)
def _spelled(word: str) -> str:
    """Returns the word that `word` is a slip of: one letter missing, too many, wrong, or two swapped."""
    meant, no_slip = _spelling()
    if word in meant or word in no_slip:
        return word
    for one in meant:
        if word == one + one[-1]:
            return one
        # "persons" and "agentur" are words, not slips.
        if not word.startswith(one) and not one.startswith(word) and OSA.distance(word, one, score_cutoff=1) <= 1:
            return one
    return word


def guard(folded: str) -> str | None:
    """Returns the guarded intent that `folded` (see `text.fold`) asks for, or None."""
    if not folded or len(folded) > _LONGEST:
        return None
    folded = _WORD.sub(lambda word: _spelled(word.group()), folded)
    if found := _asked(folded):
        return found
    sentences = _SENTENCE.split(folded)
    for sentence in sentences if len(sentences) > 1 else ():
        if not _SALUTATION.match(sentence) and (found := _asked(sentence)):
            return found
    beginning, _, last = folded.rpartition(", ")
    # A single word after a comma may be an exclamation ("jetzt aber schnell, Mensch").
    if not beginning or " " not in last or _patterns()["statements"].search(folded):
        return None
    return _asked(last) or (_asked(beginning + "?") if _TAG.fullmatch(last) else None)


def _asked(folded: str) -> str | None:
    """Returns what a text asks for that states nothing about people or bots."""
    patterns = _patterns()
    if patterns["statements"].search(folded):
        return None
    known = patterns["concessions"].search(folded)
    for intent in (TALK_TO_HUMAN,) if known else (BOT_CHALLENGE, TALK_TO_HUMAN):
        if patterns[intent].search(folded):
            return intent
    return None
