"""Account data: shown to proven customers only, with its source, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from action_talk import Talker

from actions.appointments import AppointmentChange, AppointmentShow
from actions.base import AccountService
from actions.callback import CallbackRequest
from actions.cases import TicketStatus
from actions.context import Context
from actions.contracts import ContractShow
from actions.crm.demo_people import BLOCKED, NONE, OPEN, ORDER, OUTAGE, QUIET, TICKET, TOMORROW, TWO, ZERO
from actions.crm.errors import CrmUnavailable
from actions.crm.models import NewTicket, OpenedTicket
from actions.crm.repository import CrmRepository
from actions.faults import ReportFault
from actions.invoices import InvoiceShow
from actions.orders import OrderStatus
from actions.slow_internet import SlowInternet

SERVICES = (
    *(InvoiceShow, ContractShow, OrderStatus),
    *(AppointmentShow, AppointmentChange, TicketStatus, ReportFault, SlowInternet),
)


@pytest.mark.parametrize("service", SERVICES)
async def test_without_proof_nothing_is_said_and_the_proof_is_asked_for(
    service: type[AccountService], context: Context
) -> None:
    outcome = await Talker(context).run(service, "…", intent=service.intent)
    assert outcome.texts == []
    name = service.action_name
    asked = {"asked_for": None, "pending": name, "next_step": "identity_form", "last_service": name}
    assert outcome.slots | asked == outcome.slots


@pytest.mark.parametrize("service", SERVICES)
async def test_a_proof_is_good_for_its_session_and_conversation_only(
    service: type[AccountService], context: Context, crm: CrmRepository
) -> None:
    await Talker(context).prove(QUIET, crm)
    for other in (Talker(context, session=2), Talker(context, conversation="c-2")):
        outcome = await other.run(service, "…", intent=service.intent)
        assert outcome.texts == []
        assert outcome.slots["next_step"] == "identity_form"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_blocked_account_goes_to_a_person(
    service: type[AccountService], context: Context, crm: CrmRepository
) -> None:
    talker = Talker(context)
    await talker.prove(BLOCKED, crm)
    outcome = await talker.run(service, "…", intent=service.intent)
    assert outcome.report["handover"]["reason"] == "sensitive"
    assert outcome.sources == []


@pytest.mark.parametrize(
    ("language", "expected", "label"),
    [("de", "Ihre Rechnung R-", "Ihre Rechnung R-"), ("en", "Your invoice R-", "Your invoice R-")],
)
async def test_invoice(language: str, expected: str, label: str, context: Context, crm: CrmRepository) -> None:
    talker = Talker(context, language=language)
    await talker.prove(QUIET, crm)
    outcome = await talker.run(InvoiceShow, "…", intent="invoice_show")
    assert outcome.text.startswith(expected)
    assert outcome.sources[0]["label"].startswith(label)
    assert outcome.sources[0]["record"] in outcome.text
    assert outcome.sources[0]["as_of"].endswith("Z")
    assert outcome.slots["next_step"] == "listen"
    assert {call["operation"] for call in outcome.report["calls"]} == {"proven_customer", "invoices"}


async def test_an_earlier_invoice_by_its_button(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(QUIET, crm)
    first = await talker.run(InvoiceShow, "…", intent="invoice_show")
    number = first.payloads[0].split('"')[3]
    second = await talker.run(
        InvoiceShow, first.payloads[0], intent="invoice_show", entities={"invoice_number": number}
    )
    assert second.sources[0]["record"] == number


@pytest.mark.parametrize(("language", "said"), [("de", "Unter Ihren letzten"), ("en", "no such invoice")])
async def test_an_invoice_by_month(language: str, said: str, context: Context, crm: CrmRepository) -> None:
    talker = Talker(context, language=language)
    await talker.prove(QUIET, crm)
    third = (await crm.invoices(QUIET))[2]
    asked = {"intent": "invoice_show", "entities": {"date": f"{third.value.period:%Y-%m}"}}
    assert (await talker.run(InvoiceShow, "…", **asked)).sources[0]["record"] == third.record
    asked["entities"] = {"date": "1999-12"}
    outcome = await talker.run(InvoiceShow, "…", **asked)
    assert said in outcome.text
    assert "1999" in outcome.text


@pytest.mark.parametrize(("language", "said"), [("de", "noch keine Rechnung"), ("en", "no invoice for")])
async def test_a_month_that_has_no_invoice_yet_is_said_and_the_latest_is_shown(
    language: str, said: str, context: Context, crm: CrmRepository
) -> None:
    """In the first days of a month "this month" is such a one."""
    talker = Talker(context, language=language)
    await talker.prove(QUIET, crm)
    newest = (await crm.invoices(QUIET))[0]
    following = newest.value.period.replace(day=28) + timedelta(days=7)
    asked = {"intent": "invoice_show", "entities": {"date": f"{following:%Y-%m}"}}
    outcome = await talker.run(InvoiceShow, "…", **asked)
    assert said in outcome.texts[0] and newest.record in outcome.texts[1]
    assert newest.record in [source["record"] for source in outcome.sources]


async def test_the_record_named_before_the_proof_is_shown_after_it(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    named = await talker.run(TicketStatus, "…", intent="ticket_status", entities={"ticket_number": "T-104817"})
    assert named.slots["asked_for"] == "T-104817"
    await talker.prove(TICKET, crm)
    resumed = {**named.slots, "next_step": "action_ticket_status"}
    outcome = await talker.run(TicketStatus, "123456", intent="inform", slots=resumed)
    assert outcome.sources[0]["record"] == "T-104817"
    foreign = await talker.run(OrderStatus, "…", intent="order_status", entities={"order_number": "B-213605"})
    assert foreign.slots["next_step"] == "listen"
    assert foreign.sources[0]["record"] == TICKET


async def test_someone_elses_invoice_looks_like_none(context: Context, crm: CrmRepository) -> None:
    foreign = (await crm.invoices(OPEN))[0].record
    talker = Talker(context)
    await talker.prove(QUIET, crm)
    theirs = await talker.run(InvoiceShow, "…", intent="invoice_show", entities={"invoice_number": foreign})
    nobodys = await talker.run(InvoiceShow, "…", intent="invoice_show", entities={"invoice_number": "R-1999-01-1"})
    assert theirs.text.replace(foreign, "#") == nobodys.text.replace("R-1999-01-1", "#")
    assert [source["record"] for source in theirs.sources] == [QUIET]


@pytest.mark.parametrize(
    ("number", "expected"), [(OPEN, "noch offen"), (ZERO, "nichts bezahlen"), (QUIET, "ezahlt am")]
)
async def test_invoice_states(number: str, expected: str, context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(number, crm)
    outcome = await talker.run(InvoiceShow, "…", intent="invoice_show")
    assert expected in outcome.text


async def test_two_contracts_are_two_answers_with_two_sources(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(TWO, crm)
    outcome = await talker.run(ContractShow, "…", intent="contract_show")
    assert len(outcome.texts) == 2
    records = [source["record"] for source in outcome.sources if source["system"] == "crm"]
    assert records == ["V-205192", "V-205193"]


async def test_no_contract_is_said_and_a_person_offered(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(NONE, crm)
    for service in (ContractShow, ReportFault):
        outcome = await talker.run(service, "…", intent=service.intent)
        assert outcome.payloads[-1] == "/talk_to_human"


async def test_appointment_ticket_and_order(context: Context, crm: CrmRepository) -> None:
    for conversation, number, service, expected in (
        ("a", TOMORROW, AppointmentShow, "10:00 bis 12:00 Uhr"),
        ("b", TICKET, TicketStatus, "T-104817"),
        ("c", ORDER, OrderStatus, "B-213605"),
    ):
        talker = Talker(context, conversation=conversation)
        await talker.prove(number, crm)
        outcome = await talker.run(service, "…", intent=service.intent)
        assert expected in outcome.text
        assert outcome.sources


async def test_a_case_of_the_chat_is_not_looked_up_in_the_customer_system(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(TICKET, crm)
    outcome = await talker.run(TicketStatus, "…", intent="ticket_status", entities={"ticket_number": "KT-26-000123"})
    # The edge has the cases: nothing is said here, and no customer data is asked for.
    assert outcome.text == "" and outcome.report["case"]["number"] == "KT-26-000123"


async def test_a_known_outage_is_told_before_anything_is_opened(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(OUTAGE, crm)
    outcome = await talker.run(ReportFault, "Mein Internet geht nicht", intent="report_fault")
    assert "Kabel" in outcome.text
    assert outcome.sources[0]["label"].startswith("Störungsübersicht")
    assert outcome.slots["next_step"] == "listen"
    anyway = await talker.run(ReportFault, "/report_fault", intent="report_fault", entities={"fault_scope": "own"})
    assert anyway.slots["next_step"] == "fault_form"


async def test_a_fault_is_opened_once_however_often_the_turn_is_tried(context: Context, crm: CrmRepository) -> None:
    talker = Talker(context)
    await talker.prove(QUIET, crm)
    asked = await talker.run(ReportFault, "Mein Internet geht nicht", intent="report_fault")
    assert asked.slots["next_step"] == "fault_form"
    before = len(await crm.tickets(QUIET))
    filled = {
        "next_step": "action_report_fault",
        "fault_kind": "internet_out",
        "fault_text": "alles tot",
        "fault_answers": '{"restart": "already"}',
        "fault_confirm": "yes",
    }
    unconfirmed = await talker.run(ReportFault, "ja", intent="inform", slots={**filled, "fault_confirm": None})
    assert unconfirmed.slots["next_step"] == "fault_form"
    assert len(await crm.tickets(QUIET)) == before
    first = await talker.run(ReportFault, "alles tot", intent="inform", slots=filled)
    again = await talker.run(ReportFault, "alles tot", intent="inform", slots=filled)
    other = await talker.run(ReportFault, "alles tot", intent="inform", slots=filled, turn_id="t-2")
    assert first.sources[0]["record"] in first.text
    assert {outcome.sources[0]["record"] for outcome in (first, again, other)} == {first.sources[0]["record"]}
    assert "schon" in other.text
    assert len(await crm.tickets(QUIET)) == before + 1
    assert first.slots["fault_kind"] is None
    # What was answered the second time is with the ticket, once.
    notes = await crm.ticket_notes(first.sources[0]["record"])
    assert len(notes) == 2 and all("alles tot" in note.value.text for note in notes)


class AnswerLost:
    """A customer data system whose first answer to a write is lost after it was written."""

    def __init__(self, crm: CrmRepository) -> None:
        self._crm = crm
        self.lost = False

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._crm, verb)

    async def open_ticket(self, new: NewTicket, *, idempotency_key: str) -> OpenedTicket:
        opened = await self._crm.open_ticket(new, idempotency_key=idempotency_key)
        if not self.lost:
            self.lost = True
            raise CrmUnavailable("open_ticket", "no answer")
        return opened


async def test_trying_again_after_a_lost_answer_writes_nothing_twice(context: Context, crm: CrmRepository) -> None:
    lossy = Context(wording=context.wording, settings=context.settings, connect=lambda settings: AnswerLost(crm))
    talker = Talker(lossy)
    slots = {
        "next_step": "action_callback_request",
        "callback_phone": "+493452312510",
        "callback_window": "2026-11-23T10:00+01:00/2026-11-23T12:00+01:00",
        "callback_confirm": "yes",
    }
    failed = await talker.run(CallbackRequest, "Ja", intent="affirm", slots=slots)
    assert '/callback_request{"resume": "yes"}' in failed.payloads
    slots |= failed.slots
    button = '/callback_request{"resume": "yes"}'
    done = await talker.run(
        CallbackRequest, button, intent="callback_request", entities={"resume": "yes"}, slots=slots, turn_id="t-2"
    )
    number = done.sources[0]["record"]
    # The next ticket gets the next number: there is no second one in between.
    later = await crm.open_ticket(NewTicket(kind="other", description="x"), idempotency_key="another")
    assert int(later.ticket.record.removeprefix("T-")) == int(number.removeprefix("T-")) + 1
