"""The two lines that a conversation is put into by rules: only what is on record, in the agent's language."""

from __future__ import annotations

from datetime import datetime, timezone

import msgspec

from actions.crm.models import Address, Customer, CustomerOverview
from bot.conversation.handover import Reason
from bot.conversation.model import Holder
from bot.service.summary import two_lines
from bot.store.cases import Case
from bot.store.entries import Conversation
from bot.store.log import Overview, TenureRecord
from bot.store.traces import Trace
from bot.transparency.wording import wording

NOW = datetime(2026, 11, 30, 15, 0, tzinfo=timezone.utc)


def _overview(
    name: str | None = None, level: str | None = None, reason: Reason | None = Reason.CUSTOMER_REQUEST
) -> Overview:
    row = {
        **dict.fromkeys(Conversation.__struct_fields__, None),
        "customer_name": name,
        "customer_level": level,
    }
    tenure = TenureRecord(
        conversation_id="c",
        epoch=2,
        holder=Holder.QUEUE,
        reason=Reason.CUSTOMER_REQUEST,
        detail=None,
        agent_id=None,
        agent_name=None,
        started_at=NOW,
        ended_at=None,
        deadline_at=NOW,
    )
    return Overview(
        conversation=Conversation(**row),
        tenure=tenure,
        last=None,  # type: ignore[arg-type]
        handover_reason=reason,
        handover_detail=None,
        case_number=None,
        promised_until=None,
    )


def _trace(intent: str, outcome: str = "committed", **body: object) -> Trace:
    return msgspec.convert(
        {
            "turn_id": intent,
            "conversation_id": "c",
            "epoch": 1,
            "seq": 1,
            "outcome": outcome,
            "milliseconds": 1.0,
            "body": {"intent": {"name": intent}, **body},
            "at": NOW,
        },
        Trace,
    )


def _case(status: str) -> Case:
    due = datetime(2026, 12, 1, 1, 23, tzinfo=timezone.utc)
    return Case(
        number=f"KT-26-{status}",
        conversation_id="c",
        epoch=2,
        team="service",
        status=status,
        reason="made_by_agent",
        created_at=NOW,
        due_at=due,
    )


def _customer(*, blocked: bool) -> CustomerOverview:
    address = Address(street="Lindenstraße", house_number="5", postcode="06217", place="Merseburg")
    customer = Customer(
        number="2048173",
        first_name="Martina",
        last_name="Vogel",
        address=address,
        email=None,
        phone=None,
        language="de",
        blocked=blocked,
    )
    return CustomerOverview(
        customer=customer, contracts=(), open_invoice=None, outage=None, next_appointment=None, tickets=()
    )


def test_who_wants_what_and_why_a_person() -> None:
    traces = [_trace("report_fault"), _trace("invoice_show", outcome="suppressed"), _trace("talk_to_human")]
    first, second = two_lines(wording(), "de", _overview("Martina Vogel", "proven"), traces, None, [])
    assert first == "Martina Vogel: Störung melden · Möchte mit einem Menschen sprechen"
    assert second == ""


def test_what_is_not_proven_or_not_known_is_said_so() -> None:
    claimed, _ = two_lines(wording(), "de", _overview("Martina Vogel", "claimed"), [], None, [])
    assert claimed == "Martina Vogel (nicht nachgewiesen): Thema nicht erkannt · Möchte mit einem Menschen sprechen"
    unknown, _ = two_lines(wording(), "en", _overview(reason=None), [_trace("report_fault")], None, [])
    words = wording()
    assert unknown == f"{words.say('desk_summary_somebody', 'en')}: {words.say('desk_intent_report_fault', 'en')}"


def test_what_is_open_names_the_day_not_only_the_hour() -> None:
    """A case due at 02:23 tomorrow is not due in the past of today. Solved ones are not open."""
    calls = [{"system": "crm", "operation": "overview", "result": "unavailable", "milliseconds": 3.0}]
    traces = [_trace("report_fault", calls=calls)]
    cases = [_case("open"), _case("solved")]
    _, second = two_lines(wording(), "de", _overview(), traces, _customer(blocked=True), cases)
    assert second == (
        "Anschluss gesperrt · Nicht erreichbar war: CRM · Vorgang KT-26-open, fällig 1. Dezember 2026, 02:23 Uhr"
    )
    assert two_lines(wording(), "de", _overview(), [], _customer(blocked=False), [])[1] == ""
