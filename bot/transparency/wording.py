"""Every sentence that the product says, in both languages, from one place: `data/wording/*.yml`.

A missing key, language or value raises: a sentence is said whole or the failure is seen, never half a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.settings import ROOT

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")
FOLDER = ROOT / "data" / "wording"


class WordingError(KeyError):
    """A text is asked for that does not exist, or without a value it needs."""


class Wording:
    """All texts of the product, read once."""

    def __init__(self, entries: dict[str, dict[str, str]]) -> None:
        self._entries = entries

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Wording:
        """Read every file of the folder. A key that stands in two files is an error."""
        entries: dict[str, dict[str, str]] = {}
        for path in sorted(folder.glob("*.yml")):
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_SafeLoader) or {}  # noqa: S506 (the C build of the safe loader)
            for key, texts in content.items():
                if key in entries:
                    raise WordingError(f"{path.name}: {key} stands in two files")
                missing = [language for language in LANGUAGES if not isinstance(texts.get(language), str)]
                if missing:
                    raise WordingError(f"{path.name}: {key} has no text in {', '.join(missing)}")
                entries[key] = {language: texts[language].strip() for language in LANGUAGES}
        return cls(entries)

    def say(self, key: str, language: str, **values: object) -> str:
        """The text `key` in `language`, its `{names}` filled from `values`.

        Raises:
            WordingError: unknown key or language, or a value is missing.
        """
        try:
            return self._entries[key][language].format(**values)
        except KeyError as missing:
            raise WordingError(f"wording {key!r} in {language!r}: no {missing}") from missing

    def template(self, key: str, language: str) -> str:
        """The text with its `{names}` unfilled, for whoever fills them later."""
        try:
            return self._entries[key][language]
        except KeyError as missing:
            raise WordingError(f"wording {key!r} in {language!r}: no {missing}") from missing

    def has(self, key: str) -> bool:
        """Whether the key exists (in every language, by construction)."""
        return key in self._entries

    def table(self, prefix: str, language: str) -> dict[str, str]:
        """All texts whose key starts with `prefix`, for a page."""
        return {key: texts[language] for key, texts in self._entries.items() if key.startswith(prefix)}

    def entries(self) -> dict[str, dict[str, str]]:
        """Everything, for the lint."""
        return self._entries


# Letters of the longest word that tells no language beside an address: "in", "at", "Nr".
_LONGEST_FILLER = 3
# Parts of e-mail addresses, customer numbers, "V-205193", "06217".
_NO_WORD = re.compile(r"[@\d]")
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)
def wording() -> Wording:
    """The product's texts, read once per process."""
    return Wording.load()


def has_words(text: str) -> bool:
    """Whether there is anything to tell a language from: an address, a number or a code is in none."""
    return any(character.isalpha() for part in text.split() if not _NO_WORD.search(part) for character in part)


def is_value(text: str, entities: Sequence[Mapping[str, Any]]) -> bool:
    """Whether hardly a word is left beside what was recognised: a German street answers an English question, too."""
    rest = list(text)
    for found in entities:
        if found.get("start") is not None and found.get("end") is not None:
            rest[found["start"] : found["end"]] = " " * len(rest[found["start"] : found["end"]])
    left = "".join(rest)
    return left != text and all(len(word) <= _LONGEST_FILLER for word in re.findall(r"[^\W\d_]+", left))


def language_of(locale: str | None) -> Language:
    """The language to speak for a locale such as `de-DE`; German unless English is named."""
    return "en" if (locale or "").lower().startswith("en") else "de"
