"""The wording's lint: `python -m bot.transparency.lint` names each sentence that must not be said, and exits non-zero.

What it catches: a claim to be human, a promise without evidence, Du beside Sie, an exclamation mark, a placeholder that
only one language has. A text missing in a language does not even load (`bot/transparency/wording.py`). The rules are in
`RULES`; a rule is a pattern, the languages it holds for, and what is wrong.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bot.transparency.wording import LANGUAGES, Wording


@dataclass(frozen=True)
class Rule:
    """Text that matches `pattern` is wrong in these languages."""

    name: str
    pattern: re.Pattern[str]
    languages: tuple[str, ...]
    # Keys of texts that people fill in or say themselves, for which the rule does not hold.
    excepted: frozenset[str] = frozenset()


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(alternatives) + r")(?!\w)", re.IGNORECASE)


RULES: tuple[Rule, ...] = (
    Rule(
        "a claim to be human",
        _words(
            r"ich bin (?:ein|eine) (?:mensch|person|mitarbeiter(?:in)?|berater(?:in)?)",
            r"mein name ist",
            r"ich heiße",
            r"i am (?:a |an )?(?:human|person|real person|employee)",
            r"i'm (?:a |an )?(?:human|person|real person|employee)",
            r"my name is",
        ),
        ("de", "en"),
    ),
    Rule(
        "a promise without evidence",
        _words(
            r"gleich(?! (?:wie|viel|lang|groß))",
            r"sofort",
            r"umgehend",
            r"schnellstmöglich",
            r"so schnell wie möglich",
            r"in kürze",
            r"in wenigen (?:minuten|augenblicken)",
            r"demnächst",
            r"garantiert",
            r"shortly",
            r"immediately",
            r"right away",
            r"as soon as possible",
            r"in no time",
            r"in a few minutes",
            r"guaranteed",
        ),
        ("de", "en"),
    ),
    Rule(
        "Du beside Sie", _words(r"du", r"dich", r"dir", r"dein(?:e|em|en|er|es)?", r"euch", r"euer", r"eure"), ("de",)
    ),
    Rule("an exclamation mark", re.compile("!"), ("de", "en")),
    Rule(
        "feelings that a program does not have",
        _words(r"ich freue mich", r"i am happy to", r"i'm happy to"),
        ("de", "en"),
    ),
    Rule("blanks doubled or at an end", re.compile(r"^\s|\s$|  "), ("de", "en")),
)


def problems(words: Wording) -> Iterator[str]:
    """Each problem as one line: key, language, what is wrong, the text."""
    for key, texts in words.entries().items():
        for rule in RULES:
            for language in rule.languages:
                found = rule.pattern.search(texts[language])
                if found and key not in rule.excepted:
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
