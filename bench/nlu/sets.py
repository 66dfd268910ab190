"""Labelled sets: tab-separated files (split, intent, text), and the assistant's own training data.

Guarantee: a file that is not such a table raises ValueError with its name and line; a folder without any raises
FileNotFoundError. Only a tab ends a cell and only a line feed (or both signs of Windows) a line: texts keep whatever
else they hold. A set without a test split, but with a validation split, is tested on that; with neither, it is folded
five times, the same way each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from bot.nlu.encoder import centred, encode
from bot.nlu.folds import deal, near_duplicates
from bot.nlu.text import clean

FOLDS = 5
# Examples of one intent more alike than this are asked and learned together.
NEAR_DUPLICATE = 0.9
# How sets call what is outside of all their intents.
OUT_OF_SCOPE = ("oos", "out_of_scope")
# How sets call their validation split.
_VALIDATION = ("val", "valid", "validation", "dev")


@dataclass(frozen=True)
class Examples:
    """Texts and their intents, side by side."""

    texts: list[str]
    intents: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, chosen: list[int]) -> Examples:
        return Examples([self.texts[row] for row in chosen], [self.intents[row] for row in chosen])


@dataclass(frozen=True)
class LabelledSet:
    """One set: one or more pairs of what is learned and what is asked."""

    name: str
    rounds: list[tuple[Examples, Examples]]
    out_of_scope: str | None

    @property
    def learned(self) -> int:
        return len(self.rounds[0][0])

    @property
    def asked(self) -> int:
        return sum(len(asked) for _, asked in self.rounds)


def read_folder(folder: Path) -> list[LabelledSet]:
    """Reads every *.tsv in `folder`, smallest first."""
    files = sorted(folder.glob("*.tsv"), key=lambda path: path.stat().st_size)
    if not files:
        raise FileNotFoundError(f"No *.tsv in {folder}")
    return [read_table(path) for path in files]


def read_table(path: Path) -> LabelledSet:
    """Reads one file. The first line may be a heading."""
    splits: dict[str, Examples] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: not UTF-8 ({error.reason} at byte {error.start})") from None
    for number, line in enumerate(lines, start=1):
        cells = line.removesuffix("\r").split("\t")
        is_heading = number == 1 and cells[0].strip().lower() == "split"
        if is_heading or not line.strip():
            continue
        if len(cells) != 3:
            raise ValueError(f"{path.name}, line {number}: expected split, intent and text, found {len(cells)} cells")
        name = cells[0].strip().lower()
        examples = splits.setdefault("val" if name in _VALIDATION else name, Examples([], []))
        examples.intents.append(cells[1])
        examples.texts.append(cells[2])
    train, validation, test = (splits.get(name) for name in ("train", "val", "test"))
    if train is None:
        raise ValueError(f"{path.name}: no examples in the split 'train'")
    rounds = [(train, test or validation)] if test or validation else list(folded(train))
    intents = {intent for examples in splits.values() for intent in examples.intents}
    return LabelledSet(path.stem, rounds, next((name for name in OUT_OF_SCOPE if name in intents), None))


def read_own(folder: Path) -> LabelledSet:
    """Reads the assistant's training data (Rasa's YAML), folded."""
    examples = own_examples(folder)
    return LabelledSet("own", list(folded(examples)), "out_of_scope")


def own_examples(folder: Path) -> Examples:
    """Reads the examples of all intents in `folder`."""
    examples = Examples([], [])
    for path in sorted(folder.glob("*.yml")):
        for block in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = [line.removeprefix("- ").strip() for line in block["examples"].strip().splitlines()]
            examples.texts.extend(lines)
            examples.intents.extend([block["intent"]] * len(lines))
    return examples


def folded(examples: Examples) -> Iterator[tuple[Examples, Examples]]:
    """Yields what is learned and what is asked, each example asked once, near duplicates never on both sides."""
    vectors = encode([clean(text) for text in examples.texts])
    _, truth = np.unique(examples.intents, return_inverse=True)
    groups = near_duplicates(centred(vectors, vectors.mean(axis=0)), truth, NEAR_DUPLICATE)
    fold_of = deal(groups, truth, FOLDS, seed=7)
    for fold in range(FOLDS):
        asked = fold_of == fold
        yield examples.rows(np.flatnonzero(~asked).tolist()), examples.rows(np.flatnonzero(asked).tolist())
