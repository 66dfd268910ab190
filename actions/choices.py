"""Choices that a form offers as buttons, and yes or no in words.

A button of a form carries its value in the entity `choice`, which only buttons set. What a customer writes instead is
read by the form that asked.
"""

from __future__ import annotations

import hashlib
import json
import re

from actions.phrases import hedges, says_yes
from actions.turn import Button, Turn

CHOICE = "choice"
# The slot that holds which summary is open.
SUMMARY = "confirm_id"
# The value of a form's slot once its summary is confirmed.
YES = "yes"

_NO = re.compile(
    r"^\W*(nein|nö|nee|ne|nicht|lieber nicht|doch nicht|no|nope|don'?t|do not|rather not)\b", re.IGNORECASE
)


def choice(turn: Turn) -> str | None:
    """The value of the form's button that was pressed."""
    return turn.entity(CHOICE)


def button(turn: Turn, key: str, value: str, **values: object) -> Button:
    """A button that answers the form's question with `value`."""
    return titled(turn.wording(key, **values), value)


def titled(title: str, value: str) -> Button:
    """A button whose title is no fixed text, such as a time."""
    return {"title": title, "payload": f"/inform{json.dumps({CHOICE: value}, ensure_ascii=False)}"}


def yes_and_no(turn: Turn, summary: str) -> list[Button]:
    """The buttons below a summary that is to be confirmed; `summary` tells it from others, see `new_summary`."""
    yes = turn.button("button_yes", f"/affirm{json.dumps({'confirm': summary})}")
    return [yes, turn.button("button_no", "/deny")]


def new_summary(turn: Turn) -> str:
    """What tells the summary that this turn shows from every other one."""
    return hashlib.sha256(turn.write_key.encode()).hexdigest()[:12]


def agreed(turn: Turn) -> bool | None:
    """Whether the newest summary was confirmed; None: neither yes nor no was said, or the yes was to an older one."""
    if turn.from_button:
        if turn.intent == "affirm":
            return True if turn.entity("confirm") == turn.slot(SUMMARY) else None
        return False if turn.intent == "deny" else None
    if turn.intent == "deny" or (turn.intent != "affirm" and _NO.search(turn.text)):
        return False
    return True if confirms(turn) else None


def confirms(turn: Turn) -> bool:
    """Whether a message says yes: understood as one and not hedged, or one in a few words."""
    hedged = not turn.from_button and hedges(turn.text)
    return (turn.intent == "affirm" and not hedged) or says_yes(turn.text)
