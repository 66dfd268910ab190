"""Everything about one conversation, as types: what stands beside its thread, and the whole that a desk fetches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from actions.crm.models import Appointment, Contract, Customer, CustomerOverview, Invoice, Outage, Ticket
from bot.store.log import TenureRecord
from bot.store.outbox import DeliveryRecord
from bot.store.ratings import Rating
from bot.store.traces import Trace
from bot.transparency.format import spoken_phone
from connectors.desk.files import FileView
from connectors.desk.messenger import MessengerView
from connectors.desk.thread_views import EventView, HeldView, NoteView, ReportView
from connectors.desk.views import AgentView, CaseView, Summary, holder_view


class TenureView(msgspec.Struct, kw_only=True):
    """Who held the conversation when, and why it began."""

    epoch: int
    holder: str
    agent: AgentView | None
    reason: str
    detail: str | None
    started_at: datetime
    ended_at: datetime | None
    deadline_at: datetime | None


class RatingView(msgspec.Struct, kw_only=True):
    """What the customer said of an agent's help; `stars` is null while they have said nothing."""

    agent: AgentView
    asked_at: datetime
    stars: int | None
    sentence: str | None


class CustomerData(msgspec.Struct, kw_only=True):
    """The customer as the customer data system knows them."""

    customer: Customer
    contracts: list[Contract]
    open_invoices: list[Invoice]
    outage: Outage | None
    next_appointment: Appointment | None
    tickets: list[Ticket]
    # False: the ticket system is away, so that `tickets` tells nothing.
    tickets_known: bool


class Detail(msgspec.Struct, kw_only=True):
    """Everything about one conversation."""

    position: int
    summary: Summary
    events: list[EventView]
    tenures: list[TenureView]
    customer: CustomerData | None
    # Why the customer system's data is missing, in the agent's language.
    customer_error: str | None
    # What the brain returned for each turn, as it was kept, and what became of it.
    traces: list[dict[str, Any]]
    cases: list[CaseView]
    # Messages to a channel that pushes which have not (yet) arrived.
    deliveries: list[DeliveryRecord]
    # Present for conversations over a messenger.
    messenger: MessengerView | None
    notes: list[NoteView]
    held: list[HeldView]
    invited: list[AgentView]
    ratings: list[RatingView]
    # Two lines, made by rules.
    summary_lines: list[str]
    # Shortcuts of canned replies that answer what the bot understood.
    suggested: list[str]
    files: list[FileView]
    # Places of the bot's answers, which can be reported as wrong, and the reports.
    answers: list[int]
    reports: list[ReportView]


def tenure_view(tenure: TenureRecord) -> TenureView:
    """A row of the conversation's history."""
    return TenureView(
        epoch=tenure.epoch,
        holder=tenure.holder.value,
        agent=holder_view(tenure),
        reason=tenure.reason.value,
        detail=tenure.detail,
        started_at=tenure.started_at,
        ended_at=tenure.ended_at,
        deadline_at=tenure.deadline_at,
    )


def rating_view(rating: Rating) -> RatingView:
    """A rating, or the question for one."""
    return RatingView(
        agent=AgentView(id=rating.agent_id, name=rating.agent_name),
        asked_at=rating.asked_at,
        stars=rating.stars,
        sentence=rating.sentence,
    )


def trace_view(trace: Trace) -> dict[str, Any]:
    """A trace: what the brain returned, and what became of it."""
    return {
        **trace.body,
        "turn_id": trace.turn_id,
        "seq": trace.seq,
        "at": trace.at,
        "outcome": trace.outcome,
        "milliseconds": trace.milliseconds,
    }


def customer_view(overview: CustomerOverview) -> CustomerData:
    """The customer as the CRM knows them, with a telephone number that can be read out."""
    known = overview.customer
    return CustomerData(
        customer=msgspec.structs.replace(known, phone=spoken_phone(known.phone)) if known.phone else known,
        contracts=list(overview.contracts),
        open_invoices=[overview.open_invoice] if overview.open_invoice else [],
        outage=overview.outage,
        next_appointment=overview.next_appointment,
        tickets=list(overview.tickets),
        tickets_known=overview.tickets_known,
    )
