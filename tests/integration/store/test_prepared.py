"""Repeated statements give on SQLite what SQLAlchemy itself gives for them, and errors look the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.engine import Database
from bot.store.prepared import Prepared, in_words, repeated
from bot.store.tables import UtcDateTime

_METADATA = sa.MetaData()
_THINGS = sa.Table(
    "thing",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), nullable=False, unique=True),
    sa.Column("good", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("parts", sa.JSON, nullable=False),
    sa.Column("more", sa.JSON(none_as_null=True)),
    sa.Column("at", UtcDateTime),
    sa.Column("weight", sa.Float),
)
_ADD = sa.insert(_THINGS)
_ALL = sa.select(_THINGS, (_THINGS.c.weight * sa.bindparam("by")).label("heavier")).order_by(_THINGS.c.id)
_ONE = sa.select(_THINGS).where(_THINGS.c.name == sa.bindparam("called"), _THINGS.c.good == sa.true())
_RENAME = (
    sa.update(_THINGS)
    .where(_THINGS.c.name == sa.bindparam("old"))
    .values(weight=_THINGS.c.weight + 1)
    .returning(_THINGS.c.name, _THINGS.c.at, _THINGS.c.weight)
)
_REMOVE = sa.delete(_THINGS).where(_THINGS.c.id.between(sa.bindparam("first"), sa.bindparam("last")))
_FEW = sa.select(_THINGS.c.id).where(_THINGS.c.name != in_words("x")).limit(sa.bindparam("most", type_=sa.Integer))
_NOON = datetime(2026, 3, 15, 12, tzinfo=timezone.utc)
_ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "eins", "parts": [{"a": 1}], "more": None, "at": _NOON, "weight": 1.5},
    {"id": 2, "name": "zwei", "parts": [], "more": {"ä": "ö"}, "at": None, "weight": 2},
]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.connect(f"sqlite+aiosqlite:///{tmp_path / 'things.db'}")
    async with database.write() as connection:
        await connection.run_sync(_METADATA.create_all)
    yield database
    await database.close()


async def _play(database: Database, mark: Any) -> list[Any]:
    """The same work, with statements as they are or marked."""
    add, everything, one, rename, remove, few = map(mark, (_ADD, _ALL, _ONE, _RENAME, _REMOVE, _FEW))
    seen: list[Any] = []
    async with database.write() as connection:
        await connection.execute(add, _ROWS)
        await connection.execute(add, [{"id": 3, "name": "drei", "good": False, "parts": {}}])
        added = await connection.execute(add, {"id": 4, "name": "vier", "parts": None, "at": _NOON})
        seen.append(added.rowcount)
    async with database.write() as connection:
        seen.append([tuple(row) for row in await connection.execute(everything, {"by": 2})])
        found = (await connection.execute(one, {"called": "eins"})).mappings().one()
        seen.append({str(key): value for key, value in found.items()})
        seen.append((await connection.execute(one, {"called": "drei"})).one_or_none())
        renamed = (await connection.execute(rename, {"old": "zwei", "name": "zwo"})).one()
        seen.append((renamed.name, renamed.at, renamed.weight))
        seen.append(sorted((await connection.execute(few, {"most": 9})).scalars()))
        seen.append(await connection.scalar(few, {"most": 1}) is not None)
        seen.append((await connection.execute(remove, {"first": 1, "last": 3})).rowcount)
        seen.append((await connection.execute(one, {"called": "vier"})).one().at)
        await connection.execute(sa.delete(_THINGS))
    return seen


async def test_the_short_way_gives_what_sqlalchemy_gives(database: Database) -> None:
    assert await _play(database, repeated) == await _play(database, _copy)


def _copy(statement: Any) -> Any:
    """Another statement that says the same and is not marked."""
    return statement.execution_options(copied=True)


async def test_a_duplicate_is_the_same_error_and_does_not_show_what_was_said(database: Database) -> None:
    for mark in (repeated, _copy):
        async with database.write() as connection:
            await connection.execute(mark(_ADD), {"id": 1, "name": "geheim", "parts": []})
            with pytest.raises(sa.exc.IntegrityError) as caught:
                await connection.execute(mark(_ADD), {"id": 2, "name": "geheim", "parts": []})
            assert "geheim" not in str(caught.value)
            await connection.execute(sa.delete(_THINGS))


async def test_a_missing_value_is_an_error_and_nothing_is_written(database: Database) -> None:
    with pytest.raises(KeyError):
        async with database.write() as connection:
            await connection.execute(repeated(_ADD), {"id": 1, "name": "eins", "parts": []})
            await connection.execute(repeated(_ALL), {})
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(_THINGS)) == 0


async def test_what_cannot_be_prepared_says_so(database: Database) -> None:
    for statement in (
        sa.select(_THINGS).where(_THINGS.c.id.in_([1, 2])),
        sa.insert(
            sa.Table("with_default", sa.MetaData(), sa.Column("a", sa.Integer, default=lambda: 1), sa.Column("b"))
        ),
    ):
        with pytest.raises(ValueError, match="cannot be prepared"):
            Prepared(statement, ["b"] if isinstance(statement, sa.Insert) else [], database.engine.dialect)


async def test_what_sqlalchemy_takes_for_a_commit_commits_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as connection:
            await connection.execute(_copy(_ADD), {"id": 1, "name": "eins", "parts": []})
            await connection.run_sync(lambda sync: sync.commit())
            raise ZeroDivisionError
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(_THINGS)) == 0
