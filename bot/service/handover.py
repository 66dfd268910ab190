"""Asking for a person, and what happens when none comes.

Everything here happens inside a caller's transaction: the queue's tenure, its notice, the wait named in it and its
deadline commit together or not at all. Outside working hours, with nobody at a desk, a request becomes a case at once
instead of waiting for nobody.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from bot.conversation.handover import HANDOVER_REASONS, Reason
from bot.conversation.model import Holder
from bot.service.schedule import Schedule
from bot.settings import Settings
from bot.store.agents import somebody_is_present
from bot.store.cases import Case, add_case, case_of_tenure
from bot.store.conversations import OpenConversation
from bot.store.log import TenureRecord, current_tenure
from bot.store.promises import WaitFigure, waits_since
from bot.store.teams import team_for, team_name
from bot.store.traces import newest_intent
from bot.store.unit_of_work import Unit
from bot.transparency import openings
from bot.transparency.wording import Wording, language_of

# Working time until a case is due: one working day of ten hours.
CASE_WORKING_TIME = timedelta(hours=10)
# A wait is named only from this many requests on, over this time; fewer say nothing.
_SAMPLE, _WINDOW, _SHARE = 20, timedelta(days=28), 0.8
# How long a figure is used before it is measured again.
_FRESH = timedelta(minutes=1)


class Handover:
    """The way from the bot to a person."""

    def __init__(self, words: Wording, settings: Settings) -> None:
        self._words = words
        self._settings = settings
        self._schedule = Schedule(settings)
        self._measured_at: datetime | None = None
        self._figure: WaitFigure | None = None

    async def ask_for_person(self, opened: OpenConversation, reason: Reason, detail: str | None = None) -> str:
        """Put the conversation into the queue, or, with nobody to come, make it a case; `queue` or `case`.

        Either is the outcome of everything that the customer said so far and that had none yet.

        Raises:
            TransitionRefused: the bot does not hold the conversation.
        """
        if reason not in HANDOVER_REASONS:
            raise ValueError(f"{reason} is no reason for a handover by the bot")
        unit, language = opened.unit, language_of(opened.row.locale)
        await self._choose_team(opened)
        hours = await self._schedule.hours(unit)
        if not hours.is_open(unit.now) and not await somebody_is_present(unit):
            case = await self._open_case(opened, reason)
            opening = openings.case_out_of_hours(
                self._words,
                language,
                case,
                await team_name(unit, case.team, language),
                reason,
                hours.next_opening(unit.now),
                may_leave=not opened.pushes,
            )
            opened.change_holder(Reason.OUT_OF_HOURS, opening, detail=case.number)
            # The bot stays, but it is no longer asked: it would come to the same case again.
            opened.settle_open_turns("case")
            return "case"
        await self._queue(opened, reason, detail, None)
        return "queue"

    async def _choose_team(self, opened: OpenConversation) -> None:
        """The team for what the customer spoke of last."""
        topic = await newest_intent(opened.unit, opened.row.id, opened.row.inbound_seq)
        if topic is not None:
            opened.row.team = await team_for(opened.unit, topic)

    async def back_to_queue(self, opened: OpenConversation, tenure: TenureRecord) -> None:
        """The agent is gone, or never looked at what they were given: somebody else is asked for."""
        if tenure.seen_at is None:
            await self._queue(opened, Reason.NOT_TAKEN_UP, tenure.agent_id, tenure.agent_name)
        else:
            await self._queue(opened, Reason.AGENT_GONE, tenure.agent_name, tenure.agent_name)

    async def app_is_silent(self, opened: OpenConversation, tenure: TenureRecord) -> None:
        """The customer waits for whoever wrote in the channel's own app, and nothing comes: somebody else is asked."""
        await self._queue(opened, Reason.APP_SILENT, None, tenure.agent_name)

    async def pass_to_team(self, opened: OpenConversation, agent_name: str) -> None:
        """The agent passed the conversation on to the team that it now belongs to."""
        await self._queue(opened, Reason.TRANSFERRED, agent_name, agent_name)

    async def _queue(
        self, opened: OpenConversation, reason: Reason, detail: str | None, agent_name: str | None
    ) -> None:
        unit = opened.unit
        deadline = unit.now + timedelta(seconds=self._settings.queue_deadline)
        figure = await self._wait(unit)
        opening = openings.queued(
            self._words,
            language_of(opened.row.locale),
            reason,
            deadline,
            figure,
            agent_name=agent_name,
            may_leave=not opened.pushes,
        )
        opened.change_holder(reason, opening, detail=detail, deadline=deadline)
        if figure is not None:
            opened.promised = figure

    async def give_up_waiting(self, opened: OpenConversation, tenure: TenureRecord) -> None:
        """Nobody came before the deadline: the request becomes a case, and the bot is back."""
        case = await self._open_case(opened, tenure.reason)
        language = language_of(opened.row.locale)
        team = await team_name(opened.unit, case.team, language)
        opening = openings.case_opened(self._words, language, case, team, may_leave=not opened.pushes)
        opened.change_holder(Reason.QUEUE_EXPIRED, opening, detail=case.number)

    async def due_after(self, unit: Unit, working_time: timedelta) -> datetime:
        """When this much working time has passed, in the hours in which cases are worked on."""
        return (await self._schedule.case_hours(unit)).after(unit.now, working_time)

    async def make_case_of_form(self, opened: OpenConversation) -> Case:
        """What was written on the page without scripts is a case at once: nobody waits there for an answer."""
        case, language = await self._open_case(opened, Reason.SENT_AS_FORM), language_of(opened.row.locale)
        opening = openings.case_of_form(self._words, language, case, await team_name(opened.unit, case.team, language))
        opened.change_holder(Reason.SENT_AS_FORM, opening, detail=case.number)
        return case

    async def make_case(
        self, opened: OpenConversation, *, answered_elsewhere: bool = False, begins_session: bool = False
    ) -> str:
        """The customer would rather have a case: the request is one at once, and the bot goes on; what that is to the
        message that asked for it: `case`, or `answered` when it is one already. `answered_elsewhere`: they said where.
        `begins_session`: they come back after a long silence, so the bot says what it is before anything else.

        Raises:
            TransitionRefused: a person holds the conversation.
        """
        unit, language = opened.unit, language_of(opened.row.locale)
        tenure = await current_tenure(unit, opened.row.id)
        if tenure.reason is Reason.CASE_CHOSEN and opened.row.last_turn_id is None:
            # Pressed again, and nothing else has been answered since: it is the same request.
            known = await case_of_tenure(unit, opened.row.id, opened.row.epoch - 1)
            assert known is not None
            team = await team_name(unit, known.team, language)
            if begins_session:
                opened.change_holder(Reason.NEW_SESSION, openings.started(self._words, language))
            opened.append(openings.case_there(self._words, language, known, team))
            return "answered"
        reason = tenure.reason
        if tenure.holder is not Holder.QUEUE:  # what waits there has its team
            reason = Reason.CASE_CHOSEN
            await self._choose_team(opened)
        case = await self._open_case(opened, reason)
        team = await team_name(unit, case.team, language)
        opening = openings.case_chosen(self._words, language, case, team, elsewhere=answered_elsewhere)
        opened.change_holder(Reason.CASE_CHOSEN, opening, detail=case.number)
        # The bot is not asked about what became a case.
        opened.settle_open_turns("case")
        return "case"

    async def _open_case(self, opened: OpenConversation, reason: Reason) -> Case:
        return await add_case(
            opened.unit,
            conversation_id=opened.row.id,
            epoch=opened.row.epoch,
            team=opened.row.team,
            reason=reason,
            due_at=await self.due_after(opened.unit, CASE_WORKING_TIME),
        )

    async def _wait(self, unit: Unit) -> WaitFigure | None:
        """The wait that four in five requests of the last weeks stayed under, or nothing if that is not known."""
        if self._measured_at is None or unit.now - self._measured_at > _FRESH:
            since = unit.now - _WINDOW
            self._figure = wait_figure(await waits_since(unit, since), since, unit.now)
            self._measured_at = unit.now
        return self._figure


def wait_figure(waits: list[float | None], since: datetime, now: datetime) -> WaitFigure | None:
    """The `_SHARE` percentile of waits in seconds, rounded up to whole minutes.

    A request to which nobody came counts as longer than any other. Unknown (None) with too few requests, or when more
    than one in five got nobody.
    """
    if len(waits) < _SAMPLE:
        return None
    ranked = sorted(math.inf if wait is None else wait for wait in waits)
    wait = ranked[math.ceil(_SHARE * len(ranked)) - 1]
    if math.isinf(wait):
        return None
    minutes = max(1, math.ceil(wait / 60))
    return WaitFigure(seconds=minutes * 60, share=_SHARE, sample=len(ranked), since=since, measured_at=now)
