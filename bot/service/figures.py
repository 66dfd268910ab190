"""A month in numbers, failures included.

Every figure is counted from messages, tenures and outcomes at the moment it is asked for; none is kept beside them, so
none can drift from them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.model import AuthorKind, Holder
from bot.store.administration_tables import wrong_answer
from bot.store.tables import case, erasure, inbox, message, tenure, trace, wait_promise
from bot.store.unit_of_work import Unit

# A message without an outcome this long after its deadline counts as dropped, until it has one.
_GRACE = timedelta(minutes=1)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts from `since` to `as_of`."""

    since: datetime
    as_of: datetime
    # Conversations in which the customer said something.
    conversations: int
    # What customers wrote, and how it was met: by an answer of the bot, or by a person (waiting for one included).
    customer_messages: int
    answered_by_bot: int
    met_by_person: int
    # Requests for a person, and what became of them.
    handovers: int
    taken_by_person: int
    became_case: int
    # Waits that were named to a customer, and how they turned out.
    waits_named: int
    waits_kept: int
    waits_broken: int
    # Answers of the bot withheld because somebody else had the word by then, or the customer had said more.
    answers_withheld: int
    # Attempts at an answer that failed.
    failed_attempts: int
    # Answers of the bot that somebody at the desk reported as wrong, and those of them that it was taught better.
    wrong_answers_reported: int
    wrong_answers_corrected: int
    # Conversations erased: at a customer's wish, by the company, or because their time was over.
    erased: int
    # Must be 0: messages without an outcome after their deadline, and messages stored twice.
    dropped: int
    doubled: int


async def figures(unit: Unit, since: datetime) -> Figures:
    """Count everything from `since` on."""

    async def count(query: sa.Select[Any]) -> int:
        return int((await unit.connection.execute(query)).scalar_one())

    def rows(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        return sa.select(sa.func.count()).select_from(table).where(*conditions)

    from_customer = (message.c.author_kind == AuthorKind.CUSTOMER.value, message.c.at >= since)
    of_messages = sa.select(sa.func.count()).select_from(inbox).join(message, message.c.id == inbox.c.message_id)
    repeats = (
        sa.select(sa.func.count().label("n"))
        .select_from(message)
        .where(message.c.client_id.is_not(None))
        .group_by(message.c.conversation_id, message.c.origin, message.c.client_id)
        .having(sa.func.count() > 1)
        .subquery()
    )
    return Figures(
        since=since,
        as_of=unit.now,
        conversations=await count(
            sa.select(sa.func.count(sa.distinct(message.c.conversation_id))).where(*from_customer)
        ),
        customer_messages=await count(rows(message, *from_customer)),
        answered_by_bot=await count(of_messages.where(*from_customer, inbox.c.outcome == "answered")),
        met_by_person=await count(
            of_messages.where(*from_customer, inbox.c.outcome.in_((Holder.QUEUE.value, Holder.AGENT.value)))
        ),
        handovers=await count(rows(tenure, tenure.c.holder == Holder.QUEUE.value, tenure.c.started_at >= since)),
        taken_by_person=await count(rows(tenure, tenure.c.holder == Holder.AGENT.value, tenure.c.started_at >= since)),
        became_case=await count(rows(case, case.c.created_at >= since)),
        waits_named=await count(rows(wait_promise, wait_promise.c.measured_at >= since)),
        waits_kept=await count(
            rows(wait_promise, wait_promise.c.measured_at >= since, wait_promise.c.outcome == "kept")
        ),
        waits_broken=await count(
            rows(wait_promise, wait_promise.c.measured_at >= since, wait_promise.c.outcome == "broken")
        ),
        answers_withheld=await count(rows(trace, trace.c.at >= since, trace.c.outcome == "suppressed")),
        failed_attempts=await count(rows(trace, trace.c.at >= since, trace.c.outcome == "failed")),
        wrong_answers_reported=await count(rows(wrong_answer, wrong_answer.c.reported_at >= since)),
        wrong_answers_corrected=await count(
            rows(wrong_answer, wrong_answer.c.reported_at >= since, wrong_answer.c.state == "accepted")
        ),
        erased=await count(rows(erasure, erasure.c.at >= since)),
        dropped=await count(rows(inbox, inbox.c.state == "open", inbox.c.deadline_at < unit.now - _GRACE)),
        doubled=await count(sa.select(sa.func.count()).select_from(repeats)),
    )
