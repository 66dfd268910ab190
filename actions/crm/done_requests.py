"""Writes that carry a key are carried out once, on SQL.

Guarantee: the key is kept in the transaction that writes, and a unique key of the database decides.
"""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.crm.tables_service import done_request


async def done_before(connection: AsyncConnection, operation: str, key: str) -> str | None:
    """The record that an earlier call with this key has written."""
    query = select(done_request.c.record).where(
        done_request.c.operation == operation, done_request.c.idempotency_key == key
    )
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def keep_done(connection: AsyncConnection, operation: str, key: str, record: str) -> None:
    """Have later calls with this key know what was written."""
    await connection.execute(insert(done_request).values(operation=operation, idempotency_key=key, record=record))
