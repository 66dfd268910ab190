"""The widget as one file: what a website embeds, made of `static/app` and the texts when the edge starts.

Guarantee: the same modules and texts give the same bytes, so their digest is the file's version and its integrity
value; each module keeps a scope of its own. A module that is not written in the few forms understood here, or a circle
of imports, is an error at start, never a file that fails in a customer's browser.

Understood are `import { a, b } from "./x.js";` and `export` in front of a class, a function or a constant. Comments on
lines of their own, `//` and `/** */`, are for whoever works on the modules and are left out, also out of a text over
several lines.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from bot.transparency.together import PATTERN
from bot.transparency.wording import LANGUAGES, Wording

MODULES = Path(__file__).parent / "static" / "app"
ENTRY = "main.js"
# The module that no file holds: the widget's texts in every language, and what of a text stays on one line.
TEXTS = "texts.js"

_IMPORT = re.compile(r'^import \{([\w\s,]+)\} from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:class|function|const) )(\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_OTHER = re.compile(r"^(?:import|export)\b|\bimport\.meta\b|\bimport\(", re.MULTILINE)


class CannotBundle(Exception):
    """A module uses a form that is not understood here."""


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """The widget's file, as it is sent."""

    body: bytes
    packed: bytes
    # Of the content, so that an address always stands for the same bytes.
    version: str
    # What a website's `integrity` attribute says.
    integrity: str


def script_of(body: bytes) -> Script:
    """A file with what is derived from it."""
    return Script(
        body=body,
        packed=gzip.compress(body, 9, mtime=0),
        version=hashlib.sha256(body).hexdigest()[:16],
        integrity=f"sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}",
    )


@lru_cache(maxsize=2)
def widget_script(words: Wording) -> Script:
    """The widget with these texts, made once."""
    tables = {language: words.table("widget_", language) for language in LANGUAGES}
    text = json.dumps(tables, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    modules = {path.name: path.read_text(encoding="utf-8") for path in sorted(MODULES.glob("*.js"))}
    module = f"export const TEXTS = {text};\nexport const TOGETHER = {json.dumps(PATTERN, ensure_ascii=False)};\n"
    return script_of(bundle({**modules, TEXTS: module}, ENTRY).encode())


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """The modules that `entry` needs, each in a function of its own, in the order in which they need each other.

    Raises:
        CannotBundle: a form that is not understood, a module that is missing, or modules that need each other.
    """
    parts: list[str] = []
    done: set[str] = set()

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path or name not in modules:
            raise CannotBundle(f"{name} is {'in a circle' if name in path else 'missing'}: {' > '.join((*path, name))}")
        for needed in _IMPORT.finditer(modules[name]):
            add(needed[2], (*path, name))
        parts.append(_as_function(name, modules[name]))
        done.add(name)

    add(entry, ())
    return "(() => {\n" + "".join(parts) + "})();\n"


def _as_function(name: str, source: str) -> str:
    exported = [found[2] for found in _EXPORT.finditer(source)]
    body = _IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_variable(found[2])};", source)
    body = _EXPORT.sub(r"\1\2", body)
    if other := _OTHER.search(body):
        line = body.count("\n", 0, other.start()) + 1
        raise CannotBundle(f"{name}, line {line}: this form of {other[0]!r} is not understood")
    body = _COMMENT.sub("", body)
    return f'const {_variable(name)} = (() => {{\n"use strict";\n{body}return {{ {", ".join(exported)} }};\n}})();\n'


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name)
