"""What the desk shows, as types: one place that turns stored values into what an agent reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from actions.crm.models import CustomerOverview
from bot.conversation.handover import Reason
from bot.conversation.model import Holder, Message
from bot.store.cases import Case
from bot.store.conversations import Conversation
from bot.store.held import HeldReply
from bot.store.log import Overview, TenureRecord
from bot.store.notes import Note
from bot.store.outbox import DeliveryRecord
from bot.store.ratings import Rating
from bot.store.tokens import Agent
from bot.store.traces import Trace
from bot.store.wrong_answers import WrongAnswer
from bot.transparency.gate import let_out
from bot.transparency.wording import Language, Wording
from connectors.desk.files import FileView
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
    team: str
    # Until when a person was to be there, as the customer was told; the deadline is when it becomes a case.
    promised_until: datetime | None
    # Grows with what only desks show: who sees another number than before fetches the conversation again.
    revision: int
    # Ids of the agents who were invited to read along.
    invited: list[str]


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
    conversation: str
    title: str | None
    owner: AgentView | None
    solved_at: datetime | None


class NoteView(msgspec.Struct, kw_only=True):
    """A private note. `after_seq` is its place in the thread."""

    id: str
    author: AgentView
    kind: str
    text: str
    after_seq: int
    case: str | None
    at: datetime


class HeldView(msgspec.Struct, kw_only=True):
    """A reply held back (`held`) until `due_at`, or not sent because the conversation had changed hands (`refused`)."""

    id: str
    client_id: str
    agent: AgentView
    text: str
    state: str
    due_at: datetime


class RatingView(msgspec.Struct, kw_only=True):
    """What the customer said of an agent's help; `stars` is null while they have said nothing."""

    agent: AgentView
    asked_at: datetime
    stars: int | None
    sentence: str | None


class ReportView(msgspec.Struct, kw_only=True):
    """An answer of the bot that was reported as wrong: by whom, what it should have been, what was decided."""

    seq: int
    by: AgentView
    at: datetime
    intent: str | None
    note: str
    state: str
    example_intent: str | None
    decided_by: str | None


class Nothing(msgspec.Struct):
    """Done; there is nothing to say about it."""


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


def agent_view(agent: Agent) -> AgentView:
    """The agent's own account."""
    return AgentView(id=agent.id, name=agent.name, login=agent.login, role=agent.role)


def summary_view(overview: Overview, words: Wording, language: Language, invited: Sequence[str] = ()) -> Summary:
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
        team=row.team,
        promised_until=overview.promised_until,
        revision=row.desk_revision,
        invited=list(invited),
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
        conversation=case.conversation_id,
        title=case.title,
        owner=AgentView(id=case.owner_id, name=case.owner_name or "") if case.owner_id else None,
        solved_at=case.solved_at,
    )


def note_view(note: Note) -> NoteView:
    """A private note."""
    return NoteView(
        id=note.id,
        author=AgentView(id=note.agent_id, name=note.agent_name),
        kind=note.kind,
        text=note.text,
        after_seq=note.after_seq,
        case=note.case_number,
        at=note.at,
    )


def held_view(one: HeldReply) -> HeldView:
    """A reply that is held back or was not sent."""
    return HeldView(
        id=one.id,
        client_id=one.client_id,
        agent=AgentView(id=one.agent_id, name=one.agent_name),
        text=one.text,
        state=one.state,
        due_at=one.due_at,
    )


def report_view(one: WrongAnswer) -> ReportView:
    """A report of a wrong answer."""
    return ReportView(
        seq=one.seq,
        by=AgentView(id=one.reported_by, name=one.reported_name),
        at=one.reported_at,
        intent=one.right_intent,
        note=one.note,
        state=one.state,
        example_intent=one.example_intent,
        decided_by=one.decided_by,
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


def customer_view(overview: CustomerOverview) -> dict[str, Any]:
    """The customer as the CRM knows them."""
    view: dict[str, Any] = msgspec.to_builtins(overview)
    open_invoice = view.pop("open_invoice")
    view["open_invoices"] = [open_invoice] if open_invoice else []
    return view


def event_view(message: Message) -> dict[str, Any]:
    """A log entry; agents see what customers see."""
    return event_frame(let_out(message))
