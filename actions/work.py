"""What the customer has answered so far in requests that are not finished, for whoever goes on with them.

Guarantee: every turn reports it, so it reaches a person, and a case, whichever way these come: asked for in words or by
the edge's own button, after a deadline, or because the bot is away. It is written for the team, in German, and vanishes
with the answers when a request is done or dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from actions.line_check import result_of
from bot.transparency.wording import Wording

Slots = Mapping[str, Any]

# Details that say something to a reader; the rest is what questions show.
_TOLD = (
    *("words", "contact", "tariff", "address", "day", "phone", "provider", "email", "reach", "number", "product"),
    "contract_number",
)
# Slots of forms with a memory of their own, by the request they belong to.
_SLOTS = {
    "slow_internet": ("speed_line", "speed_value"),
    "callback_request": ("callback_phone", "callback_window", "callback_words"),
    "ticket_status": ("case_number", "case_text"),
    "appointment_change": ("visit_slot",),
}


def work_so_far(words: Wording, slots: Slots) -> str | None:
    """A line for each request that was begun: its title and what was answered; None if nothing was."""
    lines = []
    for intent, answers in _begun(words, slots):
        told = "; ".join(str(answer) for answer in answers if answer)
        if told:
            lines.append(words.say("work_line", "de", request=words.say(f"intent_title_{intent}", "de"), answers=told))
    return "\n".join(lines) or None


def _begun(words: Wording, slots: Slots) -> Iterator[tuple[str, list[Any]]]:
    if slots.get("fault_line"):
        yield "report_fault", [slots["fault_line"], *_fault(words, slots)]
    for intent, names in _SLOTS.items():
        yield intent, [slots.get(name) for name in names]
    details = json.loads(slots.get("details") or "{}")
    intent = str(slots.get("pending") or "").removeprefix("action_")
    if details and words.has(f"intent_title_{intent}"):
        yield intent, [details[name] for name in _TOLD if isinstance(details.get(name), str)]


def _fault(words: Wording, slots: Slots) -> Iterator[str]:
    if kind := slots.get("fault_kind"):
        yield words.say(f"fault_kind_{kind}", "de")
    if described := slots.get("fault_text"):
        yield words.say("fault_own_words", "de", words=described)
    for step, answer in json.loads(slots.get("fault_answers") or "{}").items():
        what, result = words.say(f"check_name_{step}", "de"), words.say(result_of(step, answer), "de")
        yield words.say("fault_answer", "de", what=what, result=result)
