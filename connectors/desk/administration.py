"""The administrators' routes: accounts, sessions, hours, security, templates, and the log of who saw and did what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.roles import Role
from bot.service.administration import AccountOverview, Administration
from bot.service.agents import AccountRefused, SecurityPolicy
from bot.service.schedule import OpeningHours
from bot.service.templates import templates
from bot.service.working_hours import HoursUnreadable, holidays_of, written
from bot.store.audit import AuditEntry
from bot.store.tokens import Agent
from bot.transparency.format import REGION
from bot.transparency.wording import LANGUAGES
from connectors.desk import views
from connectors.desk.access import AgentHandler, Route, actor_of, decoded, session_in
from connectors.desk.account import SessionView, refused, session_view
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


class Accounts(msgspec.Struct, kw_only=True):
    """Every account, by name."""

    agents: list[AccountOverview]


class AddedAccount(msgspec.Struct, kw_only=True):
    """A new account, and the only copy of its password."""

    id: str
    login: str
    password: str


class AccountAnswer(msgspec.Struct, kw_only=True):
    """An account as it is now."""

    agent: AccountOverview


class NewPassword(msgspec.Struct, kw_only=True):
    """The only copy of a new password."""

    password: str


class Sessions(msgspec.Struct, kw_only=True):
    """Open sessions of all accounts."""

    sessions: list[SessionView]


class Holiday(msgspec.Struct, kw_only=True):
    """A public holiday."""

    day: date
    name: str


class Hours(OpeningHours, frozen=True, kw_only=True):
    """The hours, and the public holidays that count by themselves."""

    # For each weekday from Monday its times as in `08:00-12:00`: `hours` as a form shows them. None with `24/7`.
    week: list[list[str]] | None
    holidays: list[Holiday]


class Templates(msgspec.Struct, kw_only=True):
    """The declared templates, and whether the messenger is set up."""

    templates: list[TemplateView]
    channel: bool


class Log(msgspec.Struct, kw_only=True):
    """Entries of the log, newest first."""

    entries: list[AuditEntry]


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
            _route("GET", "/admin/agents", self._accounts, Accounts),
            _route("POST", "/admin/agents", self._add, AddedAccount, NewAccount),
            _route("POST", "/admin/agents/{id}", self._change, AccountAnswer, ChangedAccount),
            _route("POST", "/admin/agents/{id}/password", self._give_password, NewPassword),
            _route("POST", "/admin/agents/{id}/second-factor/remove", self._drop_factor, views.Nothing),
            _route("GET", "/admin/sessions", self._sessions, Sessions),
            _route("POST", "/admin/sessions/{session}/end", self._end_session, views.Nothing),
            _route("GET", "/admin/hours", self._hours, Hours),
            _route("POST", "/admin/hours", self._set_hours, Hours, OpeningHours),
            _route("GET", "/admin/security", self._security, SecurityPolicy),
            _route("POST", "/admin/security", self._set_security, SecurityPolicy, SecurityPolicy),
            _route("GET", "/admin/templates", self._templates, Templates),
            Route(
                method="GET",
                path="/admin/log",
                role=Role.ADMINISTRATOR,
                handler=self._log,
                records="log.opened",
                answer=Log,
                query={"before": str, "agent": str, "action": str, "subject": str},
            ),
        )

    async def _accounts(self, _request: web.Request, _agent: Agent) -> web.Response:
        return json_response(Accounts(agents=await self._administration.accounts()))

    async def _add(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, NewAccount)
        by = actor_of(request, self._services())
        try:
            agent, password = await self._administration.add(by, body.login, body.name, body.role)
        except AccountRefused as error:
            raise refused(error) from error
        return json_response(AddedAccount(id=agent.id, login=agent.login, password=password))

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
        return json_response(AccountAnswer(agent=changed))

    async def _give_password(self, request: web.Request, _agent: Agent) -> web.Response:
        by = actor_of(request, self._services())
        try:
            password = await self._administration.give_password(by, request.match_info["id"])
        except AccountRefused as error:
            raise refused(error) from error
        self._sessions_ended()
        return json_response(NewPassword(password=password))

    async def _drop_factor(self, request: web.Request, _agent: Agent) -> web.Response:
        by = actor_of(request, self._services())
        try:
            await self._administration.drop_factor(by, request.match_info["id"])
        except AccountRefused as error:
            raise refused(error) from error
        self._sessions_ended()
        return json_response(views.Nothing())

    async def _sessions(self, request: web.Request, _agent: Agent) -> web.Response:
        asking = session_in(request)
        found = await self._services().agents.sessions()
        return json_response(Sessions(sessions=[session_view(session, asking) for session in found]))

    async def _end_session(self, request: web.Request, _agent: Agent) -> web.Response:
        agents = self._services().agents
        for session in await agents.sessions():
            if session.id == request.match_info["session"]:
                await agents.log_out(session, actor_of(request, self._services()))
        self._sessions_ended()
        return json_response(views.Nothing())

    async def _hours(self, request: web.Request, _agent: Agent) -> web.Response:
        return json_response(_hours_view(await self._administration.hours(), request))

    async def _set_hours(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, OpeningHours)
        try:
            await self._administration.set_hours(actor_of(request, self._services()), body)
        except HoursUnreadable as error:
            raise ApiError(422, "hours", f"desk_error_hours_{error.problem}", part=error.part) from error
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
        listed = [
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
        return json_response(Templates(templates=listed, channel=self._services().settings.whatsapp))

    async def _log(self, request: web.Request, _agent: Agent) -> web.Response:
        query = request.query
        found = await self._administration.log(
            before=query.get("before"),
            agent_id=query.get("agent"),
            action=query.get("action"),
            subject=query.get("subject"),
        )
        return json_response(Log(entries=found))


def _hours_view(hours: OpeningHours, request: web.Request) -> Hours:
    """The hours, and the public holidays that count by themselves from today to the end of the next year."""
    today = datetime.now(REGION).date()
    years, language = (today.year, today.year + 1), request_language(request)
    known = [one for year in years for one in holidays_of(hours.state, year, language) if one[0] >= today]
    parsed = hours.parsed()
    return Hours(
        hours=hours.hours,
        week=None if parsed.always else [written(spans) for spans in parsed.week],
        state=hours.state,
        days=hours.days,
        holidays=[Holiday(day=day, name=name) for day, name in known],
    )


def _route(method: str, path: str, handler: AgentHandler, answer: type, body: type | None = None) -> Route:
    return Route(method=method, path=path, role=Role.ADMINISTRATOR, handler=handler, answer=answer, body=body)
