"""What customers said of the help they got. Asked once for a person's help, answered or not."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.conversation.model import AuthorKind, Holder
from bot.store.desk_tables import rating as table
from bot.store.prepared import repeated
from bot.store.rows import plain
from bot.store.tables import message as message_table
from bot.store.tables import tenure as tenure_table
from bot.store.unit_of_work import Unit

# Nobody is asked again within this time, unless a person came back so soon that the question could not be answered.
ASK_AGAIN = timedelta(days=7)
_TOO_SOON = timedelta(minutes=10)
# Asked of every message.
_TAKE_SENTENCE = repeated(
    sa.update(table)
    .where(
        table.c.conversation_id == sa.bindparam("conversation"),
        table.c.sentence_until > sa.bindparam("now", type_=table.c.sentence_until.type),
    )
    .values(sentence_until=None)
)


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """A question for a rating, and its answer if there was one."""

    conversation_id: str
    epoch: int
    agent_id: str
    agent_name: str
    asked_at: datetime
    stars: int | None
    sentence: str | None
    rated_at: datetime | None
    sentence_until: datetime | None


async def helped(unit: Unit, conversation_id: str, epoch: int) -> bool:
    """Whether the person of this tenure has written anything."""
    spoke = await unit.connection.execute(
        sa.select(message_table.c.seq)
        .where(
            message_table.c.conversation_id == conversation_id,
            message_table.c.epoch == epoch,
            message_table.c.author_kind == "human",
        )
        .limit(1)
    )
    return spoke.first() is not None


async def asked_lately(unit: Unit, conversation_id: str) -> bool:
    """Whether this customer was asked within the last days, and could have answered."""
    for question in await ratings(unit, conversation_id):
        if question.asked_at > unit.now - ASK_AGAIN and not await _overtaken(unit, question):
            return True
    return False


async def _overtaken(unit: Unit, question: Rating) -> bool:
    """Whether a person took the conversation again so soon that the customer, who said nothing before, had no time."""
    if question.stars is not None:
        return False
    next_help = await unit.connection.execute(
        sa.select(tenure_table.c.epoch)
        .where(
            tenure_table.c.conversation_id == question.conversation_id,
            tenure_table.c.holder == Holder.AGENT.value,
            tenure_table.c.started_at.between(question.asked_at, question.asked_at + _TOO_SOON),
        )
        .order_by(tenure_table.c.epoch)
        .limit(1)
    )
    epoch = next_help.scalar_one_or_none()
    if epoch is None:
        return False
    spoke = await unit.connection.execute(
        sa.select(message_table.c.seq)
        .where(
            message_table.c.conversation_id == question.conversation_id,
            message_table.c.epoch < epoch,
            message_table.c.author_kind == AuthorKind.CUSTOMER.value,
            message_table.c.at >= question.asked_at,
        )
        .limit(1)
    )
    return spoke.first() is None


async def asked(unit: Unit, conversation_id: str, epoch: int, agent_id: str, agent_name: str) -> None:
    """The customer is asked now."""
    await unit.connection.execute(
        sa.insert(table).values(
            conversation_id=conversation_id,
            epoch=epoch,
            agent_id=agent_id,
            agent_name=agent_name,
            asked_at=unit.now,
        )
    )


async def rate(unit: Unit, conversation_id: str, epoch: int, stars: int) -> bool:
    """The customer's stars; a later choice replaces an earlier one. False where nobody asked."""
    done = await unit.connection.execute(
        sa.update(table)
        .where(table.c.conversation_id == conversation_id, table.c.epoch == epoch)
        .values(stars=stars, rated_at=unit.now)
    )
    return done.rowcount == 1


async def expect_sentence(unit: Unit, conversation_id: str, epoch: int, until: datetime | None) -> bool:
    """The customer's next words until then are the sentence; None: they are not. False where there are no stars."""
    done = await unit.connection.execute(
        sa.update(table)
        .where(table.c.conversation_id == conversation_id, table.c.epoch == epoch, table.c.stars.is_not(None))
        .values(sentence_until=until)
    )
    return done.rowcount == 1


async def take_sentence(unit: Unit, conversation_id: str, text: str) -> bool:
    """Keep the text as the sentence, if the customer announced one."""
    done = await unit.connection.execute(
        _TAKE_SENTENCE, {"conversation": conversation_id, "now": unit.now, "sentence": text}
    )
    return bool(done.rowcount > 0)


async def ratings(unit: Unit, conversation_id: str) -> list[Rating]:
    """The ratings of a conversation, oldest first."""
    found = await unit.connection.execute(
        sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.epoch)
    )
    return [msgspec.convert(plain(row), Rating) for row in found.mappings()]
