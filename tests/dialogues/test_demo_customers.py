"""Every sentence that `klartext demo customers` proposes leads to what it says, typed into the running system."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from actions.crm.demo import create_demo
from actions.crm.sql import connect
from bot.demo import Reason, places, situations
from bot.transparency.wording import LANGUAGES, Language, wording
from tests.dialogues.conftest import Systems
from tests.dialogues.player import Player
from tests.dialogues.script import Dialogue, Step

# What is said once the customer is known, or, of a key with `!`, who takes over.
LEADS_TO = {
    "blocked": "!sensitive",
    "outage": "outage_active",
    "outage_planned": "outage_planned",
    "no_contract": "contract_none",
    "contracts": "fault_ask_line",
    "invoice_overdue": "payment_overdue_help",
    "invoice_zero": "invoice_head",
    "paid_twice": "!sensitive",
    "paid_back": "payment_refunded",
    "appointment": "appointment_next",
    "ticket": "ticket_head",
    "order": "order_head",
    "sms_only": "check_devices",
    "english": "check_devices",
    "free_to_cancel": "cancel_confirm",
    "quiet": "contract_head",
    "fiber_available": "fiber_available",
    "fiber_building": "fiber_building",
    "fiber_planned": "fiber_planned",
    "fiber_not_planned": "fiber_not_planned",
    "build_delayed": "progress_delayed",
    "build_paused": "build_phase_paused",
    "outage_here": "outage_active",
}
# Told to anybody.
PUBLIC = {"outage_planned", "outage_here"}
# Of a blocked account nothing is told.
HIDDEN = {("2070542", "invoice_overdue"): "!sensitive"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_proposed_leads_to_what_is_said(language: Language, systems: Systems, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}"
    await create_demo(url, date.today())
    crm = connect(url)
    customers, addresses = await situations(crm, wording(), language), await places(crm, wording(), language)
    await crm.close()
    system, failed = await systems.get("sql"), list[str]()
    tries = [(one.customer.number, reason) for one in customers for reason in one.reasons]
    tries += [(None, reason) for place in addresses for reason in place.reasons]
    for customer, reason in tries:
        spoken: Language = "en" if reason.key == "english" else language
        try:
            await Player(system, _dialogue(customer, reason), spoken).play()
        except AssertionError as error:
            failed.append(f"{customer} {reason.key}: {error}")
    assert not failed, "\n\n".join(failed)


def _dialogue(customer: str | None, reason: Reason) -> Dialogue:
    expected = HIDDEN.get((customer or "", reason.key), LEADS_TO[reason.key])
    reached: dict[str, str] = {"handover": expected[1:]} if expected.startswith("!") else {"says": expected}
    if customer is None or reason.key in PUBLIC:
        return Dialogue(dialogue=reason.key, steps=[Step(both=reason.to_write, **reached)])  # type: ignore[arg-type]
    asked = Step(both=reason.to_write, says="identity_ask_identifier")
    return Dialogue(
        dialogue=reason.key,
        customer=customer,
        steps=[asked, Step(prove="number", **reached)],  # type: ignore[arg-type]
    )
