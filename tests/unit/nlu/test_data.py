"""The training data: complete, without doubles, and big enough for each service intent."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from ruamel.yaml import YAML

from bot.nlu.text import wording
from tests.unit.nlu.conftest import DATA

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


@pytest.mark.parametrize(("block", "least"), [(0, 40), (1, 25)], ids=["de", "en"])
def test_service_intents_have_enough_examples(block, least):
    """Each file holds an intent's German examples first, then its English ones."""
    counts = Counter()
    for path in DATA.glob("*.yml"):
        seen = Counter()
        for part in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["nlu"]:
            if seen[part["intent"]] == block:
                counts[part["intent"]] += len(part["examples"].strip().splitlines())
            seen[part["intent"]] += 1
    wanted = [*SERVICE.split(), "talk_to_human", "bot_challenge", "switch_channel"]
    assert {intent: counts[intent] for intent in wanted if counts[intent] < least} == {}


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
