"""Many conversations and a long one, put into the database at once: for what the desk does with sizes.

The rows satisfy every constraint; there is no chain over them, so they are for pages and lists alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.conversation.model import new_id
from bot.store.tables import conversation, message, tenure
from tests.integration.edge.conftest import Edge

_AT_ONCE = 2000
_SAID = ("Mein Internet ist seit heute früh sehr langsam", "Ich warte auf den Techniker", "Die Rechnung stimmt nicht")


async def crowd(edge: Edge, count: int) -> list[str]:
    """So many customers who wait for a person, the first the longest; their conversations' ids."""
    async with edge.services.store.write() as unit:
        now = unit.now
        rows = [_waiting(new_id(), number, count, now) for number in range(count)]
        await _insert(unit.connection, tenure, [one for _, eras, _ in rows for one in eras])
        await _insert(unit.connection, conversation, [row for row, _, _ in rows])
        await _insert(unit.connection, message, [one for _, _, said in rows for one in said])
    return [row["id"] for row, _, _ in rows]


async def long_thread(edge: Edge, length: int) -> str:
    """A conversation that waits, with so many entries; its id."""
    async with edge.services.store.write() as unit:
        row, eras, _ = _waiting(new_id(), 0, 1, unit.now)
        row |= {"head_seq": length, "inbound_seq": length - 1, "customer_name": "Langes Gespräch"}
        said = list(_talk(row["id"], length, unit.now))
        await _insert(unit.connection, tenure, eras)
        await _insert(unit.connection, conversation, [row])
        await _insert(unit.connection, message, said)
    identity: str = row["id"]
    return identity


async def _insert(connection: Any, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), _AT_ONCE):
        await connection.execute(sa.insert(table), rows[first : first + _AT_ONCE])


def _waiting(
    identity: str, number: int, count: int, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    asked = now - timedelta(seconds=2 * (count - number))
    began = asked - timedelta(seconds=60)
    common = {"conversation_id": identity, "detail": None, "agent_id": None, "agent_name": None, "seen_at": None}
    eras = [
        {
            **common,
            "epoch": 1,
            "holder": "bot",
            "reason": "started",
            "started_at": began,
            "ended_at": asked,
            "deadline_at": None,
        },
        {
            **common,
            "epoch": 2,
            "holder": "queue",
            "reason": "customer_request",
            "started_at": asked,
            "ended_at": None,
            "deadline_at": now + timedelta(hours=8, seconds=number),
        },
    ]
    row = {
        "id": identity, "channel": "widget", "address": None, "locale": "de", "holder": "queue", "epoch": 2,
        "session": 1, "head_seq": 3, "inbound_seq": 2, "customer_name": f"Kundin {number + 1}",
        "customer_number": f"{3_000_000 + number}", "customer_level": "claimed", "team": "service",
        "opened_at": began, "last_inbound_at": asked, "last_at": asked,
    }  # fmt: skip
    said = [
        _entry(identity, 1, 1, "bot", "bot", "Bot", "Guten Tag. Ich bin ein Bot.", began, opens=True, discloses=True),
        _entry(identity, 2, 1, "bot", "customer", "Kunde", _SAID[number % len(_SAID)], asked),
        _entry(identity, 3, 2, "queue", "system", "Saalenetz", "Ihre Anfrage ist beim Team.", asked, opens=True),
    ]
    return row, eras, said


def _talk(identity: str, length: int, now: datetime) -> Iterator[dict[str, Any]]:
    begin = now - timedelta(seconds=20 * length)
    for seq in range(1, length):
        at = begin + timedelta(seconds=20 * seq)
        if seq == 1:
            yield _entry(
                identity, 1, 1, "bot", "bot", "Bot", "Guten Tag. Ich bin ein Bot.", at, opens=True, discloses=True
            )
        elif seq % 2:
            yield _entry(identity, seq, 1, "bot", "bot", "Bot", f"Antwort {seq}: Das steht in Ihrem Vertrag.", at)
        else:
            yield _entry(identity, seq, 1, "bot", "customer", "Kunde", f"Frage {seq}: {_SAID[seq % len(_SAID)]}", at)
    yield _entry(identity, length, 2, "queue", "system", "Saalenetz", "Ihre Anfrage ist beim Team.", now, opens=True)


def _entry(
    identity: str, seq: int, epoch: int, holder: str, author: str, name: str, text: str, at: datetime, **more: bool
) -> dict[str, Any]:
    return {
        "id": new_id(), "conversation_id": identity, "seq": seq, "epoch": epoch, "holder": holder,
        "kind": "notice" if author == "system" else "message", "author_kind": author, "author_name": name,
        "opens": False, "discloses": False, "text": text, "buttons": [], "sources": [], "has_files": False, "at": at,
        **more,
    }  # fmt: skip
