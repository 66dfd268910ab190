"""Messages owed to a channel that pushes: claimed one conversation at a time, in order.

The row is claimed, marked as begun in the transaction that the request follows, and settled after it. A process that
dies leaves its claim to run out: what was not begun is sent by another one, what was begun is `uncertain` and not sent
again blindly, because the request may have reached the provider.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from bot.conversation.handover import Reason
from bot.conversation.model import Message, new_id
from bot.store.entries import message_of, select_messages
from bot.store.prepared import in_words, repeated
from bot.store.rows import plain
from bot.store.tables import conversation as conversation_table
from bot.store.tables import message as message_table
from bot.store.tables import outbox as table
from bot.store.tables import tenure as tenure_table
from bot.store.unit_of_work import Unit
from bot.store.wakeup import Hint

# How long an uncertain message waits for the provider's word. Until then nothing after it is sent.
CERTAIN_AFTER = timedelta(minutes=10)
_UNSETTLED = table.c.state.in_([in_words(state) for state in ("pending", "claimed", "uncertain")])
_NEXT_DUE = repeated(sa.select(sa.func.min(table.c.due_at)).where(_UNSETTLED))
_NO_WORD = "the provider never said whether it arrived"
TAKEN_OVER = "a person took over"

# The conversation in which another one goes on.
_ended, _goes_on = tenure_table.alias("ended"), conversation_table.alias("goes_on")
_IN_PLACE_OF = (
    sa.select(_ended.c.detail)
    .where(
        _ended.c.conversation_id == conversation_table.c.id,
        _ended.c.ended_at.is_(None),
        _ended.c.reason == Reason.JOINED.value,
    )
    .correlate(conversation_table)
    .scalar_subquery()
)
_HELD_BY_A_PERSON = sa.or_(
    conversation_table.c.holder == "agent",
    sa.and_(
        conversation_table.c.holder == "closed",
        sa.exists().where(_goes_on.c.id == _IN_PLACE_OF, _goes_on.c.holder == "agent").correlate(conversation_table),
    ),
)
# Messages of the bot in conversations that a person has taken over since, or that go on in one which a person holds.
_OVERTAKEN = (
    sa.select(table.c.message_id)
    .join(message_table, message_table.c.id == table.c.message_id)
    .join(conversation_table, conversation_table.c.id == table.c.conversation_id)
    .where(
        message_table.c.author_kind == "bot",
        conversation_table.c.epoch > table.c.epoch,
        _HELD_BY_A_PERSON,
    )
)


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed message and where it goes."""

    message: Message
    channel: str
    address: str
    token: str
    attempts: int
    # Later replies of the same turn, to be sent together with the first as one.
    more: tuple[Message, ...] = ()
    # The turn that made it, for an answer of the bot.
    turn_id: str | None = None
    # Name, language and values of the provider's template that is sent in the text's place.
    template: dict[str, Any] | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything that is sent, in order."""
        return (self.message, *self.more)


async def claim_due(unit: Unit, channels: list[str], limit: int, duration: timedelta) -> list[Shipment]:
    """Claim up to `limit` messages that are due: of each conversation only its oldest unsettled one, together with the
    other replies of its turn.

    A message whose claim ran out after its request was let begin becomes `uncertain` instead of being claimed again,
    and one that stays uncertain without the provider's word is dead: a person at the desk decides. A bot message of a
    tenure that is over is cancelled: whoever holds the conversation now is the one voice.
    """
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.state == "uncertain", table.c.due_at <= unit.now)
        .values(state="dead", updated_at=unit.now, error=_NO_WORD)
    )
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.state == "claimed", table.c.due_at <= unit.now, ~table.c.begun)
        .values(state="pending", claim_token=None, due_at=unit.now, updated_at=unit.now)
    )
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.state == "claimed", table.c.due_at <= unit.now)
        .values(
            state="uncertain",
            due_at=unit.now + CERTAIN_AFTER,
            updated_at=unit.now,
            error="no outcome before the claim ran out",
        )
    )
    await unit.connection.execute(
        sa.update(table)
        .where(table.c.message_id.in_(_OVERTAKEN.where(table.c.state == "pending")))
        .values(state="cancelled", updated_at=unit.now, error=TAKEN_OVER)
    )
    older = table.alias("older")
    due = (
        sa.select(table.c.message_id)
        .where(
            table.c.state == "pending",
            table.c.due_at <= unit.now,
            table.c.channel.in_(channels),
            ~sa.exists().where(
                older.c.conversation_id == table.c.conversation_id,
                older.c.seq < table.c.seq,
                older.c.state.in_(("pending", "claimed", "uncertain")),
            ),
        )
        .order_by(table.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    token = new_id()
    claimed = await unit.connection.execute(
        sa.update(table)
        .where(table.c.message_id.in_(due))
        .values(
            state="claimed",
            begun=False,
            claim_token=token,
            due_at=unit.now + duration,
            attempts=table.c.attempts + 1,
            updated_at=unit.now,
        )
        .returning(table.c.message_id, table.c.attempts)
    )
    attempts = {row.message_id: row.attempts for row in claimed}
    if not attempts:
        return []
    more = await _claim_rest_of_turns(unit, list(attempts), token, duration)
    found = await unit.connection.execute(
        select_messages()
        .add_columns(
            conversation_table.c.channel, conversation_table.c.address, message_table.c.turn_id, table.c.template
        )
        .join(conversation_table, conversation_table.c.id == message_table.c.conversation_id)
        .join(table, table.c.message_id == message_table.c.id)
        .where(message_table.c.id.in_(list(attempts)))
    )
    return [
        Shipment(
            message=message_of(row),
            channel=row["channel"],
            address=row["address"] or "",
            token=token,
            attempts=attempts[row["id"]],
            more=tuple(more.get(row["id"], ())),
            turn_id=row["turn_id"],
            template=row["template"],
        )
        for row in found.mappings()
    ]


async def _claim_rest_of_turns(
    unit: Unit, first: list[str], token: str, duration: timedelta
) -> dict[str, list[Message]]:
    """Claim the other replies of the turns whose first replies were claimed; by the first one's id."""
    begun = message_table.alias("begun")
    found = await unit.connection.execute(
        select_messages()
        .add_columns(begun.c.id.label("first_id"))
        .join(table, table.c.message_id == message_table.c.id)
        .join(
            begun,
            (begun.c.conversation_id == message_table.c.conversation_id)
            & (begun.c.turn_id == message_table.c.turn_id)
            & (begun.c.seq < message_table.c.seq),
        )
        .where(begun.c.id.in_(first), table.c.state == "pending")
        .order_by(message_table.c.seq)
    )
    more: dict[str, list[Message]] = {}
    for row in found.mappings():
        more.setdefault(row["first_id"], []).append(message_of(row))
    for first_id, messages in more.items():
        await unit.connection.execute(
            sa.update(table)
            .where(table.c.message_id.in_([message.id for message in messages]))
            .values(
                state="claimed",
                begun=False,
                claim_token=token,
                joined_to=first_id,
                due_at=unit.now + duration,
                attempts=table.c.attempts + 1,
                updated_at=unit.now,
            )
        )
    return more


