"""The lists of the desk: which conversations an agent sees in which view, in which order, and the search over them.

The order is that of need: first what was promised soonest. A list is cut at `limit` and says how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.model import Holder
from bot.store.attachment_tables import attachment as attachment_table
from bot.store.desk_tables import invitation
from bot.store.desk_tables import note as note_table
from bot.store.log import NOT_SILENT, Overview, overviews
from bot.store.tables import case as case_table
from bot.store.tables import conversation as conversation_table
from bot.store.tables import message as message_table
from bot.store.tables import tenure as tenure_table
from bot.store.tables import wait_promise as promise_table
from bot.store.teams import teams_of, visible_to
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit

View = Literal["waiting", "mine", "team", "closed"]
VIEWS: tuple[View, ...] = ("waiting", "mine", "team", "closed")


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list, and how long the whole is."""

    total: int
    overviews: list[Overview]


_current = tenure_table.alias("current")
_FROM = (
    sa.join(
        conversation_table,
        _current,
        (_current.c.conversation_id == conversation_table.c.id) & (_current.c.epoch == conversation_table.c.epoch),
    )
).outerjoin(
    promise_table,
    (promise_table.c.conversation_id == conversation_table.c.id)
    & (promise_table.c.epoch == conversation_table.c.epoch),
)
# What breaks first; then who has waited longest.
_BY_PROMISE = (sa.func.coalesce(promise_table.c.promised_until, _current.c.deadline_at), _current.c.started_at)
_BY_LATEST = (conversation_table.c.last_at.desc(),)


async def conversation_list(unit: Unit, agent: Agent, view: View, *, search: str = "", limit: int = 500) -> Listed:
    """What this agent sees in a view."""
    holder = conversation_table.c.holder
    invited = sa.exists().where(
        invitation.c.conversation_id == conversation_table.c.id, invitation.c.agent_id == agent.id
    )
    which: dict[View, sa.ColumnElement[bool]] = {
        "waiting": holder == Holder.QUEUE.value,
        "mine": sa.or_(
            sa.and_(holder == Holder.AGENT.value, _current.c.agent_id == agent.id),
            sa.and_(holder != Holder.CLOSED.value, invited),
        ),
        "team": holder != Holder.CLOSED.value,
        "closed": holder == Holder.CLOSED.value,
    }
    order: Sequence[sa.ColumnElement[datetime]] = _BY_PROMISE if view == "waiting" else _BY_LATEST
    return await _listed(unit, agent, [which[view], *_search(search)], order, limit)


async def found_conversations(unit: Unit, agent: Agent, search: str, *, limit: int = 100) -> Listed:
    """Every conversation that this agent sees and that holds the words: said, noted, or as name of a person or a file,
    or as number."""
    return await _listed(unit, agent, _search(search), _BY_LATEST, limit)


async def _listed(
    unit: Unit,
    agent: Agent,
    which: Sequence[sa.ColumnElement[bool]],
    order: Sequence[sa.ColumnElement[datetime]],
    limit: int,
) -> Listed:
    conditions = (NOT_SILENT, visible_to(agent, await teams_of(unit, agent)), *which)
    ids = await unit.connection.execute(
        sa.select(conversation_table.c.id).select_from(_FROM).where(*conditions).order_by(*order).limit(limit)
    )
    found = list(ids.scalars())
    total = len(found)
    if total == limit:
        counted = await unit.connection.execute(sa.select(sa.func.count()).select_from(_FROM).where(*conditions))
        total = int(counted.scalar_one())
    return Listed(total=total, overviews=await overviews(unit, found))


async def passages(unit: Unit, found: Sequence[str], search: str) -> dict[str, str]:
    """For each of these conversations the newest entry that holds the words, where they were said and not noted."""
    newest = (
        sa.select(message_table.c.conversation_id, sa.func.max(message_table.c.seq).label("seq"))
        .where(message_table.c.conversation_id.in_(list(found)), _holds(message_table.c.text, search))
        .group_by(message_table.c.conversation_id)
        .subquery()
    )
    rows = await unit.connection.execute(
        sa.select(message_table.c.conversation_id, message_table.c.text).join(
            newest,
            (newest.c.conversation_id == message_table.c.conversation_id) & (newest.c.seq == message_table.c.seq),
        )
    )
    return {row.conversation_id: row.text for row in rows}


def _holds(column: sa.ColumnElement[str], words: str) -> sa.ColumnElement[bool]:
    # SQLite folds the case of ASCII alone, so a word that begins with an umlaut is looked for in both.
    spellings = {words, words.lower(), words.upper(), words.capitalize()}
    return sa.or_(*(column.icontains(one, autoescape=True) for one in sorted(spellings)))


def _search(words: str) -> list[sa.ColumnElement[bool]]:
    """Conditions for a search; none for an empty one."""
    words = words.strip()
    if not words:
        return []

    def within(table: sa.Table, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return sa.exists().where(table.c.conversation_id == conversation_table.c.id, _holds(column, words))

    return [
        sa.or_(
            _holds(conversation_table.c.customer_name, words),
            _holds(conversation_table.c.customer_number, words),
            within(message_table, message_table.c.text),
            within(note_table, note_table.c.text),
            within(attachment_table, attachment_table.c.file_name),
            within(case_table, case_table.c.number),
        )
    ]


async def invited_to(unit: Unit, conversation_ids: Sequence[str]) -> dict[str, list[str]]:
    """Who was invited to which of these conversations, as agents' ids."""
    found = await unit.connection.execute(
        sa.select(invitation.c.conversation_id, invitation.c.agent_id).where(
            invitation.c.conversation_id.in_(list(conversation_ids))
        )
    )
    invited: dict[str, list[str]] = {}
    for row in found:
        invited.setdefault(row.conversation_id, []).append(row.agent_id)
    return invited


async def unseen(unit: Unit, agent: Agent, conversation_ids: Sequence[str]) -> set[str]:
    """Those of these conversations that this agent may not see."""
    found = await unit.connection.execute(
        sa.select(conversation_table.c.id).where(
            conversation_table.c.id.in_(list(conversation_ids)), visible_to(agent, await teams_of(unit, agent))
        )
    )
    return set(conversation_ids) - set(found.scalars())
