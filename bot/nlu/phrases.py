"""Vocabulary of a deployment: places with their postcodes, streets, devices, tariffs, from YAML files of known names.

Guarantee: a folder without a file has no words of that kind; a file that is not a list of `names` raises ValueError
with its path when the model is loaded, never while a customer writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent / "vocabulary"
FILES = {"place": "places.yml", "device": "devices.yml", "tariff": "tariffs.yml", "street": "streets.yml"}


@dataclass(frozen=True)
class Vocabulary:
    """Written form -> value, per entity; and postcode -> place."""

    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    place_of: Mapping[str, str] = field(default_factory=dict)


def load_vocabulary(folder: Path = HERE) -> Vocabulary:
    """Reads the files named in `FILES` from `folder`."""
    words: dict[str, dict[str, str]] = {}
    place_of: dict[str, str] = {}
    for entity, name in FILES.items():
        words[entity] = {}
        for entry in _entries(folder / name):
            value = entry["names"][0]
            for written in entry["names"]:
                words[entity][written] = value
                umlauts = written.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}))
                words[entity].setdefault(umlauts, value)
            for postcode in entry.get("postcodes", ()):
                place_of.setdefault(postcode, value)
    return Vocabulary(words, place_of)


def _entries(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    entries = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and entry.get("names") for entry in entries):
        raise ValueError(f"{path}: expected a list of entries with `names`")
    return entries
