"""The administrators' routes: accounts, sessions, hours, security, templates, and the log of who saw and did what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.roles import Role
from bot.service.administration import Administration
from bot.service.agents import AccountRefused, SecurityPolicy
from bot.service.schedule import OpeningHours
from bot.service.templates import templates
from bot.service.working_hours import holidays_of
from bot.store.tokens import Agent
from bot.transparency.wording import LANGUAGES
from connectors.desk.access import AgentHandler, Route, actor_of, decoded, session_in
from connectors.desk.account import refused, session_view
from connectors.frames import ApiError, json_response, request_language


class NewAccount(msgspec.Struct):
    """Body of a new account."""

    login: Annotated[str, Meta(max_length=80)]
    name: Annotated[str, Meta(max_length=200)]
    role: Role


class ChangedAccount(msgspec.Struct):
    """Body of a change: what the account is afterwards."""

    name: Annotated[str, Meta(max_length=200)]
    role: Role
    active: bool
    # Conversations that are given to it at once, at most; left out, it stays.
    capacity: Annotated[int, Meta(ge=0, le=100)] | None = None


class TemplateView(msgspec.Struct, kw_only=True):
    """A declared template in one language. Without a word of the provider `state` is unknown."""

    name: str
    category: str
    language: str
    text: str
    state: str | None
    reason: str | None
    at: datetime | None


class AdministrationRoutes:
    """Open to administrators alone. `sessions_ended` tells the sockets to look."""

    def __init__(self, services: Callable[[], Services], sessions_ended: Callable[[], None]) -> None:
        self._services = services
        self._sessions_ended = sessions_ended

    @property
    def _administration(self) -> Administration:
        return self._services().administration

    def routes(self) -> Sequence[Route]:
        """What they change is on record in the same transaction."""
        return (
            _route("GET", "/admin/agents", self._accounts),
            _route("POST", "/admin/agents", self._add),
            _route("POST", "/admin/agents/{id}", self._change),
            _route("POST", "/admin/agents/{id}/password", self._give_password),
            _route("POST", "/admin/agents/{id}/second-factor/remove", self._drop_factor),
            _route("GET", "/admin/sessions", self._sessions),
            _route("POST", "/admin/sessions/{session}/end", self._end_session),
            _route("GET", "/admin/hours", self._hours),
            _route("POST", "/admin/hours", self._set_hours),
            _route("GET", "/admin/security", self._security),
            _route("POST", "/admin/security", self._set_security),
            _route("GET", "/admin/templates", self._templates),
            _route("GET", "/admin/log", self._log, records="log.opened"),
        )

    async def _accounts(self, _request: web.Request, _agent: Agent) -> web.Response:
        return json_response({"agents": await self._administration.accounts()})

    async def _add(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, NewAccount)
        by = actor_of(request, self._services())
        try:
            agent, password = await self._administration.add(by, body.login, body.name, body.role)
        except AccountRefused as error:
            raise refused(error) from error
        return json_response({"id": agent.id, "login": agent.login, "password": password})

    async def _change(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, ChangedAccount)
        by = actor_of(request, self._services())
        try:
            changed = await self._administration.change(
                by, request.match_info["id"], name=body.name, role=body.role, active=body.active, capacity=body.capacity
            )
        except AccountRefused as error:
            raise refused(error) from error
        self._sessions_ended()
        return json_response({"agent": changed})

    async def _give_password(self, request: web.Request, _agent: Agent) -> web.Response:
        by = actor_of(request, self._services())
        try:
            password = await self._administration.give_password(by, request.match_info["id"])
        except AccountRefused as error:
            raise refused(error) from error
        self._sessions_ended()
        return json_response({"password": password})

    async def _drop_factor(self, request: web.Request, _agent: Agent) -> web.Response:
        by = actor_of(request, self._services())
        try:
            await self._administration.drop_factor(by, request.match_info["id"])
        except AccountRefused as error:
            raise refused(error) from error
        self._sessions_ended()
        return json_response({})

    async def _sessions(self, request: web.Request, _agent: Agent) -> web.Response:
        asking = session_in(request)
        found = await self._services().agents.sessions()
        return json_response({"sessions": [session_view(session, asking) for session in found]})

    async def _end_session(self, request: web.Request, _agent: Agent) -> web.Response:
        agents = self._services().agents
        for session in await agents.sessions():
            if session.id == request.match_info["session"]:
                await agents.log_out(session, actor_of(request, self._services()))
        self._sessions_ended()
        return json_response({})

    async def _hours(self, request: web.Request, _agent: Agent) -> web.Response:
        return json_response(_hours_view(await self._administration.hours(), request))

    async def _set_hours(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, OpeningHours)
        try:
            await self._administration.set_hours(actor_of(request, self._services()), body)
        except ValueError as error:
            raise ApiError(422, "hours", "desk_error_hours", problem=str(error)) from error
        return json_response(_hours_view(body, request))

    async def _security(self, _request: web.Request, _agent: Agent) -> web.Response:
        return json_response(await self._administration.security())

    async def _set_security(self, request: web.Request, _agent: Agent) -> web.Response:
        policy = await decoded(request, SecurityPolicy)
        await self._administration.set_security(actor_of(request, self._services()), policy)
        return json_response(policy)

    async def _templates(self, _request: web.Request, _agent: Agent) -> web.Response:
        """Each declared template in each language, with its text as submitted and what the provider said of it."""
        known = {(one.name, one.language): one for one in await self._administration.templates()}
        views = [
            TemplateView(
                name=template.name,
                category=template.category,
                language=language,
                text=template.submitted(language),
                state=said.state if said else None,
                reason=said.reason if said else None,
                at=said.at if said else None,
            )
            for template in templates().values()
            for language in LANGUAGES
            for said in [known.get((template.name, language))]
        ]
        return json_response({"templates": views, "channel": self._services().settings.whatsapp})

    async def _log(self, request: web.Request, _agent: Agent) -> web.Response:
        query = request.query
        found = await self._administration.log(
            before=query.get("before"),
            agent_id=query.get("agent"),
            action=query.get("action"),
            subject=query.get("subject"),
        )
        return json_response({"entries": found})


def _hours_view(hours: OpeningHours, request: web.Request) -> dict[str, Any]:
    """The hours, and the public holidays that count by themselves this year and the next."""
    year = date.today().year
    known = [one for ahead in (year, year + 1) for one in holidays_of(hours.state, ahead, request_language(request))]
    return {**msgspec.to_builtins(hours), "holidays": [{"day": day, "name": name} for day, name in known]}


def _route(method: str, path: str, handler: AgentHandler, records: str | None = None) -> Route:
    return Route(method=method, path=path, role=Role.ADMINISTRATOR, handler=handler, records=records)
