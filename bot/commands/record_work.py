"""`klartext export` and `klartext erase`: what the company does with a customer's conversations on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bot.bootstrap import open_services
from bot.service.record import conversations_of, record_of
from bot.settings import Settings
from bot.store.cases import cases
from bot.store.erasure import TICKETS, all_owed
from bot.store.log import read_conversation
from bot.store.unit_of_work import Unit
from bot.transparency.record_page import record_page
from bot.transparency.wording import language_of


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which conversations: exactly one of these is given."""

    conversation: str | None
    customer: str | None
    phone: str | None


async def _find(unit: Unit, choice: Choice) -> list[str]:
    if choice.conversation is not None:
        return [] if await read_conversation(unit, choice.conversation) is None else [choice.conversation]
    return await conversations_of(unit, customer_number=choice.customer, phone=choice.phone)


async def chosen(settings: Settings, choice: Choice) -> list[str]:
    """The ids of the conversations that are meant; none where there are none."""
    async with open_services(settings) as services, services.store.report() as unit:
        return await _find(unit, choice)


async def export(settings: Settings, choice: Choice, folder: Path, lang: str) -> list[Path]:
    """Write each conversation's record as JSON and as a page; the files' paths."""
    written: list[Path] = []
    async with open_services(settings) as services, services.store.report() as unit:
        for conversation_id in await _find(unit, choice):
            record = await record_of(unit, conversation_id, with_notes=True)
            data = msgspec.json.format(msgspec.json.encode(record))
            page = record_page(record, services.words, language_of(lang)).encode()
            written += _write(folder / conversation_id, json=data, html=page)
    return written


def _write(stem: Path, **contents: bytes) -> list[Path]:
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{ending}") for ending in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    return paths


async def still_owed(settings: Settings) -> list[str]:
    """A line for each thing that erasures still owe outside of the database."""
    async with open_services(settings) as services, services.store.report() as unit:
        lines = []
        for conversation_id, place, due_at in await all_owed(unit):
            found = await cases(unit, conversation_id) if place == TICKETS else []
            which = "".join(f" {one.external_ref}" for one in found if one.external_ref)
            lines.append(f"{conversation_id} {place}{which}, looked at next {due_at:%Y-%m-%d %H:%M} UTC")
        return lines


async def erase(settings: Settings, conversations: Sequence[str]) -> int:
    """Erase these conversations here and in the brain's memory, and free the space; how many were not erased before."""
    erased = 0
    async with open_services(settings) as services:
        for conversation_id in conversations:
            erased += await services.erasures.erase(conversation_id, "company")
        await services.erasures.step()
        await services.erasures.free_space()
    return erased
