"""What administrators decide about the desk's work: teams, who is in them, and canned replies.

Every change and its entry in the audit log commit together. A topic belongs to one team, also when two administrators
give it away at once: every team is locked while one is changed. The default team cannot go and no team is removed:
conversations and cases refer to it; what it does ends when it has no topics and no members any more.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bot.conversation.limits import TEXT_LIMIT, clean_text
from bot.service.canned import VARIABLES, Canned, canned_replies, is_own
from bot.service.examples import intents
from bot.service.outcomes import Refused
from bot.store import canned as replies
from bot.store import teams as rows
from bot.store.agents import all_accounts
from bot.store.audit import Actor, record
from bot.store.desk_tables import DEFAULT_TEAM
from bot.store.teams import Team
from bot.store.unit_of_work import Store, Unit
from bot.transparency.wording import LANGUAGES, Wording

Name = Annotated[str, Meta(max_length=120)]
Topics = Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=100)]
_NAME_LIMIT = 120
_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_SHORTCUT = re.compile(r"[^\W_][\w-]{0,39}")
_VARIABLE = re.compile(r"\{(\w*)\}")


class TeamOverview(msgspec.Struct, frozen=True, kw_only=True):
    """A team as administrators see it."""

    id: str
    name_de: str
    name_en: str
    topics: list[str]
    assignment: Literal["manual", "round_robin", "least_busy"]
    # Ids of the active accounts in it.
    members: list[str]
    # It gets what no other team's topic is.
    default: bool


class TeamChange(msgspec.Struct, kw_only=True):
    """Body of a team: what it is afterwards."""

    name_de: Name
    name_en: Name
    topics: Topics
    assignment: Literal["manual", "round_robin", "least_busy"]
    members: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=1000)]


class CannedOverview(msgspec.Struct, frozen=True, kw_only=True):
    """A canned reply, and whose it is."""

    reply: Canned
    # The company's own, the product's, or the company's in the place of the product's.
    origin: Literal["company", "product", "replaced"]


class CannedChange(msgspec.Struct, kw_only=True):
    """Body of a canned reply: what it is afterwards, in both languages."""

    title_de: Name
    title_en: Name
    text_de: Annotated[str, Meta(max_length=TEXT_LIMIT)]
    text_en: Annotated[str, Meta(max_length=TEXT_LIMIT)]
    topics: Topics


class Organisation:
    """The use cases on teams and canned replies."""

    def __init__(self, store: Store, words: Wording) -> None:
        self._store = store
        self._words = words
        self.topics = intents()

    # --- teams ---

    async def teams(self) -> list[TeamOverview]:
        """Every team, by its German name."""
        async with self._store.read() as unit:
            return await self._overviews(unit)

    async def add_team(self, by: Actor, team_id: str, change: TeamChange) -> TeamOverview:
        """A new team.

        Raises:
            Refused: `team_id`, it cannot be used or is another team's; and as `change_team`.
        """
        async with self._store.write() as unit:
            known = await rows.lock_teams(unit)
            if not _ID.fullmatch(team_id) or team_id in {one.id for one in known}:
                raise Refused("team_id")
            return await self._put(unit, by, "team.added", None, known, team_id, change)

    async def change_team(self, by: Actor, team_id: str, change: TeamChange) -> TeamOverview:
        """Names, topics, rule and members of a team, from now on.

        Raises:
            Refused: `unknown_team`; `team_name`; `unknown_intent`; `topic_taken`, with the team that has it;
                `unknown_agent`, a member that is no active account.
        """
        async with self._store.write() as unit:
            known = await rows.lock_teams(unit)
            before = next((one for one in known if one.id == team_id), None)
            if before is None:
                raise Refused("unknown_team")
            return await self._put(unit, by, "team.changed", before, known, team_id, change)

    async def _put(
        self,
        unit: Unit,
        by: Actor,
        action: str,
        before: Team | None,
        known: Collection[Team],
        team_id: str,
        change: TeamChange,
    ) -> TeamOverview:
        one = Team(
            id=team_id,
            name_de=_line(change.name_de, "team_name"),
            name_en=_line(change.name_en, "team_name"),
            topics=self._topics(change.topics),
            assignment=change.assignment,
        )
        for other in known:
            if other.id != team_id and (shared := sorted(set(other.topics) & set(one.topics))):
                raise Refused("topic_taken", intent=shared[0], team_de=other.name_de, team_en=other.name_en)
        active = {account.agent.id for account in await all_accounts(unit) if account.deactivated_at is None}
        if not active >= set(change.members):
            raise Refused("unknown_agent")
        members_before = (await rows.members(unit)).get(team_id, [])
        await rows.put_team(unit, one)
        # Who is deactivated stays in their teams, for the day they come back.
        resting = await rows.resting_members(unit, team_id)
        await rows.set_members(unit, team_id, [*change.members, *resting])
        await record(
            unit,
            by,
            action,
            team_id,
            **_changes(before, one),
            members=[members_before, sorted(set(change.members))],
        )
        return next(found for found in await self._overviews(unit) if found.id == team_id)

    async def _overviews(self, unit: Unit) -> list[TeamOverview]:
        members = await rows.members(unit)
        return [
            TeamOverview(
                **{name: getattr(one, name) for name in Team.__struct_fields__},
                members=members.get(one.id, []),
                default=one.id == DEFAULT_TEAM,
            )
            for one in await rows.teams(unit)
        ]

    # --- canned replies ---

    async def canned(self) -> list[CannedOverview]:
        """Every canned reply, by shortcut."""
        async with self._store.read() as unit:
            stored = await replies.shortcuts(unit)
            return [
                CannedOverview(
                    reply=one,
                    origin="product"
                    if one.shortcut not in stored
                    else "replaced"
                    if is_own(one.shortcut)
                    else "company",
                )
                for one in await canned_replies(unit, self._words)
            ]

    async def put_canned(self, by: Actor, shortcut: str, change: CannedChange) -> Canned:
        """Make a reply, change it, or put the company's in the place of the product's.

        Raises:
            TextRefused: an empty text, or one that is too long.
            Refused: `canned_shortcut`; `canned_title`; `canned_variable`, with a name in braces that nothing fills;
                `unknown_intent`.
        """
        if not _SHORTCUT.fullmatch(shortcut) or shortcut != shortcut.lower():
            raise Refused("canned_shortcut")
        one = Canned(
            shortcut=shortcut,
            title={
                "de": _line(change.title_de, "canned_title"),
                "en": _line(change.title_en, "canned_title"),
            },
            text={"de": clean_text(change.text_de), "en": clean_text(change.text_en)},
            topics=self._topics(change.topics),
        )
        for language in LANGUAGES:
            for name in _VARIABLE.findall(one.text[language]):
                if name not in VARIABLES:
                    raise Refused("canned_variable", name=name)
        async with self._store.write() as unit:
            before = await replies.reply(unit, shortcut)
            await replies.put_reply(unit, one)
            await record(unit, by, "canned.changed", shortcut, before=before, after=msgspec.to_builtins(one))
        return one

    async def remove_canned(self, by: Actor, shortcut: str) -> None:
        """Remove the company's reply; where the product has one of this shortcut, that one is back.

        Raises:
            Refused: `unknown_canned`, the company has none.
        """
        async with self._store.write() as unit:
            before = await replies.reply(unit, shortcut)
            if before is None:
                raise Refused("unknown_canned")
            await replies.remove_reply(unit, shortcut)
            await record(unit, by, "canned.removed", shortcut, before=before)

    def _topics(self, topics: Collection[str]) -> list[str]:
        if not set(topics) <= set(self.topics):
            raise Refused("unknown_intent")
        return [name for name in self.topics if name in topics]


def _line(text: str, code: str) -> str:
    clean = " ".join(text.split())
    if not clean or len(clean) > _NAME_LIMIT or not clean.isprintable():
        raise Refused(code)
    return clean


def _changes(before: Team | None, after: Team) -> dict[str, list[object]]:
    names = [name for name in Team.__struct_fields__ if name != "id"]
    return {
        name: [None if before is None else getattr(before, name), getattr(after, name)]
        for name in names
        if before is None or getattr(before, name) != getattr(after, name)
    }
