"""The declared templates beside those of the provider's account: what is missing, in other languages, or another text.

Looked at when a process starts, and again while the provider does not answer. What comes of it is kept per template and
language, shown to administrators and counted in the figures; nothing waits for it, and nothing fails by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
import structlog

from bot.service.templates import Template, templates
from bot.store.errors import StoreUnavailable
from bot.store.unit_of_work import Store
from bot.store.whatsapp_templates import record_template_state
from bot.transparency.wording import LANGUAGES
from connectors.whatsapp.client import GraphClient, NotReached, Unanswered
from connectors.whatsapp.errors import ApiError

log = structlog.get_logger(__name__)

# Seconds until an account that could not be read is tried again, longer each time up to the second figure.
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 3600.0
APPROVED, MISSING, DIFFERENT = "APPROVED", "MISSING", "DIFFERENT"


class AccountTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A template in one language as the provider has it."""

    name: str
    language: str
    status: str
    body: str | None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A declared template in one language. `problem` says what is wrong with it at the provider, if anything is."""

    name: str
    language: str
    state: str
    problem: str | None


def read_account(found: Iterable[Any]) -> list[AccountTemplate]:
    """The provider's list; what is no template is left out."""
    read = []
    for one in found:
        if not isinstance(one, dict):
            continue
        about = [one.get(key) for key in ("name", "language", "status")]
        if all(isinstance(part, str) for part in about):
            name, language, status = map(str, about)
            read.append(AccountTemplate(name=name, language=language, status=status, body=_body(one)))
    return read


def compare(declared: Mapping[str, Template], account: Iterable[AccountTemplate]) -> list[Compared]:
    """One line for each declared template and language."""
    known = {(one.name, one.language): one for one in account}
    compared = []
    for template in declared.values():
        others = sorted(language for name, language in known if name == template.name)
        for language in LANGUAGES:
            state, problem = _look(template.submitted(language), known.get((template.name, language)), others)
            compared.append(Compared(name=template.name, language=language, state=state, problem=problem))
    return compared


def _look(submitted: str, there: AccountTemplate | None, others: list[str]) -> tuple[str, str | None]:
    if there is None:
        return MISSING, f"not in this language, only in {', '.join(others)}" if others else "not submitted"
    if there.status != APPROVED:
        return there.status, f"not approved: {there.status}"
    if there.body is not None and " ".join(there.body.split()) != " ".join(submitted.split()):
        ours, theirs = submitted.count("{{"), there.body.count("{{")
        if ours != theirs:
            return DIFFERENT, f"other variables: {theirs} there, {ours} declared"
        return DIFFERENT, "another text than the declared one"
    return APPROVED, None


def _body(template: dict[str, Any]) -> str | None:
    components = template.get("components")
    for part in components if isinstance(components, list) else ():
        if isinstance(part, dict) and str(part.get("type")).upper() == "BODY" and isinstance(part.get("text"), str):
            return str(part["text"])
    return None


async def compare_with_account(client: GraphClient, account_id: str) -> list[Compared]:
    """Read the account's templates and compare.

    Raises:
        ApiError, NotReached, Unanswered: the provider does not tell them.
    """
    return compare(templates(), read_account(await client.templates(account_id)))


class TemplateCheck:
    """Compares once in the life of a process."""

    def __init__(self, store: Store, client: GraphClient, account_id: str, *, pause: float = _FIRST_PAUSE) -> None:
        self._store = store
        self._client = client
        self._account_id = account_id
        self._pause = pause

    async def run(self) -> None:
        """Compare, then wait until cancelled; an account that cannot be read is tried again."""
        pause = self._pause
        while await self.check() != "compared":
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        await asyncio.Event().wait()

    async def check(self) -> Literal["compared", "away"]:
        """Compare now, keep what came of it, and tell the operator what is wrong."""
        try:
            compared = await compare_with_account(self._client, self._account_id)
            async with self._store.write() as unit:
                for one in compared:
                    await record_template_state(unit, one.name, one.language, one.state, one.problem)
        except (ApiError, NotReached, Unanswered, StoreUnavailable) as error:
            log.warning("the templates cannot be compared with the provider's", error=str(error))
            return "away"
        for one in compared:
            if one.problem is not None:
                log.error("a template cannot be sent", template=one.name, language=one.language, problem=one.problem)
        return "compared"
