"""The company's own canned replies. The product's are in the wording; both come together in `bot/service/canned.py`."""

from __future__ import annotations

from typing import Any, Protocol

import sqlalchemy as sa

from bot.store.desk_tables import canned_reply as table
from bot.store.rows import plain
from bot.store.unit_of_work import Unit


class Reply(Protocol):
    """What is stored of a reply."""

    @property
    def shortcut(self) -> str: ...
    @property
    def title(self) -> dict[str, str]: ...
    @property
    def text(self) -> dict[str, str]: ...
    @property
    def topics(self) -> list[str]: ...


async def stored(unit: Unit) -> list[dict[str, Any]]:
    """Every stored reply: `shortcut`, `title` and `text` by language, `topics`."""
    return [_shaped(plain(row)) for row in (await unit.connection.execute(sa.select(table))).mappings()]


async def shortcuts(unit: Unit) -> frozenset[str]:
    """The shortcuts of the company's replies."""
    return frozenset((await unit.connection.execute(sa.select(table.c.shortcut))).scalars())


async def reply(unit: Unit, shortcut: str) -> dict[str, Any] | None:
    """The company's reply of this shortcut, as `stored`."""
    found = await unit.connection.execute(sa.select(table).where(table.c.shortcut == shortcut))
    row = found.mappings().one_or_none()
    return None if row is None else _shaped(plain(row))


async def put_reply(unit: Unit, one: Reply) -> None:
    """Make a reply, or replace it."""
    values = {
        "title_de": one.title["de"],
        "title_en": one.title["en"],
        "text_de": one.text["de"],
        "text_en": one.text["en"],
        "topics": one.topics,
        "updated_at": unit.now,
    }
    done = await unit.connection.execute(sa.update(table).where(table.c.shortcut == one.shortcut).values(**values))
    if done.rowcount == 0:
        await unit.connection.execute(sa.insert(table).values(shortcut=one.shortcut, **values))


async def remove_reply(unit: Unit, shortcut: str) -> None:
    """Remove a reply."""
    await unit.connection.execute(sa.delete(table).where(table.c.shortcut == shortcut))


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "shortcut": row["shortcut"],
        "title": {"de": row["title_de"], "en": row["title_en"]},
        "text": {"de": row["text_de"], "en": row["text_en"]},
        "topics": row["topics"],
    }
