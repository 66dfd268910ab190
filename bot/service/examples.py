"""Sentences of customers that become training examples, and the file in which the training reads them.

`data/nlu/accepted.yml` belongs to this module: it holds what people at the desk accepted, and nothing else is ever
changed. It is written aside and renamed, so a reader sees it whole; two processes take turns; what it holds already
stays. A folder that cannot be written to raises `NotWritable`, and nothing has changed.

What names somebody does not get in: numbers, addresses, the customer's own name. A form of words that has no such mark
(another person's name) only a reader can see, which is why a person decides about each sentence.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from bot.conversation.personal import mask_personal
from bot.nlu.text import clean, wording
from bot.service.outcomes import Refused
from bot.settings import ROOT

FILE = "accepted.yml"
LONGEST = 300
# What the classifier reports where it understood nothing; nothing is an example of it.
_NO_EXAMPLES = frozenset({"nlu_fallback"})
_HEAD = """\
version: "3.1"
# What the bot had taken wrong, with the right intent, as people at the desk accepted it. Written by the desk and by
# `klartext examples export`; sentences may be changed or removed here by hand.
nlu:
"""
_NUMBER = re.compile(r"\b[A-Z]{1,4}-\d[\d-]{2,}|\d{6,}")
_STREET = re.compile(
    r"\b(\w+(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|ufer|markt|damm)|(?:Am|An der|Im) \w+) \d+\w?"
)
_NAMED = re.compile(r"\b(ich heiße|mein name ist|my name is)((?: [\w'-]+){1,2})", re.IGNORECASE)
# What masks leave to tell two lines apart: here nothing has to be.
_LEFT = re.compile(r"\b[A-Z]{2}\*\* (?:\*+ )+\d+|\*{3}(?:\d+|@[\w.-]+)?")
# Marks of entities in the training's own format, and what a mask leaves behind.
_MARKS = re.compile(r"[\[\]{}|<>]|\*\*\*")
_LETTER = re.compile(r"[^\W\d_]")


class NotWritable(Exception):
    """The training data cannot be written on this machine; the message names the file and why."""


def intents(domain: Path = ROOT / "domain.yml") -> list[str]:
    """What the bot can be taught, in the order of the domain."""
    found = yaml.load(domain.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["intents"]
    return [name for name in found if name not in _NO_EXAMPLES]


def masked(text: str, customer_name: str | None) -> str:
    """A customer's words on one line with what tells who they are unreadable: a first draft of an example."""
    text = _NUMBER.sub("***", _LEFT.sub("***", mask_personal(clean(text))))
    text = _NAMED.sub(r"\1 ***", _STREET.sub(r"\1 ***", text))
    for name in _names(customer_name):
        text = re.sub(rf"\b{re.escape(name)}\b", "***", text, flags=re.IGNORECASE)
    return text[:LONGEST]


def checked(text: str, customer_name: str | None) -> str:
    """The sentence as it is written into the training data.

    Raises:
        Refused: `example_personal`, it still names somebody; `example_form`, it is none: empty, too long, or with
            marks that the training reads as its own.
    """
    text = clean(text)
    if not _LETTER.search(text) or len(text) > LONGEST or not wording(text):
        raise Refused("example_form", n=str(LONGEST))
    if "***" in text or masked(text, customer_name) != text:
        raise Refused("example_personal")
    if _MARKS.search(text):
        raise Refused("example_form", n=str(LONGEST))
    return text


def _names(customer_name: str | None) -> list[str]:
    return [part for part in (customer_name or "").split() if len(part) > 2]


class TrainingData:
    """The training data of one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}
        self._print: tuple[tuple[str, int, int], ...] | None = None

    @property
    def file(self) -> Path:
        """Where accepted examples are written."""
        return self._folder / FILE

    def check_writable(self) -> None:
        """Raises `NotWritable` where accepted examples could not be written."""
        target = self.file if self.file.exists() else self._folder
        if not self._folder.is_dir() or not os.access(self._folder, os.W_OK) or not os.access(target, os.W_OK):
            raise NotWritable(f"{self.file}: no right to write there")

    def intent_of(self, text: str) -> str | None:
        """The intent that this wording is an example of already."""
        files = sorted(self._folder.glob("*.yml")) if self._folder.is_dir() else []
        fingerprint = tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files)
        if fingerprint != self._print:
            self._known = {
                wording(example): intent for one in files for intent, examples in _read(one) for example in examples
            }
            self._print = fingerprint
        return self._known.get(wording(text))

    def add(self, examples: Iterable[tuple[str, str]]) -> int:
        """Write what the file does not hold yet; how many that were. Examples are (intent, sentence).

        Raises:
            NotWritable: nothing was changed.
        """
        try:
            with self._turn():
                held: dict[str, list[str]] = {}
                for intent, known in _read(self.file) if self.file.exists() else ():
                    held.setdefault(intent, []).extend(known)
                seen = {wording(example) for known in held.values() for example in known}
                added = 0
                for intent, example in examples:
                    if wording(example) not in seen:
                        held.setdefault(intent, []).append(example)
                        seen.add(wording(example))
                        added += 1
                if added:
                    self._replace(_HEAD + "".join(_block(intent, held[intent]) for intent in sorted(held)))
                return added
        except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
            raise NotWritable(f"{self.file}: {error}") from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time, for as long as the block lasts; the system ends it with the process."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _replace(self, content: str) -> None:
        # Not a *.yml while it is written: the training would read it.
        aside = self._folder / f".{FILE}.{uuid4().hex}"
        try:
            with aside.open("w", encoding="utf-8") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            aside.replace(self.file)
        finally:
            aside.unlink(missing_ok=True)


def _read(path: Path) -> list[tuple[str, list[str]]]:
    content: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    return [
        (
            part["intent"],
            [line.strip()[2:].strip() for line in part["examples"].splitlines() if line.strip()[:2] == "- "],
        )
        for part in content.get("nlu") or ()
        if "intent" in part
    ]


def _block(intent: str, examples: Sequence[str]) -> str:
    return f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {example}\n" for example in examples)