async def let_begin(unit: Unit, shipment: Shipment) -> Literal["begun", "overtaken", "lost"]:
    """Whether a request may begin, asked in the transaction before it. Until that ends, the conversation is locked.

    So a takeover commits either before, then the bot has no more to say here, or after the request was let begin.
    `lost`: the claim ran out, or the message was erased.
    """
    one = shipment.message.conversation_id
    goes_on = sa.select(tenure_table.c.detail).where(
        tenure_table.c.conversation_id == one,
        tenure_table.c.ended_at.is_(None),
        tenure_table.c.reason == Reason.JOINED.value,
    )
    await unit.connection.execute(
        sa.select(conversation_table.c.id)
        .where(sa.or_(conversation_table.c.id == one, conversation_table.c.id == goes_on.scalar_subquery()))
        .order_by(conversation_table.c.id)
        .with_for_update(read=True)
    )
    held = await unit.connection.execute(
        sa.select(table.c.message_id.in_(_OVERTAKEN)).where(
            table.c.message_id == shipment.message.id,
            table.c.claim_token == shipment.token,
            table.c.state == "claimed",
        )
    )
    overtaken = held.scalar_one_or_none()
    if overtaken:
        return "overtaken"
    begun = await unit.connection.execute(
        sa.update(table)
        .where(
            table.c.message_id.in_([message.id for message in shipment.messages]),
            table.c.claim_token == shipment.token,
            table.c.state == "claimed",
        )
        .values(begun=True)
    )
    return "begun" if begun.rowcount else "lost"


