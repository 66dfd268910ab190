"""The witness's file, and the audit that reads it beside the database."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.service.audit import audit
from bot.service.witness import Witness, WitnessBroken, ends_on_file
from bot.store import tables
from bot.store.chain import Finding
from tests.integration.service.conftest import Desk


async def _audit(desk: Desk, path: Path) -> dict[str, list[Finding]]:
    return {one: findings async for one, findings in audit(desk.store, path)}


async def test_each_line_has_the_chains_that_grew_and_follows_from_the_line_before(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "audit" / "ends.jsonl"
    witness = Witness(desk.store, path)
    await witness.write_line()
    assert ends_on_file(path) == {}
    first, second = await desk.start(), await desk.start()
    await witness.write_line()
    await desk.say(first, "Guten Tag")
    # Half a line, as a machine that stops in the middle leaves it.
    with path.open("ab") as file:
        file.write(b'{"at":"2026')
    await witness.write_line()
    await Witness(desk.store, path).write_line()
    known = ends_on_file(path)
    assert {one: len(heads) for one, heads in known.items()} == {first: 2, second: 1}
    assert len(path.read_bytes().splitlines()) == 2
    assert await _audit(desk, path) == {first: [], second: []}


async def test_a_line_that_was_changed_or_taken_out_is_noticed(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "ends.jsonl"
    for _ in range(3):
        await desk.start()
        await Witness(desk.store, path).write_line()
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (
        [lines[0], lines[2]],
        [lines[1], lines[2]],
        [lines[0], lines[1].replace(b'"stream":', b'"stream":1'), lines[2]],
        [lines[0], b"?\n", lines[2]],
    ):
        path.write_bytes(b"".join(changed))
        with pytest.raises(WitnessBroken, match="line"):
            ends_on_file(path)


async def test_a_whole_conversation_that_is_gone_is_known_to_the_witness_alone(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "ends.jsonl"
    kept, gone = await desk.start(), await desk.start()
    await Witness(desk.store, path).write_line()
    async with desk.store.write() as unit:
        if desk.store.database.is_sqlite:
            await unit.connection.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
        else:
            await unit.connection.execute(sa.text("set session_replication_role = replica"))
        for table in (tables.button, tables.widget_token, tables.message, tables.tenure, tables.chain):
            await unit.connection.execute(sa.delete(table).where(table.c.conversation_id == gone))
        await unit.connection.execute(sa.delete(tables.conversation).where(tables.conversation.c.id == gone))
        if not desk.store.database.is_sqlite:
            await unit.connection.execute(sa.text("set session_replication_role = default"))
    found = await _audit(desk, path)
    assert found[kept] == []
    assert [(one.what, one.detail) for one in found[gone]] == [
        ("removed", "the witness knows it, the database does not")
    ]
