"""What was answered so far reaches whoever goes on: every turn reports it, and nothing of what is done."""

from __future__ import annotations

import json

import pytest

from actions.context import Context
from actions.crm.demo_people import QUIET
from actions.crm.repository import CrmRepository
from actions.fault_form import FaultForm
from actions.faults import ReportFault
from actions.talk import Handover
from actions.work import work_so_far
from bot.transparency.wording import wording
from tests.unit.actions.action_talk import Talker

TOLD = "Störung melden: V-216904; Kein Internet; Lampe: blinkt oder ist rot"
FAULT = {"fault_line": "V-216904", "fault_kind": "internet_out", "fault_answers": json.dumps({"lights": "blinking"})}


@pytest.mark.parametrize(
    ("slots", "told"),
    [
        ({}, None),
        ({"pending": "action_report_fault"}, None),
        (FAULT, TOLD),
        ({"speed_line": "V-1", "speed_value": "20"}, "Internet ist langsam: V-1; 20"),
        (
            {"pending": "action_tariff_change", "details": json.dumps({"tariff": "Kabel 500", "offers": ["x"]})},
            "Tarif wechseln: Kabel 500",
        ),
        (
            {**FAULT, "callback_phone": "+49345"},
            f"{TOLD}\nRückruf: +49345",
        ),
    ],
)
def test_answers_in_words(slots: dict[str, str], told: str | None) -> None:
    assert work_so_far(wording(), slots) == told


async def test_an_answer_is_reported_in_its_own_turn_and_with_a_handover(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(QUIET, crm)
    asked = {**FAULT, "requested_slot": "fault_check", "fault_step": "cable", "pending": "action_report_fault"}
    answered = await talker.run(FaultForm, "hab ich schon", intent="inform", slots=asked, form="fault_form")
    assert answered.report["work"].endswith("Lampe: blinkt oder ist rot; Kabel: schon vorher gemacht")
    handed_over = await talker.run(Handover, "Mensch bitte", intent="talk_to_human", slots=FAULT, form="fault_form")
    assert handed_over.report["handover"] and "blinkt" in handed_over.report["work"]


async def test_what_is_done_is_reported_as_nothing(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(QUIET, crm)
    done = {**FAULT, "fault_confirm": "yes", "next_step": "action_report_fault"}
    outcome = await talker.run(ReportFault, "ja", intent="affirm", slots=done)
    assert outcome.report["work"] is None