async def settle(
    unit: Unit,
    shipment: Shipment,
    state: Literal["sent", "pending", "uncertain", "dead", "cancelled"],
    *,
    provider_id: str | None = None,
    error: str | None = None,
    due_at: datetime | None = None,
    counts: bool = True,
) -> bool:
    """Record what became of a claimed message. False when the claim was lost meanwhile: nothing is changed then.

    With `counts` false the try is not counted.
    """
    done = await unit.connection.execute(
        sa.update(table)
        .where(
            table.c.message_id.in_([message.id for message in shipment.messages]),
            table.c.claim_token == shipment.token,
            table.c.state.in_(("claimed", "uncertain")),
        )
        .values(
            state=state,
            attempts=table.c.attempts if counts else table.c.attempts - 1,
            # The provider's id belongs to the first of those that were sent as one.
            provider_id=sa.case((table.c.message_id == shipment.message.id, provider_id)),
            error=error,
            due_at=due_at or (unit.now + CERTAIN_AFTER if state == "uncertain" else unit.now),
            updated_at=unit.now,
            claim_token=None,
        )
    )
    if done.rowcount == 0:
        return False
    # Desks show what became of a message.
    unit.announce(shipment.message.conversation_id, None)
    return True


async def reconcile(unit: Unit, message_id: str, *, arrived: bool, provider_id: str | None, error: str | None) -> bool:
    """The provider's word on an uncertain message: it has it, or it certainly has not and it may be sent again.

    What was sent with it as one shares its fate. The word that it has arrived also settles one whose sender still waits
    for an answer, one that was given up because no word came, and one that waits for another try because the provider
    said it had failed. False otherwise: nothing is changed then.
    """
    given_up = (table.c.state == "dead") & (table.c.error == _NO_WORD)
    # One that waits and was never tried cannot have arrived.
    tried = (table.c.state == "pending") & (table.c.attempts > 0)
    early_or_late = sa.or_(table.c.state == "claimed", tried, given_up)
    settled = await unit.connection.execute(
        sa.update(table)
        .where(
            sa.or_(table.c.message_id == message_id, table.c.joined_to == message_id),
            sa.or_(table.c.state == "uncertain", early_or_late if arrived else sa.false()),
        )
        .values(
            state="sent" if arrived else "pending",
            provider_id=sa.case((table.c.message_id == message_id, provider_id)),
            error=error,
            due_at=unit.now,
            updated_at=unit.now,
        )
        .returning(table.c.conversation_id)
    )
    conversation_id = next(iter(settled.scalars()), None)
    if conversation_id is None:
        return False
    unit.announce(conversation_id, None)
    unit.hint(Hint(conversation_id=conversation_id, outbox=True))
    return True


async def retry(unit: Unit, message_id: str, error: str, due_at: datetime) -> bool:
    """The provider says afterwards that it did not deliver, and that a later try may help: nothing after it goes out
    before it. False when the message is not with the provider."""
    again = await unit.connection.execute(
        sa.update(table)
        .where(
            sa.or_(table.c.message_id == message_id, table.c.joined_to == message_id),
            table.c.state.in_(("sent", "uncertain", "claimed")),
        )
        # Its sender, if it still waits for an answer, has lost the claim and settles nothing.
        .values(state="pending", claim_token=None, error=error, due_at=due_at, updated_at=unit.now)
        .returning(table.c.conversation_id)
    )
    conversation_id = next(iter(again.scalars()), None)
    if conversation_id is None:
        return False
    unit.announce(conversation_id, None)
    return True


async def fail(unit: Unit, message_id: str, error: str) -> bool:
    """The provider says afterwards that it could not deliver. False when the message is not with the provider."""
    failed = await unit.connection.execute(
        sa.update(table)
        .where(
            sa.or_(table.c.message_id == message_id, table.c.joined_to == message_id),
            table.c.state.in_(("sent", "uncertain", "claimed")),
        )
        .values(state="dead", claim_token=None, error=error, updated_at=unit.now)
        .returning(table.c.conversation_id)
    )
    conversation_id = next(iter(failed.scalars()), None)
    if conversation_id is None:
        return False
    unit.announce(conversation_id, None)
    unit.hint(Hint(conversation_id=conversation_id, outbox=True))
    return True


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message to a channel that pushes."""

    seq: int
    state: str
    attempts: int
    error: str | None
    updated_at: datetime


async def deliveries(unit: Unit, conversation_id: str) -> list[DeliveryRecord]:
    """The deliveries of a conversation that have not simply succeeded, in order."""
    found = await unit.connection.execute(
        sa.select(table.c.seq, table.c.state, table.c.attempts, table.c.error, table.c.updated_at)
        .where(table.c.conversation_id == conversation_id, table.c.state != "sent")
        .order_by(table.c.seq)
    )
    return [DeliveryRecord(**row) for row in map(plain, found.mappings())]


async def next_due(unit: Unit) -> datetime | None:
    """When the next message is due, or null if nothing waits."""
    found = await unit.connection.execute(_NEXT_DUE)
    moment: datetime | None = found.scalar_one()
    return moment
