"""What a use case answers: a receipt, a welcome, or that it is refused and why."""

from __future__ import annotations

import msgspec

from bot.conversation.model import Message
from bot.store.conversations import OpenConversation
from bot.store.entries import Conversation
from bot.store.teams import sees, team
from bot.store.tokens import Agent
from bot.store.unit_of_work import Unit


class Refused(Exception):
    """The request cannot be carried out as things are now. `code` names why; nothing was written."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


async def check_sees(unit: Unit, opened: OpenConversation, agent: Agent) -> None:
    """Raises `Refused` with `other_team` where the conversation is not this agent's to see."""
    if not await sees(unit, agent, opened.row.id):
        one = await team(unit, opened.row.team)
        raise Refused("other_team", team_de=one.name_de if one else "", team_en=one.name_en if one else "")


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A message is stored. `repeated` when it was stored before and this was a repetition."""

    message: Message
    repeated: bool


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """A new conversation and the only copy of the token that opens it."""

    conversation: Conversation
    token: str
    human_button_id: str
