"""The handover: every permitted change of holder, in one table. Any other pair is an error.

`TRANSITIONS` is the only place that says who may speak after whom. The store applies a transition in one transaction
together with its opening message, so that a change of holder without a word to the customer cannot be written.
"""

from __future__ import annotations

import enum

import msgspec

from bot.conversation.model import Holder


class Reason(str, enum.Enum):
    """Why a tenure began. The wording has a sentence for each, for the customer and for the agent."""

    # bot tenures
    STARTED = "started"
    NEW_SESSION = "new_session"
    CUSTOMER_CANCELLED = "customer_cancelled"
    QUEUE_EXPIRED = "queue_expired"
    OUT_OF_HOURS = "out_of_hours"
    SENT_AS_FORM = "sent_as_form"
    CASE_CHOSEN = "case_chosen"
    HANDED_BACK = "handed_back"
    REOPENED = "reopened"
    APP_QUIET = "app_quiet"
    # queue tenures
    CUSTOMER_REQUEST = "customer_request"
    NOT_UNDERSTOOD = "not_understood"
    IDENTITY_FAILED = "identity_failed"
    ASSISTANT_UNAVAILABLE = "assistant_unavailable"
    SYSTEM_UNAVAILABLE = "system_unavailable"
    SENSITIVE = "sensitive"
    BOT_DECISION = "bot_decision"
    UNDELIVERABLE = "undeliverable"
    AGENT_GONE = "agent_gone"
    TRANSFERRED = "transferred"
    NOT_TAKEN_UP = "not_taken_up"
    APP_SILENT = "app_silent"
    # agent tenures
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    TAKEN_OVER = "taken_over"
    PASSED_ON = "passed_on"
    RESUMED = "resumed"
    WROTE_IN_APP = "wrote_in_app"
    TAKEN_FROM_APP = "taken_from_app"
    # closed tenures
    CLOSED_BY_AGENT = "closed_by_agent"
    ERASED = "erased"
    JOINED = "joined"


# Holds a conversation for whoever of the company writes to the customer in the channel's own app: nobody's account, as
# nobody can know who it is.
IN_APP = "in_app"

HANDOVER_REASONS: frozenset[Reason] = frozenset(
    {
        Reason.CUSTOMER_REQUEST,
        Reason.NOT_UNDERSTOOD,
        Reason.IDENTITY_FAILED,
        Reason.ASSISTANT_UNAVAILABLE,
        Reason.SYSTEM_UNAVAILABLE,
        Reason.SENSITIVE,
        Reason.BOT_DECISION,
        Reason.UNDELIVERABLE,
    }
)

# (from, reason) -> to. What is not here does not happen.
TRANSITIONS: dict[tuple[Holder, Reason], Holder] = {
    (Holder.BOT, Reason.NEW_SESSION): Holder.BOT,
    **{(Holder.BOT, reason): Holder.QUEUE for reason in HANDOVER_REASONS},
    # Nobody would come: the request is a case at once, and the bot stays.
    (Holder.BOT, Reason.OUT_OF_HOURS): Holder.BOT,
    # Written on the page without scripts, where nobody waits: a case at once.
    (Holder.BOT, Reason.SENT_AS_FORM): Holder.BOT,
    # The customer would rather have a case than wait, or than try again.
    (Holder.BOT, Reason.CASE_CHOSEN): Holder.BOT,
    (Holder.QUEUE, Reason.CASE_CHOSEN): Holder.BOT,
    (Holder.BOT, Reason.TAKEN_OVER): Holder.AGENT,
    (Holder.QUEUE, Reason.CLAIMED): Holder.AGENT,
    # Given to somebody who is there, by the rule of the team.
    (Holder.QUEUE, Reason.ASSIGNED): Holder.AGENT,
    (Holder.QUEUE, Reason.CUSTOMER_CANCELLED): Holder.BOT,
    (Holder.QUEUE, Reason.QUEUE_EXPIRED): Holder.BOT,
    (Holder.AGENT, Reason.HANDED_BACK): Holder.BOT,
    (Holder.AGENT, Reason.AGENT_GONE): Holder.QUEUE,
    # To a team, which is a queue, or to a colleague, who may not take it up.
    (Holder.AGENT, Reason.TRANSFERRED): Holder.QUEUE,
    (Holder.AGENT, Reason.PASSED_ON): Holder.AGENT,
    (Holder.AGENT, Reason.NOT_TAKEN_UP): Holder.QUEUE,
    (Holder.AGENT, Reason.CLOSED_BY_AGENT): Holder.CLOSED,
    (Holder.CLOSED, Reason.REOPENED): Holder.BOT,
    # Whoever holds it: what was said is gone, and the conversation with it.
    **{(holder, Reason.ERASED): Holder.CLOSED for holder in Holder},
    (Holder.CLOSED, Reason.RESUMED): Holder.AGENT,
    # A colleague has written to the customer in the channel's own app: whoever held it, they speak now.
    **{(holder, Reason.WROTE_IN_APP): Holder.AGENT for holder in Holder},
    (Holder.AGENT, Reason.TAKEN_FROM_APP): Holder.AGENT,
    # Nobody writes there any more: somebody else is asked for where the customer waits, else the bot is back.
    (Holder.AGENT, Reason.APP_SILENT): Holder.QUEUE,
    (Holder.AGENT, Reason.APP_QUIET): Holder.BOT,
    # It goes on in another conversation of the same person.
    **{(holder, Reason.JOINED): Holder.CLOSED for holder in Holder},
}


class TransitionRefused(Exception):
    """The holder cannot change this way now. `holder` is who holds the conversation instead."""

    def __init__(self, holder: Holder, reason: Reason) -> None:
        super().__init__(f"{reason.value} is not possible while the holder is {holder.value}")
        self.holder = holder
        self.reason = reason


class Tenure(msgspec.Struct, frozen=True, kw_only=True):
    """One holder's time with a conversation."""

    conversation_id: str
    epoch: int
    holder: Holder
    reason: Reason
    agent_id: str | None = None
    agent_name: str | None = None
    detail: str | None = None


def next_holder(holder: Holder, reason: Reason) -> Holder:
    """Who holds the conversation after `reason` happened to `holder`.

    Raises:
        TransitionRefused: the table has no such row.
    """
    try:
        return TRANSITIONS[holder, reason]
    except KeyError:
        raise TransitionRefused(holder, reason) from None
