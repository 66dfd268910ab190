"""What the desk's lists show, as types: people, conversations and cases, made of stored values in this one place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.conversation.handover import Reason
from bot.conversation.model import Holder
from bot.store.cases import Case
from bot.store.entries import Conversation
from bot.store.log import Overview, TenureRecord
from bot.store.tokens import Agent
from bot.transparency.wording import Language, Wording


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
    # The conversation of the same person in which this one goes on.
    goes_on_in: str | None = None
    # Why an agent closed it, as a code.
    closed_as: str | None = None


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


class Nothing(msgspec.Struct):
    """Done; there is nothing to say about it."""


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
        agent=holder_view(tenure),
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
        goes_on_in=tenure.detail if tenure.reason is Reason.JOINED else None,
        closed_as=tenure.detail if tenure.reason is Reason.CLOSED_BY_AGENT else None,
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


def holder_view(tenure: TenureRecord) -> AgentView | None:
    """The agent who held the conversation then, if one did."""
    return AgentView(id=tenure.agent_id, name=tenure.agent_name or "") if tenure.agent_id else None


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
