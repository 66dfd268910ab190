"""The only writer of conversations, tenures and messages.

`open_conversation` locks a conversation for the rest of the transaction; `OpenConversation` collects what happens to
it and `save` writes it in the order that the constraints need. Whoever holds the lock sees the newest epoch and
sequence number, so a check made on it cannot be outrun: this is how one voice and gapless numbers are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.conversation.chain import FIRST, Kind
from bot.conversation.handover import Reason, Tenure, next_holder
from bot.conversation.model import AuthorKind, Button, Draft, Holder, Message, new_id
from bot.store.chain import Entry, append_links
from bot.store.desk_tables import DEFAULT_TEAM
from bot.store.entries import Conversation, conversation_of, shown_button
from bot.store.errors import UnknownConversation
from bot.store.inbox import Lease, has_open
from bot.store.prepared import in_words, repeated
from bot.store.promises import WaitFigure, promise, settle
from bot.store.tables import button as button_table
from bot.store.tables import conversation as conversation_table
from bot.store.tables import inbox as inbox_table
from bot.store.tables import message as message_table
from bot.store.tables import outbox as outbox_table
from bot.store.tables import tenure as tenure_table
from bot.store.unit_of_work import Unit
from bot.store.wakeup import Hint

# Statements of every message are built once: building one costs more than running it.
_LOCK = repeated(
    sa.select(conversation_table).where(conversation_table.c.id == sa.bindparam("conversation")).with_for_update()
)
_CHANGE = repeated(sa.update(conversation_table).where(conversation_table.c.id == sa.bindparam("conversation")))
_END_TENURE = repeated(
    sa.update(tenure_table)
    .where(
        tenure_table.c.conversation_id == sa.bindparam("conversation"), tenure_table.c.epoch == sa.bindparam("closed")
    )
    .returning(tenure_table.c.ended_at, tenure_table.c.deadline_at, tenure_table.c.seen_at)
)
_SETTLE_OPEN = repeated(
    sa.update(inbox_table)
    .where(inbox_table.c.conversation_id == sa.bindparam("conversation"), inbox_table.c.state == in_words("open"))
    .values(state="done", lease_token=None)
)
_BEGIN = repeated(sa.insert(conversation_table))
_BEGIN_TENURE, _WRITE, _ISSUE, _SEND, _EXPECT = (
    repeated(sa.insert(table)) for table in (tenure_table, message_table, button_table, outbox_table, inbox_table)
)

# What a tenure begins with: the word about the change, and for the bot's tenures its disclosure as the last.
Opening = Sequence[Draft]
_BEGINS_SESSION = frozenset({Reason.REOPENED, Reason.NEW_SESSION})


class BegunBy(msgspec.Struct, frozen=True, kw_only=True):
    """A person who wrote to a customer before the customer wrote, and until when they hold the conversation."""

    reason: Reason
    agent_id: str
    agent_name: str
    deadline: datetime


class OpenConversation:
    """A conversation locked for change within a unit. Nothing reaches the database before `save`."""

    def __init__(self, unit: Unit, row: Conversation, *, is_new: bool, pushes: bool) -> None:
        self.unit = unit
        self.row = row
        self._is_new = is_new
        # Whether messages to the customer are sent by a delivery (outbox), or fetched by the customer's client.
        self.pushes = pushes
        self._tenures: list[dict[str, Any]] = []
        self._closed_epoch: int | None = None
        self._messages: list[dict[str, Any]] = []
        self._buttons: list[dict[str, Any]] = []
        self._inbox: list[dict[str, Any]] = []
        self._outbox: list[dict[str, Any]] = []
        self._settle_open: str | None = None
        # What the chain gets, in order; a tenure's end is known in full only when it is written.
        self._chained: list[Entry] = []
        # What refers to messages of this unit, run after they are written.
        self._afterwards: list[sa.Executable] = []
        self._left_queue: tuple[int, Holder, Reason] | None = None
        # The wait that the customer of the new queue tenure was told, if one was.
        self.promised: WaitFigure | None = None

    def append(
        self,
        draft: Draft,
        *,
        opens: bool = False,
        origin: str | None = None,
        client_id: str | None = None,
        provider_id: str | None = None,
        payload: str | None = None,
        heard: str | None = None,
        turn_id: str | None = None,
        template: dict[str, Any] | None = None,
        has_files: bool = False,
        file_digest: str | None = None,
        is_there: bool = False,
        aside: bool = False,
    ) -> Message:
        """Write a message at the end of the log, in the current tenure.

        `heard` is what the bot gets in the text's place; empty where there is nothing for it. `template` is the
        provider's template that a channel which pushes sends in the text's place. With `has_files` the caller adds them
        in the same unit, behind `save` (`bot/store/attachments.py`); `file_digest` is that of one that is there now.
        `is_there`: the customer has it already, sent in another way. `aside`: the customer's silence goes on.
        """
        row = self.row
        row.head_seq += 1
        row.last_at = self.unit.now
        message = Message(
            id=new_id(),
            conversation_id=row.id,
            seq=row.head_seq,
            epoch=row.epoch,
            holder=row.holder,
            kind=draft.kind,
            author=draft.author,
            text=draft.text,
            at=self.unit.now,
            buttons=draft.buttons,
            sources=draft.sources,
            case=draft.case,
            client_id=client_id if draft.author.kind is AuthorKind.CUSTOMER else None,
        )
        self._messages.append(
            {
                "id": message.id,
                "conversation_id": row.id,
                "seq": message.seq,
                "epoch": row.epoch,
                "holder": row.holder.value,
                "kind": draft.kind.value,
                "author_kind": draft.author.kind.value,
                "author_name": draft.author.name,
                "opens": opens,
                "discloses": draft.discloses,
                "text": draft.text,
                "buttons": [shown_button(button) for button in draft.buttons],
                "sources": msgspec.to_builtins(draft.sources),
                "case_number": draft.case,
                "turn_id": turn_id,
                "origin": origin,
                "client_id": client_id,
                "provider_id": provider_id,
                "payload": payload,
                "heard": heard,
                "has_files": has_files,
                "file_digest": file_digest,
                "at": self.unit.now,
            }
        )
        self._chained.append((Kind.MESSAGE, message.seq, self._messages[-1]))
        for button in draft.buttons:
            self.issue_button(button)
        if draft.author.kind is AuthorKind.CUSTOMER:
            row.inbound_seq = message.seq
            if not aside:
                row.last_inbound_at = self.unit.now
        elif self.pushes and not is_there:
            self._outbox.append(
                {
                    "message_id": message.id,
                    "conversation_id": row.id,
                    "seq": message.seq,
                    "epoch": row.epoch,
                    "channel": row.channel,
                    "state": "pending",
                    "template": template,
                    "due_at": self.unit.now,
                    "updated_at": self.unit.now,
                }
            )
            self.unit.hint(Hint(conversation_id=row.id, outbox=True))
        self.unit.announce(row.id, message.seq)
        return message

    def chain(self, entry: Entry) -> None:
        """Put something into the chain that is neither a message nor a tenure."""
        self._chained.append(entry)

    def expect_turn(self, message: Message, deadline: datetime) -> None:
        """The bot owes an outcome for this message until `deadline`."""
        self._inbox.append(self._inbox_row(message, "open", None, deadline))

    async def lease_expected(self, duration: timedelta) -> Lease | None:
        """Lease the turn that this unit expects to the caller, who begins with it as soon as this is committed.

        None where no turn is expected, or an older message of the conversation is open: its worker looks at this one.
        """
        expected = [row for row in self._inbox if row["state"] == "open"]
        if len(expected) != 1 or await has_open(self.unit, self.row.id):
            return None
        row = expected[0]
        row |= {"lease_token": new_id(), "attempts": 1, "due_at": self.unit.now + duration}
        return Lease(
            message_id=row["message_id"],
            conversation_id=self.row.id,
            seq=row["seq"],
            token=row["lease_token"],
            attempts=1,
            deadline_at=row["deadline_at"],
        )

    def settle_at_once(self, message: Message, outcome: str) -> None:
        """No turn is needed: a person holds the conversation, or the edge itself acted on the message."""
        self._inbox.append(self._inbox_row(message, "done", outcome, self.unit.now))

    def _inbox_row(self, message: Message, state: str, outcome: str | None, deadline: datetime) -> dict[str, Any]:
        return {
            "message_id": message.id,
            "conversation_id": self.row.id,
            "seq": message.seq,
            "state": state,
            "outcome": outcome,
            "attempts": 0,
            "due_at": self.unit.now,
            "lease_token": None,
            "deadline_at": deadline,
            "done_at": None if outcome is None else self.unit.now,
        }

    def settle_open_turns(self, outcome: str) -> None:
        """Everything that the customer said so far has its outcome."""
        self._settle_open = outcome

    def change_holder(
        self,
        reason: Reason,
        opening: Opening,
        *,
        agent_id: str | None = None,
        agent_name: str | None = None,
        detail: str | None = None,
        deadline: datetime | None = None,
        seen: bool = False,
    ) -> Tenure:
        """End the current tenure and open the next with its opening: one word to the customer about the change, and
        the bot's disclosure where the bot gets to speak.

        `seen`: the agent looks at the conversation, as one who takes it does; one who is given it may not.

        Turns still open are settled when the next holder is not the bot: the person sees those messages.

        Raises:
            TransitionRefused: the transition table does not allow it.
        """
        row = self.row
        holder = next_holder(row.holder, reason)
        if self._tenures:
            raise ValueError("one change of holder per unit")
        self._closed_epoch = row.epoch
        if row.holder is Holder.QUEUE:
            self._left_queue = (row.epoch, holder, reason)
        if reason in _BEGINS_SESSION and row.customer_level == "proven":
            # A proof is good for one session: the next knows only who it was.
            row.customer_level = "claimed"
        return self._begin_tenure(holder, reason, opening, agent_id, agent_name, detail, deadline, seen=seen)

    def _begin_tenure(
        self,
        holder: Holder,
        reason: Reason,
        opening: Opening,
        agent_id: str | None,
        agent_name: str | None,
        detail: str | None,
        deadline: datetime | None,
        *,
        seen: bool = False,
    ) -> Tenure:
        row = self.row
        if holder is Holder.BOT and not opening[-1].discloses:
            raise ValueError("the bot's tenure begins with its disclosure")
        row.epoch += 1
        row.holder = holder
        row.last_turn_id = None
        self._tenures.append(
            {
                "conversation_id": row.id,
                "epoch": row.epoch,
                "holder": holder.value,
                "reason": reason.value,
                "detail": detail,
                "agent_id": agent_id,
                "agent_name": agent_name,
                "started_at": self.unit.now,
                "ended_at": None,
                "deadline_at": deadline,
                "seen_at": self.unit.now if seen else None,
            }
        )
        self._chained.append((Kind.TENURE, row.epoch, self._tenures[-1]))
        if holder is not Holder.BOT:
            self._settle_open = holder.value
        for index, draft in enumerate(opening):
            self.append(draft, opens=index == 0)
        return Tenure(
            conversation_id=row.id,
            epoch=row.epoch,
            holder=holder,
            reason=reason,
            agent_id=agent_id,
            agent_name=agent_name,
            detail=detail,
        )

    def show_desks(self) -> None:
        """Something changed that only desks show: they look again."""
        self.row.desk_revision += 1
        self.unit.announce(self.row.id, None)

    def afterwards(self, statement: sa.Executable) -> None:
        """Run a statement behind everything that this unit writes: it may refer to its messages."""
        self._afterwards.append(statement)

    def writes_as_human(self, epoch: int) -> bool:
        """Whether this unit writes a person's message into that tenure."""
        human = AuthorKind.HUMAN.value
        return any(one["epoch"] == epoch and one["author_kind"] == human for one in self._messages)

    def issue_button(self, button: Button) -> None:
        """Issue a button that stands outside a message."""
        self._buttons.append(
            {
                "id": button.id,
                "conversation_id": self.row.id,
                "epoch": self.row.epoch,
                "title": button.title,
                "payload": button.payload,
            }
        )

    async def save(self) -> None:
        """Write everything. Called once, at the end of the unit."""
        connection, row = self.unit.connection, self.row
        if self._closed_epoch is not None:
            ended = {"conversation": row.id, "closed": self._closed_epoch, "ended_at": self.unit.now}
            end = (await connection.execute(_END_TENURE, ended)).mappings().one()
            self._chained.insert(0, (Kind.TENURE_END, self._closed_epoch, end))
        if self._tenures:
            await connection.execute(_BEGIN_TENURE, self._tenures)
        row.chain_length, row.chain_link = await append_links(
            self.unit, row.id, row.chain_length, row.chain_link or FIRST, self._chained
        )
        values = msgspec.to_builtins(row, builtin_types=(datetime,))
        if self._is_new:
            await connection.execute(_BEGIN, values)
        else:
            await connection.execute(_CHANGE, {"conversation": row.id, **values})
        for statement, rows in ((_WRITE, self._messages), (_ISSUE, self._buttons), (_SEND, self._outbox)):
            if rows:
                await connection.execute(statement, rows)
        if self._settle_open is not None:
            settled = {"conversation": row.id, "outcome": self._settle_open, "done_at": self.unit.now}
            await connection.execute(_SETTLE_OPEN, settled)
        if self._inbox:
            await connection.execute(_EXPECT, self._inbox)
            if any(one["state"] == "open" and one["lease_token"] is None for one in self._inbox):
                self.unit.hint(Hint(conversation_id=row.id, inbox=True))
        if self._left_queue is not None:
            epoch, to, reason = self._left_queue
            await settle(self.unit, row.id, epoch, to, reason)
        if self.promised is not None:
            await promise(self.unit, row.id, row.epoch, self.promised)
        for after in self._afterwards:
            await connection.execute(after)


