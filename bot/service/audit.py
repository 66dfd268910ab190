"""`klartext audit verify`: every conversation's chain, and what the witness knows, walked through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path

from bot.service.witness import ends_on_file
from bot.store.chain import Finding, conversations_after, verify
from bot.store.unit_of_work import Store

# Conversations looked at in one transaction.
_BATCH = 100


async def audit(
    store: Store, witness: Path, only: Collection[str] | None = None
) -> AsyncIterator[tuple[str, list[Finding]]]:
    """Each conversation with what is not as it was written. One that only the witness knows comes last.

    Raises:
        WitnessBroken: the witness's file was changed.
        StoreUnavailable: the database is away.
    """
    known = ends_on_file(witness)
    after, seen = "", set[str]()
    while True:
        async with store.report() as unit:
            batch = await conversations_after(unit, after, _BATCH) if only is None else sorted(set(only) - seen)
            for conversation_id in batch:
                yield conversation_id, await verify(unit, conversation_id, known.get(conversation_id, ()))
        if not batch:
            break
        seen.update(batch)
        after = batch[-1]
    for conversation_id in sorted(set(known) - seen) if only is None else ():
        length = known[conversation_id][-1].length
        detail = "the witness knows it, the database does not"
        yield (
            conversation_id,
            [Finding(conversation_id=conversation_id, kind="chain", subject=length, what="removed", detail=detail)],
        )
