"""The training data: complete, without doubles, and big enough for each service intent."""

from __future__ import annotations

import re
from collections import Counter

from bot.nlu.shortcuts import wording

SERVICE = """
report_fault slow_internet router_help outage_info
invoice_show invoice_explain payment_change payment_problem
contract_show tariff_change contract_cancel move_home contact_change number_porting
fiber_availability fiber_progress order_status
appointment_show appointment_change ticket_status callback_request contact_info complaint
"""
OTHERS = """
help bot_challenge talk_to_human why_answer data_privacy data_export data_erase switch_channel insult threat
greet goodbye thank affirm deny inform out_of_scope
"""


def test_every_intent_is_there_and_no_other(examples):
    assert set(examples.intents) == {*SERVICE.split(), *OTHERS.split()}


def test_service_intents_have_enough_examples(examples):
    counts = Counter(examples.intents)
    assert {intent: counts[intent] for intent in SERVICE.split() if counts[intent] < 65} == {}


def test_no_wording_stands_under_two_intents(examples):
    seen: dict[str, str] = {}
    clashes = []
    for text, intent in zip(*examples, strict=True):
        known = wording(text)
        if known and seen.setdefault(known, intent) != intent:
            clashes.append((text, seen[known], intent))
    assert clashes == []


def test_no_entity_markup_slipped_in(examples):
    assert [text for text in examples.texts if re.search(r"\[[^]]*\][({]", text)] == []
