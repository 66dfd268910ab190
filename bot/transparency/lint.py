"""The wording's lint: `python -m bot.transparency.lint` names each sentence that must not be said, and exits non-zero.

The rules are in `data/wording_rules.yml`, each with sentences that it finds; besides, a placeholder that only one
language has is a problem. A text missing in a language does not even load (`bot/transparency/wording.py`).
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec
import yaml

from bot.settings import ROOT
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

    def __post_init__(self) -> None:
        if bool(self.words) == bool(self.pattern) or not self.finds:
            raise ValueError(f"{self.name}: either words or a pattern, and what it finds")

    def patterns(self) -> list[re.Pattern[str]]:
        """Each of its words, or its pattern, by itself."""
        if self.pattern is not None:
            return [re.compile(self.pattern)]
        return [re.compile(rf"(?<!\w)(?:{word})(?!\w)", re.IGNORECASE) for word in self.words]


@lru_cache(maxsize=1)
def rules(path: Path = FILE) -> tuple[Rule, ...]:
    """The rules, read once. A rule that cannot be read is an error: no text passes unread."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), tuple[Rule, ...])


def problems(words: Wording) -> Iterator[str]:
    """Each problem as one line: key, language, what is wrong, the text."""
    patterns = [(rule, rule.patterns()) for rule in rules()]
    for key, texts in words.entries().items():
        for rule, alternatives in patterns:
            for language in rule.languages:
                found = next(filter(None, (one.search(texts[language]) for one in alternatives)), None)
                if found:
                    yield f"{key} ({language}): {rule.name}: {found.group(0)!r} in {texts[language]!r}"
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
