"""The wording's lint: `python -m bot.transparency.lint` names each sentence that must not be said, and exits non-zero.

The rules are in `data/wording_rules.yml`, each with sentences that it finds: words, a regular expression or, where
words are not enough, patterns over the tokens of a sentence (`bot/transparency/sentences.py`). Besides, a placeholder
that only one language has is a problem. A text missing in one does not even load (`bot/transparency/wording.py`).
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bot.settings import ROOT
from bot.transparency.sentences import Finder, token_finder
from bot.transparency.wording import LANGUAGES, Wording

FILE = ROOT / "data" / "wording_rules.yml"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Text in which one of `words`, or the `pattern`, is found is wrong in these languages."""

    name: str = msgspec.field(name="rule")
    languages: tuple[str, ...]
    # What a test sees found, and left alone.
    finds: tuple[str, ...]
    spares: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    pattern: str | None = None
    # Each a sequence of tokens as spaCy's Matcher describes them, looked for within one sentence.
    tokens: tuple[list[dict[str, Any]], ...] = ()
    # A sentence with one of these tokens is left alone: the rule is about what is claimed, not about what is denied.
    unless: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum(map(bool, (self.words, self.pattern, self.tokens))) != 1 or not self.finds:
            raise ValueError(f"{self.name}: either words, a pattern or tokens, and what it finds")
        if self.unless and not self.tokens:
            raise ValueError(f"{self.name}: only a rule over tokens has exceptions")

    def finders(self, language: str) -> list[Finder]:
        """Each of its words, its pattern, or each of its sequences of tokens, by itself: the text found, or None."""
        if self.tokens:
            return [token_finder(language, [sequence], self.unless) for sequence in self.tokens]
        if self.pattern is not None:
            return [_searching(re.compile(self.pattern))]
        return [_searching(re.compile(rf"(?<!\w)(?:{word})(?!\w)", re.IGNORECASE)) for word in self.words]


def _searching(pattern: re.Pattern[str]) -> Finder:
    def find(text: str) -> str | None:
        found = pattern.search(text)
        return found.group(0) if found else None

    return find


@lru_cache(maxsize=1)
def rules(path: Path = FILE) -> tuple[Rule, ...]:
    """The rules, read once. A rule that cannot be read is an error: no text passes unread."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), tuple[Rule, ...])


def problems(words: Wording) -> Iterator[str]:
    """Each problem as one line: key, language, what is wrong, the text."""
    finders = [(rule, language, rule.finders(language)) for rule in rules() for language in rule.languages]
    for key, texts in words.entries().items():
        for rule, language, alternatives in finders:
            found = next(filter(None, (find(texts[language]) for find in alternatives)), None)
            if found:
                yield f"{key} ({language}): {rule.name}: {found!r} in {texts[language]!r}"
        fields = {language: _fields(texts[language]) for language in LANGUAGES}
        if fields["de"] != fields["en"]:
            yield f"{key}: other placeholders in German than in English: {fields['de'] ^ fields['en']}"


def _fields(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def main() -> int:
    """Print the problems; 1 if there is one."""
    words = Wording.load()
    found = list(problems(words))
    for line in found:
        sys.stderr.write(line + "\n")
    sys.stdout.write(f"wording: {len(words.entries())} texts in {len(LANGUAGES)} languages, {len(found)} problems\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