def new_conversation(
    unit: Unit,
    *,
    channel: str,
    address: str | None,
    locale: str,
    opening: Opening,
    pushes: bool,
    begun_by: BegunBy | None = None,
) -> OpenConversation:
    """A conversation that begins with the bot's tenure and its disclosure, or with that of a person who wrote first."""
    row = Conversation(
        id=new_id(),
        channel=channel,
        address=address,
        locale=locale,
        holder=Holder.BOT,
        epoch=0,
        session=1,
        head_seq=0,
        inbound_seq=0,
        delivered_seq=0,
        read_seq=0,
        seen_seq=0,
        last_turn_id=None,
        chain_length=0,
        chain_link="",
        customer_number=None,
        customer_name=None,
        customer_level=None,
        verified_phone=None,
        team=DEFAULT_TEAM,
        desk_revision=0,
        opened_at=unit.now,
        last_inbound_at=None,
        last_at=unit.now,
    )
    conversation = OpenConversation(unit, row, is_new=True, pushes=pushes)
    if begun_by is None:
        conversation._begin_tenure(Holder.BOT, Reason.STARTED, opening, None, None, None, None)
    else:
        by, reason = begun_by, begun_by.reason
        conversation._begin_tenure(
            Holder.AGENT, reason, opening, by.agent_id, by.agent_name, None, by.deadline, seen=True
        )
    return conversation


async def open_conversation(unit: Unit, conversation_id: str, *, pushes: bool) -> OpenConversation:
    """Lock a conversation until the unit ends.

    Raises:
        UnknownConversation: there is none with this id.
    """
    found = await unit.connection.execute(_LOCK, {"conversation": conversation_id})
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownConversation(conversation_id)
    # The unit may have begun before another one that got the lock first, or on a node whose clock is behind: in one
    # conversation time does not step back.
    unit.now = max(unit.now, row["last_at"])
    return OpenConversation(unit, conversation_of(row), is_new=False, pushes=pushes)
