"""The desk as a channel: its page, login, socket, and what agents do with conversations.

Every route under `/desk/api` but login is in a table with the role that it needs (`connectors/desk/access.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from actions.crm.errors import CrmError
from bot.bootstrap import Job, Services
from bot.conversation.model import Holder
from bot.conversation.roles import Role
from bot.service.agents import LoginRefused
from bot.service.delivery import Sender
from bot.service.templates import templates
from bot.store.cases import cases
from bot.store.errors import UnknownConversation
from bot.store.log import newest_messages, overviews, stream_head, tenures
from bot.store.outbox import deliveries
from bot.store.tokens import Agent
from bot.store.traces import traces
from bot.transparency.wording import LANGUAGES
from connectors.desk import views
from connectors.desk.access import (
    COOKIE,
    AgentHandler,
    Guard,
    Route,
    actor_of,
    address_of,
    check_own_page,
    decoded,
    session_in,
)
from connectors.desk.account import OwnAccount
from connectors.desk.administration import AdministrationRoutes
from connectors.desk.messenger import UseTemplate, attachment_response, explained, messenger_view
from connectors.desk.socket import DeskSockets
from connectors.frames import ApiError, is_same_origin, json_response, request_language

_STATIC = Path(__file__).parent / "static"
# Most entries of a thread that are sent at once.
_THREAD = 500

ClientId = Annotated[str, Meta(min_length=1, max_length=64)]


class Login(msgspec.Struct):
    """Body of a login."""

    login: Annotated[str, Meta(max_length=80)]
    password: Annotated[str, Meta(max_length=200)]
    # From the authenticator app, or a recovery code, where the account has a second factor.
    code: Annotated[str, Meta(max_length=40)] = ""


class Claim(msgspec.Struct):
    """Body of a claim: the epoch that the agent saw."""

    epoch: int


class Reply(msgspec.Struct):
    """Body of a message to the customer. Resending a `client_id` is safe."""

    client_id: ClientId
    text: str


class HandBack(msgspec.Struct):
    """Body of a handback: a sentence of context for colleagues, never shown to the customer."""

    note: Annotated[str, Meta(max_length=500)] | None = None


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
            *self._conversation_routes(),
            *self._administration.routes(),
        )

    def _own_routes(self) -> Sequence[Route]:
        return (
            _agent("POST", "/logout", self._log_out, before_second_factor=True),
            _agent("GET", "/me", self._me, before_second_factor=True),
        )

    def _conversation_routes(self) -> Sequence[Route]:
        one = "/conversations/{id}"
        return (
            _agent("GET", "/conversations", self._list),
            _agent("GET", one, self._detail, records="conversation.opened"),
            _agent("POST", f"{one}/claim", self._claim, records="conversation.claimed"),
            _agent("POST", f"{one}/messages", self._reply, records="conversation.answered"),
            _agent("POST", f"{one}/handback", self._hand_back, records="conversation.handed_back"),
            _agent("POST", f"{one}/template", self._use_template, records="conversation.template_sent"),
            _agent("GET", "/attachments/{attachment}", self._attachment, records="attachment.opened"),
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
        response = json_response({"agent": views.agent_view(agent)})
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
        response = json_response({})
        response.del_cookie(COOKIE, path="/desk")
        return response

    def check_sessions(self) -> None:
        """A session has ended: its sockets of this process close at once, those of others within twenty seconds."""
        if self._sockets is not None:
            self._sockets.check_sessions()

    async def _me(self, request: web.Request, agent: Agent) -> web.Response:
        missing = not await self._guard.may_work(session_in(request))
        return json_response({"agent": views.agent_view(agent), "second_factor_needed": missing})

    async def _list(self, request: web.Request, agent: Agent) -> web.Response:
        view = request.query.get("view", "all")
        chosen: dict[str, dict[str, Any]] = {
            "waiting": {"holder": Holder.QUEUE},
            "mine": {"holder": Holder.AGENT, "agent_id": agent.id},
            "all": {},
        }
        if view not in chosen:
            raise ApiError(400, "bad_request", "error_bad_frame")
        async with self.services.store.report() as unit:
            # The position first: a change in between is then sent again rather than missed.
            position = await stream_head(unit)
            found = await overviews(unit, **chosen[view])
        language = request_language(request)
        summaries = [views.summary_view(overview, self.services.words, language) for overview in found]
        return json_response({"position": position, "conversations": summaries})

    async def _detail(self, request: web.Request, _agent: Agent) -> web.Response:
        conversation_id, language = request.match_info["id"], request_language(request)
        async with self.services.store.read() as unit:
            position = await stream_head(unit)
            found = await overviews(unit, only=[conversation_id])
            if not found:
                raise UnknownConversation(conversation_id)
            entries = await newest_messages(unit, conversation_id, _THREAD)
            history = await tenures(unit, conversation_id)
            tried = await traces(unit, conversation_id)
            opened = await cases(unit, conversation_id)
            undelivered = await deliveries(unit, conversation_id)
            messenger = await messenger_view(unit, conversation_id, found[0].conversation.locale, entries)
        customer, customer_error = await self._customer(found[0].conversation.customer_number, request)
        return json_response(
            views.Detail(
                position=position,
                summary=views.summary_view(found[0], self.services.words, language),
                events=[views.event_view(entry) for entry in entries],
                tenures=[views.tenure_view(tenure) for tenure in history],
                customer=customer,
                customer_error=customer_error,
                traces=[views.trace_view(trace) for trace in tried],
                cases=[views.case_view(case) for case in opened],
                deliveries=explained(undelivered, self.services.words, language),
                messenger=messenger,
            )
        )

    async def _customer(self, number: str | None, request: web.Request) -> tuple[dict[str, Any] | None, str | None]:
        if number is None:
            return None, None
        try:
            fact = await asyncio.wait_for(self.services.crm.overview(number), 4)
        except (CrmError, asyncio.TimeoutError):
            return None, self.services.words.say("desk_error_crm_away", request_language(request))
        return (views.customer_view(fact.value) if fact else None), None

    async def _claim(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Claim)
        await self.services.conversations.claim(request.match_info["id"], agent, body.epoch)
        return await self._summary(request)

    async def _reply(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Reply)
        receipt = await self.services.conversations.reply(
            request.match_info["id"], agent, body.text, client_id=body.client_id
        )
        return json_response({"message_id": receipt.message.id, "seq": receipt.message.seq, "at": receipt.message.at})

    async def _use_template(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, UseTemplate)
        template = templates().get(body.template)
        if template is None:
            raise ApiError(422, "template", "desk_error_template")
        receipt = await self.services.conversations.reply_with_template(
            request.match_info["id"], agent, template, body.topic, client_id=body.client_id
        )
        return json_response({"message_id": receipt.message.id, "seq": receipt.message.seq, "at": receipt.message.at})

    async def _attachment(self, request: web.Request, agent: Agent) -> web.Response:
        return await attachment_response(self.services, request, agent)

    async def _hand_back(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, HandBack)
        note = (body.note or "").strip() or None
        await self.services.conversations.hand_back(request.match_info["id"], agent, note)
        return await self._summary(request)

    async def _summary(self, request: web.Request) -> web.Response:
        async with self.services.store.read() as unit:
            found = await overviews(unit, only=[request.match_info["id"]])
        summary = views.summary_view(found[0], self.services.words, request_language(request))
        return json_response({"summary": summary})

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
        return json_response(self.services.words.table("desk_", language))


def _agent(method: str, path: str, handler: AgentHandler, **more: Any) -> Route:
    """A route for everybody who works here."""
    return Route(method=method, path=path, role=Role.AGENT, handler=handler, **more)
