"""The desk as a channel: its page, login, socket, and what agents do with conversations.

Every route under `/desk/api` but login is in a table with the role that it needs (`connectors/desk/access.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Job, Services
from bot.service.agents import LoginRefused
from bot.service.delivery import Sender
from bot.store.tokens import Agent
from bot.transparency.together import PATTERN
from bot.transparency.wording import LANGUAGES
from connectors.desk import views
from connectors.desk.access import (
    COOKIE,
    Guard,
    Route,
    actor_of,
    check_own_page,
    decoded,
    session_in,
)
from connectors.desk.account import OwnAccount
from connectors.desk.administration import AdministrationRoutes
from connectors.desk.conversations import ConversationRoutes, agent_route
from connectors.desk.openapi import description
from connectors.desk.organisation import OrganisationRoutes
from connectors.desk.socket import DeskSockets
from connectors.desk.supervision import SupervisionRoutes
from connectors.desk.teaching import TeachingRoutes
from connectors.desk.work import WorkRoutes
from connectors.frames import ApiError, address_of, is_same_origin, json_response

_STATIC = Path(__file__).parent / "static"


class Login(msgspec.Struct):
    """Body of a login."""

    login: Annotated[str, Meta(max_length=80)]
    password: Annotated[str, Meta(max_length=200)]
    # From the authenticator app, or a recovery code, where the account has a second factor.
    code: Annotated[str, Meta(max_length=40)] = ""


class LoggedIn(msgspec.Struct, kw_only=True):
    """Whose session has begun."""

    agent: views.AgentView


class Me(msgspec.Struct, kw_only=True):
    """Who is logged in, and whether the second factor has to be set up before anything else."""

    agent: views.AgentView
    second_factor_needed: bool


class Desk:
    """The desk is a channel for agents."""

    name = "desk"
    sender: Sender | None = None

    def __init__(self) -> None:
        self._services: Services | None = None
        self._sockets: DeskSockets | None = None
        self._guard = Guard(lambda: self.services)
        self._account = OwnAccount(lambda: self.services, self.check_sessions)
        self._administration = AdministrationRoutes(lambda: self.services, self.check_sessions)
        self._supervision = SupervisionRoutes(lambda: self.services)
        self._conversations = ConversationRoutes(lambda: self.services)
        self._organisation = OrganisationRoutes(lambda: self.services)
        self._work = WorkRoutes(lambda: self.services)
        self._teaching = TeachingRoutes(lambda: self.services)

    @property
    def services(self) -> Services:
        """The services, once started."""
        assert self._services is not None
        return self._services

    def register(self, app: web.Application) -> None:
        """Add the routes under `/desk`."""
        router = app.router
        router.add_get("/desk", self._page)
        router.add_post("/desk/api/login", self._log_in)
        for route in self.routes():
            self._guard.register(app, route)
        router.add_get("/desk/ws", self._socket)
        router.add_get("/desk/wording/{language}.json", self._wording)
        router.add_static("/desk/static", _STATIC)

    def routes(self) -> Sequence[Route]:
        """Every route that needs a session."""
        return (
            *self._own_routes(),
            *self._account.routes(),
            *self._conversations.routes(),
            *self._work.routes(),
            *self._teaching.routes(),
            *self._supervision.routes(),
            *self._administration.routes(),
            *self._organisation.routes(),
        )

    def _own_routes(self) -> Sequence[Route]:
        return (
            agent_route("POST", "/logout", self._log_out, before_second_factor=True, answer=views.Nothing),
            agent_route("GET", "/me", self._me, before_second_factor=True, answer=Me),
            agent_route("GET", "/openapi.json", self._openapi, answer=dict[str, Any]),
        )

    def start(self, services: Services) -> None:
        """Begin to follow the stream of changes."""
        self._services = services
        self._sockets = DeskSockets(services)

    def jobs(self) -> Sequence[Job]:
        """None: everything is asked for by clients."""
        return ()

    async def stop(self) -> None:
        """Close every socket; desks come back by themselves."""
        if self._sockets is not None:
            await self._sockets.close()

    async def close(self) -> None:
        """Nothing: no worker works for it."""

    async def _page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STATIC / "index.html")

    async def _log_in(self, request: web.Request) -> web.Response:
        check_own_page(request)
        body = await decoded(request, Login)
        try:
            agent, token = await self.services.agents.log_in(
                body.login.strip().lower(),
                body.password,
                code=body.code,
                address=address_of(request, self.services.settings.proxies),
                client=request.headers.get("User-Agent", ""),
            )
        except LoginRefused as refused:
            status = {"locked": 429, "code_unreadable": 503}.get(refused.code, 401)
            raise ApiError(status, refused.code, f"desk_error_login_{refused.code}") from refused
        response = json_response(LoggedIn(agent=views.agent_view(agent)))
        response.set_cookie(
            COOKIE,
            token,
            path="/desk",
            httponly=True,
            samesite="Strict",
            secure=self.services.settings.public_url.startswith("https:"),
        )
        return response

    async def _log_out(self, request: web.Request, _agent: Agent) -> web.Response:
        await self.services.agents.log_out(session_in(request), actor_of(request, self.services))
        self.check_sessions()
        response = json_response(views.Nothing())
        response.del_cookie(COOKIE, path="/desk")
        return response

    def check_sessions(self) -> None:
        """A session has ended: its sockets of this process close at once, those of others within twenty seconds."""
        if self._sockets is not None:
            self._sockets.check_sessions()

    async def _me(self, request: web.Request, agent: Agent) -> web.Response:
        missing = not await self._guard.may_work(session_in(request))
        return json_response(Me(agent=views.agent_view(agent), second_factor_needed=missing))

    async def _openapi(self, _request: web.Request, _agent: Agent) -> web.Response:
        return json_response(description(self.routes(), "Klartext desk", login=Login, logged_in=LoggedIn))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not is_same_origin(request):
            raise ApiError(403, "origin", "error_origin")
        session = await self._guard.session(request)
        if session is not None and not await self._guard.may_work(session):
            session = None
        assert self._sockets is not None
        return await self._sockets.serve(request, session, request.cookies.get(COOKIE, ""))

    async def _wording(self, request: web.Request) -> web.Response:
        language = request.match_info["language"]
        if language not in LANGUAGES:
            raise web.HTTPNotFound
        return json_response({"together": PATTERN, **self.services.words.table("desk_", language)})
