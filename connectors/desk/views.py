"""What the desk shows, as types: one place that turns stored values into what an agent reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from actions.crm.models import CustomerOverview
from bot.conversation.handover import Reason
from bot.conversation.model import Holder, Message
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.log import Overview, TenureRecord
from bot.store.outbox import DeliveryRecord
from bot.store.tokens import Agent
from bot.store.traces import Trace
from bot.transparency.wording import Language, Wording
from connectors.desk.messenger import MessengerView
from connectors.frames import event_frame


class AgentView(msgspec.Struct, kw_only=True):
    """An agent. Login and role are shown to the agent alone."""

    id: str
    name: str
    login: str | None = None
    role: str | None = None


class AuthorView(msgspec.Struct, kw_only=True):
    """Who wrote something."""

    kind: str
    name: str


class ReasonView(msgspec.Struct, kw_only=True):
    """Why a conversation was handed over: a code, and a sentence in the agent's language."""

    code: str
    text: str


class CustomerView(msgspec.Struct, kw_only=True):
    """Who the customer said (`claimed`) or proved (`proven`) to be."""

    number: str
    name: str
    level: str


class Summary(msgspec.Struct, kw_only=True):
    """A conversation in a list."""

    id: str
    channel: str
    locale: str
    holder: str
    epoch: int
    agent: AgentView | None
    reason: ReasonView | None
    # When the current holder began, and until when something has to happen.
    waiting_since: datetime
    deadline_at: datetime | None
    last_text: str
    last_author: AuthorView
    last_at: datetime
    head_seq: int
    # How far the customer's client confirmed and the customer read.
    delivered_seq: int
    read_seq: int
    customer: CustomerView | None
    case: str | None


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


class CaseView(msgspec.Struct, kw_only=True):
    """A case."""

    number: str
    team: str
    status: str
    reason: str
    created_at: datetime
    due_at: datetime
    # The case's ticket in the company's ticket system and its status there, once it has one.
    external_ref: str | None
    external_status: str | None


class Detail(msgspec.Struct, kw_only=True):
    """Everything about one conversation."""

    position: int
    summary: Summary
    events: list[dict[str, Any]]
    tenures: list[TenureView]
    customer: dict[str, Any] | None
    # Why the customer system's data is missing, in the agent's language.
    customer_error: str | None
    traces: list[dict[str, Any]]
    cases: list[CaseView]
    # Messages to a channel that pushes which have not (yet) arrived.
    deliveries: list[DeliveryRecord]
    # Present for conversations over a messenger.
    messenger: MessengerView | None


def agent_view(agent: Agent) -> AgentView:
    """The agent's own account."""
    return AgentView(id=agent.id, name=agent.name, login=agent.login, role=agent.role)


def summary_view(overview: Overview, words: Wording, language: Language) -> Summary:
    """A list's entry."""
    row, tenure = overview.conversation, overview.tenure
    return Summary(
        id=row.id,
        channel=row.channel,
        locale=row.locale,
        holder=row.holder.value,
        epoch=row.epoch,
        agent=_agent_of(tenure),
        reason=_reason_view(overview, words, language),
        waiting_since=tenure.started_at,
        deadline_at=tenure.deadline_at,
        last_text=overview.last.text,
        last_author=AuthorView(kind=overview.last.author.kind.value, name=overview.last.author.name),
        last_at=overview.last.at,
        head_seq=row.head_seq,
        delivered_seq=row.delivered_seq,
        read_seq=row.read_seq,
        customer=_customer_of(row),
        case=overview.case_number,
    )


def _customer_of(row: Conversation) -> CustomerView | None:
    if row.customer_number is None:
        return None
    return CustomerView(number=row.customer_number, name=row.customer_name or "", level=row.customer_level or "claimed")


def _reason_view(overview: Overview, words: Wording, language: Language) -> ReasonView | None:
    """The newest handover's reason while a person is asked for or there, else none."""
    if overview.conversation.holder not in {Holder.QUEUE, Holder.AGENT} or overview.handover_reason is None:
        return None
    reason: Reason = overview.handover_reason
    return ReasonView(code=reason.value, text=words.say(f"desk_reason_{reason.value}", language))


def _agent_of(tenure: TenureRecord) -> AgentView | None:
    return AgentView(id=tenure.agent_id, name=tenure.agent_name or "") if tenure.agent_id else None


def tenure_view(tenure: TenureRecord) -> TenureView:
    """A row of the conversation's history."""
    return TenureView(
        epoch=tenure.epoch,
        holder=tenure.holder.value,
        agent=_agent_of(tenure),
        reason=tenure.reason.value,
        detail=tenure.detail,
        started_at=tenure.started_at,
        ended_at=tenure.ended_at,
        deadline_at=tenure.deadline_at,
    )


def case_view(case: Case) -> CaseView:
    """A case."""
    return CaseView(
        number=case.number,
        team=case.team,
        status=case.status,
        reason=case.reason,
        created_at=case.created_at,
        due_at=case.due_at,
        external_ref=case.external_ref,
        external_status=case.external_status,
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


def customer_view(overview: CustomerOverview) -> dict[str, Any]:
    """The customer as the CRM knows them."""
    view: dict[str, Any] = msgspec.to_builtins(overview)
    open_invoice = view.pop("open_invoice")
    view["open_invoices"] = [open_invoice] if open_invoice else []
    return view


def event_view(message: Message) -> dict[str, Any]:
    """A log entry; agents see what customers see."""
    return event_frame(message)
