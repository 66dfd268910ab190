"""What agents read of the bot's questions to the customer data system has words for everything that can stand there."""

from __future__ import annotations

import inspect
import re
from datetime import datetime, timezone
from typing import Any

import pytest

from actions.crm.contract_models import CancelledContract, ContactChanged, ContactCode, PlacedOrder
from actions.crm.models import Expired, Fact, Identity, Locked, OpenedTicket, ProofStarted, Proven, Wrong
from actions.crm.repository import CrmRepository
from actions.crm.visits import VisitChange
from actions.crm.voucher_models import Vouched
from actions.recorder import describe
from bot.transparency.wording import LANGUAGES, wording

# Asked by processes, not by an action in a conversation.
_BEHIND = {"close", "ping", "notifications", "updates_due", "send_update", "interest_by_token"}
_NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
_FACT: Any = Fact(value=None, record="R-1", as_of=_NOW)
_RESULTS: list[object] = [
    None,
    [],
    [_FACT, _FACT],
    Fact(value=None, record="company", as_of=_NOW),
    *(OpenedTicket(ticket=_FACT, created=created) for created in (True, False)),
    *(PlacedOrder(order=_FACT, created=created) for created in (True, False)),
    *(CancelledContract(contract=_FACT, created=created) for created in (True, False)),
    VisitChange(outcome="done", appointment=_FACT),
    VisitChange(outcome="slot_taken", appointment=None),
    VisitChange(outcome="slot_taken", appointment=_FACT),
    *(ContactCode(result=result, expires_at=None) for result in ("sent", "limited")),
    ContactChanged(customer=_FACT),
    ProofStarted(result="code_if_known", medium=None, expires_at=_NOW),
    ProofStarted(result="limited", medium=None, expires_at=None),
    Identity(level="none", customer=None),
    *(Identity(level=level, customer=_FACT) for level in ("claimed", "proven")),
    Vouched(result="proven", customer=_FACT),
    *(Vouched(result=result, customer=None) for result in ("unknown", "used")),
    Proven(customer=_FACT),
    Expired(),
    Locked(),
    Wrong(attempts_left=2),
]


def _worded(result: str) -> bool:
    """As the page of the desk looks for words (`views/trace.js`)."""
    if re.fullmatch(r"\d+ found|wrong code, \d+ left", result):
        return True
    record, _, became = result.partition(" ")
    keys = (result.replace(" ", "_"), f"record_{became.replace(' ', '_')}" if re.search(r"\d", record) else None)
    return any(key and _known(f"desk_result_{key}") for key in keys)


def _known(key: str) -> bool:
    try:
        return all(wording().template(key, language) for language in LANGUAGES)
    except KeyError:
        return False


def test_every_question_to_the_customer_data_system_has_words() -> None:
    verbs = {name for name, _ in inspect.getmembers(CrmRepository, inspect.isfunction) if not name.startswith("_")}
    assert {verb for verb in verbs - _BEHIND if not _known(f"desk_operation_{verb}")} == set()


@pytest.mark.parametrize("result", _RESULTS, ids=describe)
def test_every_result_has_words_or_is_a_record_number(result: object) -> None:
    said = describe(result)
    assert said == "R-1" or _worded(said), said


def test_a_result_tells_no_name_amount_or_address() -> None:
    assert describe(Fact(value="Eva Muster, Lindenstr. 5", record="R-1", as_of=_NOW)) == "R-1"
