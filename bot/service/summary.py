"""A conversation in two lines, made by rules from what is on record: no model, no guess.

The first line says who wants what and how it came to a person. The second says what is open: what the customer system
knows that matters now, what was tried without success, what was promised. What is not known is left out.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from actions.crm.models import CustomerOverview
from bot.store.cases import Case
from bot.store.log import Overview
from bot.store.traces import Trace, topic_of
from bot.transparency.format import moment
from bot.transparency.wording import Language, Wording

_MOST_TOPICS = 2
# Results of questions to other systems that mean that the answer did not come.
_AWAY = frozenset({"unavailable", "error", "timeout"})


def two_lines(
    words: Wording,
    language: Language,
    overview: Overview,
    traces: Sequence[Trace],
    customer: CustomerOverview | None,
    cases: Sequence[Case],
) -> tuple[str, str]:
    """The lines, in the agent's language; the second may be empty."""
    say = functools.partial(words.say, language=language)
    return _request(words, language, overview, traces), " · ".join(
        [
            *(_customer_facts(words, language, customer) if customer else []),
            *([say("desk_summary_away", systems=", ".join(away))] if (away := _away(traces)) else []),
            *(
                say("desk_summary_case", number=case.number, due=moment(case.due_at, language))
                for case in cases
                if case.status != "solved"
            ),
        ]
    )


def _request(words: Wording, language: Language, overview: Overview, traces: Sequence[Trace]) -> str:
    row = overview.conversation
    who = row.customer_name or words.say("desk_summary_somebody", language)
    if row.customer_level == "claimed":
        who = words.say("desk_summary_claimed", language, name=who)
    topics: list[str] = []
    for trace in reversed(traces):
        topic = topic_of(trace.body)
        if topic and trace.outcome == "committed" and topic not in topics and words.has(f"desk_intent_{topic}"):
            topics.append(topic)
    named = [words.say(f"desk_intent_{topic}", language) for topic in topics[:_MOST_TOPICS]]
    about = ", ".join(named) or words.say("desk_summary_no_topic", language)
    if overview.handover_reason is None:
        return f"{who}: {about}"
    return f"{who}: {about} · {words.say(f'desk_reason_{overview.handover_reason.value}', language)}"


def _customer_facts(words: Wording, language: Language, customer: CustomerOverview) -> list[str]:
    facts: list[tuple[Any, str]] = [
        (customer.outage, "desk_summary_outage"),
        (customer.open_invoice, "desk_summary_invoice"),
        (customer.next_appointment, "desk_summary_appointment"),
        (customer.customer.blocked, "desk_summary_blocked"),
    ]
    return [words.say(key, language) for known, key in facts if known]


def _away(traces: Sequence[Trace]) -> list[str]:
    calls = [call for trace in traces[-1:] for call in trace.body.get("calls", [])]
    return sorted({call["system"].upper() for call in calls if call["result"] in _AWAY})
