"""The desk's routes from "this bot answer was wrong" to a training example: agents report, supervisors decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, get_args

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.limits import TEXT_LIMIT
from bot.conversation.roles import Role
from bot.service.examples import LONGEST
from bot.service.wrong_answers import Accepted, Review
from bot.store.tokens import Agent
from bot.store.wrong_answers import State
from bot.transparency.openings import topics_to_go_on_with
from connectors.desk import thread_views, views
from connectors.desk.access import Route, actor_of, decoded
from connectors.desk.conversations import agent_route
from connectors.frames import ApiError, json_response

Intent = Annotated[str, Meta(max_length=60)]


class Intents(msgspec.Struct, kw_only=True):
    """What the bot can be taught, and what of it it can go on with when it gets a conversation back."""

    intents: list[str]
    topics: list[str]


class ReportAnswer(msgspec.Struct):
    """Body of a report: the place of the bot's answer, what the customer had meant (null: unknown), and a note."""

    seq: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    intent: Intent | None = None
    note: Annotated[str, Meta(max_length=TEXT_LIMIT)] | None = None


class AcceptExample(msgspec.Struct):
    """Body of an accepted example: a sentence that names nobody, and what it means."""

    intent: Intent
    example: Annotated[str, Meta(max_length=LONGEST)]


class TeachingRoutes:
    """Reports of wrong answers and what becomes of them."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._get_services = services

    @property
    def _services(self) -> Services:
        return self._get_services()

    def routes(self) -> Sequence[Route]:
        """Everybody reports; supervisors and administrators decide. A decision is on record in its own transaction."""
        one = "/supervisor/wrong-answers"
        return (
            agent_route("GET", "/intents", self._intents, answer=Intents),
            agent_route(
                "POST",
                "/conversations/{id}/wrong-answers",
                self._report,
                records="conversation.answer_reported",
                body=ReportAnswer,
                answer=thread_views.ReportView,
            ),
            Route(
                method="GET",
                path=one,
                role=Role.SUPERVISOR,
                handler=self._review,
                records="examples.opened",
                answer=Review,
                query={"state": State, "before": str},
            ),
            Route(
                method="POST",
                path=f"{one}/{{report}}/accept",
                role=Role.SUPERVISOR,
                handler=self._accept,
                body=AcceptExample,
                answer=Accepted,
            ),
            Route(
                method="POST",
                path=f"{one}/{{report}}/dismiss",
                role=Role.SUPERVISOR,
                handler=self._dismiss,
                answer=views.Nothing,
            ),
        )

    async def _intents(self, _request: web.Request, _agent: Agent) -> web.Response:
        topics = topics_to_go_on_with(self._services.words)
        return json_response(Intents(intents=self._services.wrong_answers.intents, topics=topics))

    async def _report(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, ReportAnswer)
        report = await self._services.wrong_answers.report(
            request.match_info["id"], agent, body.seq, body.intent, body.note
        )
        return json_response(thread_views.report_view(report))

    async def _review(self, request: web.Request, _agent: Agent) -> web.Response:
        asked = request.query.get("state", "open")
        state: State | None = next((one for one in get_args(State) if one == asked), None)
        if state is None:
            raise ApiError(400, "bad_request", "error_bad_frame")
        return json_response(await self._services.wrong_answers.review(state, request.query.get("before")))

    async def _accept(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, AcceptExample)
        by = actor_of(request, self._services)
        return json_response(
            await self._services.wrong_answers.accept(by, request.match_info["report"], body.intent, body.example)
        )

    async def _dismiss(self, request: web.Request, _agent: Agent) -> web.Response:
        by = actor_of(request, self._services)
        await self._services.wrong_answers.dismiss(by, request.match_info["report"])
        return json_response(views.Nothing())
