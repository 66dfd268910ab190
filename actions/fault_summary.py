"""A fault in words: for the customer to confirm, and for the team that repairs it.

Pure: wording, a contract and answers in, text out.
"""

from __future__ import annotations

from collections.abc import Mapping

from actions.crm.models import Contract
from actions.line_check import result_of
from bot.transparency.wording import Wording

# What may be broken; the choices of the fault form. Texts: `fault_kind_<name>`.
FAULT_KINDS = ("internet_out", "internet_drops", "internet_slow", "phone", "tv", "other")
# The customer's own words in a summary, which has to stay readable; the team gets them whole.
SHOWN_WORDS = 120


def summary(
    words: Wording,
    language: str,
    contract: Contract,
    kind: str,
    answers: Mapping[str, str],
    described: str | None,
    *,
    whole: bool = False,
) -> str:
    """Line, kind, own words and every answer of the check, one to a line; `whole`: nothing is cut."""
    technology = words.say(f"technology_{contract.technology}", language)
    line = words.say(
        "fault_line", language, number=contract.number, technology=technology, address=contract.address.line
    )
    parts = [line, words.say(f"fault_kind_{kind}", language)]
    if described:
        cut = described if whole or len(described) <= SHOWN_WORDS else described[: SHOWN_WORDS - 1].rstrip() + "…"
        parts.append(words.say("fault_own_words", language, words=cut))
    for step, answer in answers.items():
        what, result = words.say(f"check_name_{step}", language), words.say(result_of(step, answer), language)
        parts.append(words.say("fault_answer", language, what=what, result=result))
    return "\n".join(words.say("fault_line_item", language, line=part) for part in parts)
