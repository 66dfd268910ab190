"""Files that a customer has sent for a ticket: which messages they came with, and what they are called in a sentence.

Only messages are named here; their files stay with the edge until the customer has confirmed where they go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from actions.turn import Turn
from bot.transparency.wording import Language

# More than this many messages with files are not gathered for one note.
MOST_FILES = 10


def kept_files(files: Mapping[str, str]) -> str | None:
    """Messages and kinds as a slot holds them."""
    return json.dumps(dict(list(files.items())[-MOST_FILES:])) if files else None


def files_in(kept: str | None) -> dict[str, str]:
    """Messages and kinds out of a slot."""
    return dict(json.loads(kept)) if kept else {}


def told_files(turn: Turn, files: Mapping[str, str], language: Language) -> str:
    """What they are, as part of a sentence: "ein Bild", "3 Dateien"."""
    say = turn.context.wording.say
    if len(files) == 1:
        return say(f"case_files_{next(iter(files.values()))}", language)
    return say("case_files_many", language, count=len(files))
