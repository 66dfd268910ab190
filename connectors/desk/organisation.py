"""The administrators' routes for teams and canned replies. What they change is on record in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.roles import Role
from bot.service.canned import VARIABLES, Canned
from bot.service.organisation import CannedChange, CannedOverview, Organisation, TeamChange, TeamOverview
from bot.store.tokens import Agent
from connectors.desk import views
from connectors.desk.access import AgentHandler, Route, actor_of, decoded
from connectors.frames import json_response


class NewTeam(TeamChange, kw_only=True):
    """Body of a new team. `id` is its name in addresses and exports, and never changes."""

    id: Annotated[str, Meta(max_length=40)]


class TeamAnswer(msgspec.Struct, kw_only=True):
    """A team as it is now."""

    team: TeamOverview


class Teams(msgspec.Struct, kw_only=True):
    """Every team, and the topics that can be given to one."""

    teams: list[TeamOverview]
    topics: list[str]


class NewCanned(CannedChange, kw_only=True):
    """Body of a canned reply. `shortcut` is what is typed after the slash."""

    shortcut: Annotated[str, Meta(max_length=40)]


class CannedAnswer(msgspec.Struct, kw_only=True):
    """A canned reply as it is now."""

    reply: Canned


class CannedReplies(msgspec.Struct, kw_only=True):
    """Every canned reply, the names that a text may use, and the topics that a reply can answer."""

    replies: list[CannedOverview]
    variables: list[str]
    topics: list[str]


class OrganisationRoutes:
    """Open to administrators alone."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._services = services

    @property
    def _organisation(self) -> Organisation:
        return self._services().organisation

    def routes(self) -> Sequence[Route]:
        """Every route for teams and canned replies."""
        canned = "/admin/canned"
        return (
            _route("GET", "/admin/teams", self._teams, answer=Teams),
            _route("POST", "/admin/teams", self._add_team, body=NewTeam, answer=TeamAnswer),
            _route("POST", "/admin/teams/{team}", self._change_team, body=TeamChange, answer=TeamAnswer),
            _route("GET", canned, self._canned, answer=CannedReplies),
            _route("POST", canned, self._put_canned, body=NewCanned, answer=CannedAnswer),
            _route("POST", f"{canned}/{{shortcut}}/remove", self._remove_canned, answer=views.Nothing),
        )

    async def _teams(self, _request: web.Request, _agent: Agent) -> web.Response:
        return json_response(Teams(teams=await self._organisation.teams(), topics=self._organisation.topics))

    async def _add_team(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, NewTeam)
        by = actor_of(request, self._services())
        return json_response(TeamAnswer(team=await self._organisation.add_team(by, body.id.strip(), body)))

    async def _change_team(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, TeamChange)
        by = actor_of(request, self._services())
        return json_response(
            TeamAnswer(team=await self._organisation.change_team(by, request.match_info["team"], body))
        )

    async def _canned(self, _request: web.Request, _agent: Agent) -> web.Response:
        organisation = self._organisation
        return json_response(
            CannedReplies(replies=await organisation.canned(), variables=sorted(VARIABLES), topics=organisation.topics)
        )

    async def _put_canned(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, NewCanned)
        by = actor_of(request, self._services())
        shortcut = body.shortcut.strip().lower()
        return json_response(CannedAnswer(reply=await self._organisation.put_canned(by, shortcut, body)))

    async def _remove_canned(self, request: web.Request, _agent: Agent) -> web.Response:
        by = actor_of(request, self._services())
        await self._organisation.remove_canned(by, request.match_info["shortcut"])
        return json_response(views.Nothing())


def _route(
    method: str, path: str, handler: AgentHandler, *, body: type | None = None, answer: type | None = None
) -> Route:
    return Route(method=method, path=path, role=Role.ADMINISTRATOR, handler=handler, body=body, answer=answer)
