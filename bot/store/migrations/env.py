"""Runs migrations on the connection that `bot.store.schema` opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from bot.store.tables import UtcDateTime, metadata


def _render(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our time type as the plain type it is in the database."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_render,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
