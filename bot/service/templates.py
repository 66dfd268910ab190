"""Templates: what may be sent to a customer whose 24 hours are over. Declared in one file, checked when it is read.

A template has a text in every language; its first variable is its author. Nothing that is not declared can be sent.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bot.settings import ROOT, SettingsError
from bot.transparency.wording import LANGUAGES, Language

FILE = ROOT / "data" / "templates" / "whatsapp.yml"
# The provider's rules for a template.
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LONGEST = 1024
_CATEGORIES = frozenset({"utility", "marketing", "authentication"})


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A declared template."""

    name: str
    category: str
    variables: tuple[str, ...]
    texts: dict[str, str]

    def fill(self, language: Language, values: dict[str, str]) -> tuple[str, list[str]]:
        """What the customer reads, and the values in their order.

        Raises:
            ValueError: a value is missing, empty or would break the line.
        """
        ordered = [" ".join(values.get(name, "").split()) for name in self.variables]
        if not all(ordered):
            raise ValueError("a value is missing")
        return self.texts[language].format(**dict(zip(self.variables, ordered, strict=True))), ordered

    def submitted(self, language: Language) -> str:
        """The text as it is submitted to the provider."""
        numbered = {name: f"{{{{{index}}}}}" for index, name in enumerate(self.variables, 1)}
        return self.texts[language].format(**numbered)


def read_templates(path: Path = FILE) -> dict[str, Template]:
    """All declared templates by name.

    Raises:
        SettingsError: naming the first one that the provider would not take.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {name: _template(path.name, name, given) for name, given in content.items()}


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """The product's templates, read once per process."""
    return read_templates()


def _template(file: str, name: str, given: Any) -> Template:
    def wrong(what: str) -> SettingsError:
        return SettingsError(f"{file}: {name}: {what}")

    if not isinstance(given, dict) or not _NAME.fullmatch(str(name)):
        raise wrong("a name has small letters, digits and underscores")
    variables = tuple(given.get("variables") or ())
    if given.get("category") not in _CATEGORIES:
        raise wrong(f"category: expected one of {', '.join(sorted(_CATEGORIES))}")
    if not variables or variables[0] != "author":
        raise wrong("the first variable is the author")
    texts: dict[str, str] = {}
    for language in LANGUAGES:
        text = given.get(language)
        if not isinstance(text, str) or not text.startswith("{author} · "):
            raise wrong(f"{language}: a text that begins with the author is needed")
        used = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
        if used != list(variables):
            raise wrong(f"{language}: uses {used}, declared are {list(variables)}, in this order")
        if text.endswith("}") or len(text) > _LONGEST:
            raise wrong(f"{language}: a text does not end with a variable and has at most {_LONGEST} characters")
        texts[language] = text
    return Template(name=name, category=given["category"], variables=variables, texts=texts)
