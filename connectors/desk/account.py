"""One's own account: password, second factor, sessions. Everybody has these routes, and needs them to get further."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.roles import Role
from bot.service.agents import SHORTEST_PASSWORD, AccountRefused
from bot.service.second_factor import Enrolment
from bot.store.sessions import DeskSession
from bot.store.tokens import Agent
from connectors.desk import views
from connectors.desk.access import AgentHandler, Route, actor_of, decoded, session_in
from connectors.frames import ApiError, json_response

Password = Annotated[str, Meta(max_length=200)]

_STATUS = {
    "unknown": 404, "taken": 409, "there": 409, "required": 409, "last_administrator": 409, "locked": 429,
}  # fmt: skip


class ChangePassword(msgspec.Struct):
    """Body of a change of one's own password."""

    old: Password
    new: Password


class Prove(msgspec.Struct):
    """Body of what asks for the password once more."""

    password: Password


class Confirm(msgspec.Struct):
    """Body of the first use of a second factor."""

    code: Annotated[str, Meta(max_length=40)]


class SessionView(msgspec.Struct, kw_only=True):
    """An open session."""

    id: str
    agent_id: str
    agent_name: str
    address: str
    client: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    # Whether it is the one that asks.
    own: bool


class AccountView(msgspec.Struct, kw_only=True):
    """One's own account."""

    second_factor: bool
    second_factor_required: bool
    recovery_codes: int
    shortest_password: int
    sessions: list[SessionView]


class RecoveryCodes(msgspec.Struct, kw_only=True):
    """Codes that open the desk once each. They are shown now and never again."""

    recovery_codes: list[str]


def session_view(session: DeskSession, asking: DeskSession) -> SessionView:
    """A session in a list."""
    return SessionView(
        id=session.id,
        agent_id=session.agent.id,
        agent_name=session.agent.name,
        address=session.address,
        client=session.client,
        created_at=session.created_at,
        used_at=session.used_at,
        expires_at=session.expires_at,
        own=session.id == asking.id,
    )


def refused(error: AccountRefused) -> ApiError:
    """What a refusal means to the person at the desk."""
    values = {"n": str(SHORTEST_PASSWORD)} if error.code == "short" else {}
    return ApiError(_STATUS.get(error.code, 422), error.code, f"desk_error_account_{error.code}", **values)


class OwnAccount:
    """The routes of one's own account. `sessions_ended` tells the sockets to look."""

    def __init__(self, services: Callable[[], Services], sessions_ended: Callable[[], None]) -> None:
        self._services = services
        self._sessions_ended = sessions_ended

    def routes(self) -> Sequence[Route]:
        """All of them stay open while the second factor is missing."""
        return (
            _route("GET", "/account", self._show, AccountView),
            _route("POST", "/account/password", self._change_password, views.Nothing, ChangePassword),
            _route("POST", "/account/second-factor", self._begin, Enrolment, Prove),
            _route("POST", "/account/second-factor/confirm", self._confirm, RecoveryCodes, Confirm),
            _route("POST", "/account/second-factor/remove", self._remove, views.Nothing, Prove),
            _route("POST", "/account/sessions/{session}/end", self._end, views.Nothing),
        )

    async def _show(self, request: web.Request, agent: Agent) -> web.Response:
        agents, asking = self._services().agents, session_in(request)
        confirmed, left = await agents.factor_state(agent.id)
        view = AccountView(
            second_factor=confirmed,
            second_factor_required=await agents.second_factor_required(),
            recovery_codes=left,
            shortest_password=SHORTEST_PASSWORD,
            sessions=[session_view(session, asking) for session in await agents.sessions(agent.id)],
        )
        return json_response(view)

    async def _change_password(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, ChangePassword)
        by = actor_of(request, self._services())
        try:
            await self._services().agents.change_own_password(session_in(request), body.old, body.new, by)
        except AccountRefused as error:
            raise refused(error) from error
        self._sessions_ended()
        return json_response(views.Nothing())

    async def _begin(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, Prove)
        by = actor_of(request, self._services())
        try:
            enrolment = await self._services().agents.begin_factor(session_in(request), body.password, by)
        except AccountRefused as error:
            raise refused(error) from error
        return json_response(enrolment)

    async def _confirm(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, Confirm)
        by = actor_of(request, self._services())
        try:
            codes = await self._services().agents.confirm_factor(session_in(request), body.code, by)
        except AccountRefused as error:
            raise refused(error) from error
        self._sessions_ended()
        return json_response(RecoveryCodes(recovery_codes=codes))

    async def _remove(self, request: web.Request, _agent: Agent) -> web.Response:
        body = await decoded(request, Prove)
        by = actor_of(request, self._services())
        try:
            await self._services().agents.drop_own_factor(session_in(request), body.password, by)
        except AccountRefused as error:
            raise refused(error) from error
        return json_response(views.Nothing())

    async def _end(self, request: web.Request, agent: Agent) -> web.Response:
        agents = self._services().agents
        for session in await agents.sessions(agent.id):
            if session.id == request.match_info["session"]:
                await agents.log_out(session, actor_of(request, self._services()))
        self._sessions_ended()
        return json_response(views.Nothing())


def _route(method: str, path: str, handler: AgentHandler, answer: type, body: type | None = None) -> Route:
    return Route(
        method=method,
        path=path,
        role=Role.AGENT,
        handler=handler,
        answer=answer,
        body=body,
        before_second_factor=True,
    )
