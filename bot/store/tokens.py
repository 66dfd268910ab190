"""Secrets that browsers hold: only their digests are stored.

A widget's token opens one conversation; an agent's session token opens the desk (`bot/store/sessions.py`).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from bot.conversation.roles import Role
from bot.store.prepared import repeated
from bot.store.tables import button as button_table
from bot.store.tables import widget_token
from bot.store.unit_of_work import Unit

_ADD = repeated(sa.insert(widget_token))


class WidgetPass(msgspec.Struct, frozen=True, kw_only=True):
    """What a widget's token opens."""

    conversation_id: str
    # Stands for "a person, please" at any time, whatever the bot does.
    human_button_id: str


def new_token() -> str:
    """256 bits that nobody can guess."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def add_widget_token(unit: Unit, token: str, conversation_id: str, human_button_id: str) -> None:
    """Let `token` open the conversation."""
    await unit.connection.execute(
        _ADD,
        {
            "digest": digest(token),
            "conversation_id": conversation_id,
            "human_button_id": human_button_id,
            "created_at": unit.now,
            "used_at": unit.now,
        },
    )


async def widget_pass(unit: Unit, token: str, lifetime: timedelta) -> WidgetPass | None:
    """What the token opens, or nothing if it is unknown or was not used for `lifetime`. Counts as a use."""
    found = await unit.connection.execute(
        sa.update(widget_token)
        .where(widget_token.c.digest == digest(token), widget_token.c.used_at > unit.now - lifetime)
        .values(used_at=unit.now)
        .returning(widget_token.c.conversation_id, widget_token.c.human_button_id)
    )
    row = found.one_or_none()
    return None if row is None else WidgetPass(conversation_id=row[0], human_button_id=row[1])


class IssuedButton(msgspec.Struct, frozen=True, kw_only=True):
    """A button as it was issued, in which epoch, with what behind it."""

    id: str
    epoch: int
    title: str
    payload: str


async def issued_button(unit: Unit, conversation_id: str, button_id: str) -> IssuedButton | None:
    """A button of this conversation; an id that was issued to nobody or to somebody else is nothing."""
    found = await unit.connection.execute(
        sa.select(button_table.c.id, button_table.c.epoch, button_table.c.title, button_table.c.payload).where(
            button_table.c.id == button_id, button_table.c.conversation_id == conversation_id
        )
    )
    row = found.one_or_none()
    return None if row is None else IssuedButton(id=row.id, epoch=row.epoch, title=row.title, payload=row.payload)


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A person who works at the desk."""

    id: str
    login: str
    name: str
    role: Role
