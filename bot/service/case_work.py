"""What agents do with cases: make one, give it an owner, a team, a due time and a status, note on it.

Whatever concerns the customer is said to the customer in the same transaction: that there is a case, that its time
moved, that it is solved. Due times count the hours in which the team works.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from bot.conversation.limits import clean_text
from bot.service.conversations import Conversations
from bot.service.outcomes import Refused, check_sees
from bot.store import notes, teams
from bot.store.cases import Case, Status, add_case, case_of_tenure, case_with_number, put_case
from bot.store.conversations import OpenConversation
from bot.store.tokens import Agent
from bot.store.unit_of_work import Store, Unit
from bot.transparency.openings import case_told
from bot.transparency.wording import Wording, language_of

WorkingHoursCount = Annotated[int, Meta(ge=1, le=200)]


class CaseChange(msgspec.Struct, kw_only=True):
    """What is to change of a case; what is left out stays. `owner` is an agent's id, empty for nobody."""

    status: Status | None = None
    owner: Annotated[str, Meta(max_length=40)] | None = None
    team: Annotated[str, Meta(max_length=40)] | None = None
    # Working hours from now until it is due.
    due_in: WorkingHoursCount | None = None
    note: Annotated[str, Meta(max_length=4000)] | None = None


class CaseWork:
    """The use cases on cases."""

    def __init__(self, store: Store, conversations: Conversations, words: Wording) -> None:
        self._store = store
        self._conversations = conversations
        self._words = words

    async def make(
        self, conversation_id: str, agent: Agent, title: str, *, team_id: str, due_in: int, note: str | None
    ) -> Case:
        """Make a case of the request in the current tenure and tell the customer number, team and due time.

        Raises:
            TextRefused: an empty title.
            Refused: `other_team`; `unknown_team`; `case_exists`, with the number of the case that there is already.
        """
        title = clean_text(title)[:200]
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, conversation_id)
            await check_sees(unit, opened, agent)
            known = await case_of_tenure(unit, conversation_id, opened.row.epoch)
            if known is not None:
                raise Refused("case_exists", number=known.number)
            if await teams.team(unit, team_id) is None:
                raise Refused("unknown_team")
            case = await add_case(
                unit,
                conversation_id=conversation_id,
                epoch=opened.row.epoch,
                team=team_id,
                reason=None,
                due_at=await self._conversations.handover.due_after(unit, timedelta(hours=due_in)),
                title=title,
                owner=agent,
            )
            await self._tell(opened, "case_made", case, opens=True)
            if note and note.strip():
                await notes.add_note(opened, agent, clean_text(note), kind="case", case_number=case.number)
            opened.show_desks()
            await opened.save()
        return case

    async def change(self, number: str, agent: Agent, change: CaseChange) -> Case:
        """Change a case. A new due time and the solution are told to the customer.

        Raises:
            Refused: `unknown_case`, `other_team`, `unknown_team`, `unknown_agent`.
        """
        async with self._store.read() as unit:
            found = await case_with_number(unit, number)
        if found is None:
            raise Refused("unknown_case")
        async with self._store.write() as unit:
            opened = await self._conversations.open(unit, found.conversation_id)
            await self._check_sees(unit, opened, agent, found)
            # Again behind the lock: somebody else may have changed it meanwhile.
            before = await case_with_number(unit, number)
            assert before is not None
            after = await self._changed(unit, before, change)
            await put_case(unit, after)
            if after.due_at != before.due_at:
                await self._tell(opened, "case_moved", after)
            if after.status == "solved" and before.status != "solved":
                await self._tell(opened, "case_solved", after)
            if change.note and change.note.strip():
                await notes.add_note(opened, agent, clean_text(change.note), kind="case", case_number=number)
            opened.show_desks()
            await opened.save()
        return after

    async def _changed(self, unit: Unit, case: Case, change: CaseChange) -> Case:
        values: dict[str, object] = {}
        if change.status is not None:
            values["status"] = change.status
        if change.team is not None:
            if await teams.team(unit, change.team) is None:
                raise Refused("unknown_team")
            values["team"] = change.team
        if change.owner is not None:
            known = {one.id: one.name for one in await teams.colleagues(unit)} | {"": None}
            if change.owner not in known:
                raise Refused("unknown_agent")
            values |= {"owner_id": change.owner or None, "owner_name": known[change.owner]}
        if change.due_in is not None:
            values["due_at"] = await self._conversations.handover.due_after(unit, timedelta(hours=change.due_in))
        return msgspec.structs.replace(case, **values)

    async def _check_sees(self, unit: Unit, opened: OpenConversation, agent: Agent, case: Case) -> None:
        seen = await teams.teams_of(unit, agent)
        if seen is not None and case.team not in seen and case.owner_id != agent.id:
            await check_sees(unit, opened, agent)

    async def _tell(self, opened: OpenConversation, key: str, case: Case, *, opens: bool = False) -> None:
        language = language_of(opened.row.locale)
        team = await teams.team_name(opened.unit, case.team, language)
        opened.append(case_told(self._words, language, key, case, team, opens=opens))
