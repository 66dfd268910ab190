"""The desk's routes. Every one but login needs a session; every one that changes something needs our own header too.

The header cannot be sent by another website's form, and the cookie is not sent for it: a foreign page can do nothing in
an agent's name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

from actions.crm.errors import CrmError
from bot.bootstrap import Job, Services
from bot.conversation.limits import TEXT_LIMIT, TextRefused
from bot.conversation.model import Holder
from bot.service.agents import LoginRefused
from bot.service.conversations import Refused
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
from connectors.desk.messenger import UseTemplate, attachment_response, explained, messenger_view
from connectors.desk.socket import DeskSockets
from connectors.frames import ApiError, is_same_origin, json_response, request_language

_STATIC = Path(__file__).parent / "static"
COOKIE = "klartext_desk"
_HEADER = "X-Klartext-Desk"
# Most entries of a thread that are sent at once.
_THREAD = 500

ClientId = Annotated[str, Meta(min_length=1, max_length=64)]


class Login(msgspec.Struct):
    """Body of a login."""

    login: Annotated[str, Meta(max_length=80)]
    password: Annotated[str, Meta(max_length=200)]


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


Body = TypeVar("Body")
AgentHandler = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]


class Desk:
    """The desk is a channel for agents."""

    name = "desk"
    sender: Sender | None = None

    def __init__(self) -> None:
        self._services: Services | None = None
        self._sockets: DeskSockets | None = None

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
        router.add_post("/desk/api/logout", self._for_agent(self._log_out))
        router.add_get("/desk/api/me", self._for_agent(self._me))
        router.add_get("/desk/api/conversations", self._for_agent(self._list))
        router.add_get("/desk/api/conversations/{id}", self._for_agent(self._detail))
        router.add_post("/desk/api/conversations/{id}/claim", self._for_agent(self._claim))
        router.add_post("/desk/api/conversations/{id}/messages", self._for_agent(self._reply))
        router.add_post("/desk/api/conversations/{id}/handback", self._for_agent(self._hand_back))
        router.add_post("/desk/api/conversations/{id}/template", self._for_agent(self._use_template))
        router.add_get("/desk/api/attachments/{attachment}", self._for_agent(self._attachment))
        router.add_get("/desk/ws", self._socket)
        router.add_get("/desk/wording/{language}.json", self._wording)
        router.add_static("/desk/static", _STATIC)

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

    def _for_agent(self, handler: AgentHandler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Only with a session, and for changes only from our own page."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if request.method != "GET":
                _check_own_page(request)
            agent = await self._agent(request)
            if agent is None:
                raise ApiError(401, "unauthenticated", "desk_error_unauthenticated")
            try:
                return await handler(request, agent)
            except UnknownConversation as error:
                raise ApiError(404, "not_found", "error_not_found") from error
            except TextRefused as error:
                raise ApiError(422, error.code, f"error_{error.code}", limit=str(TEXT_LIMIT)) from error
            except Refused as error:
                raise _refusal(error) from error

        return guarded

    async def _agent(self, request: web.Request) -> Agent | None:
        token = request.cookies.get(COOKIE)
        return await self.services.agents.of_session(token) if token else None

    async def _page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STATIC / "index.html")

    async def _log_in(self, request: web.Request) -> web.Response:
        _check_own_page(request)
        body = await _decoded(request, Login)
        try:
            agent, token = await self.services.agents.log_in(body.login.strip().lower(), body.password)
        except LoginRefused as refused:
            status = 429 if refused.code == "locked" else 401
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
        token = request.cookies[COOKIE]
        await self.services.agents.log_out(token)
        if self._sockets is not None:
            self._sockets.log_out(token)
        response = json_response({})
        response.del_cookie(COOKIE, path="/desk")
        return response

    async def _me(self, _request: web.Request, agent: Agent) -> web.Response:
        return json_response({"agent": views.agent_view(agent)})

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
        body = await _decoded(request, Claim)
        await self.services.conversations.claim(request.match_info["id"], agent, body.epoch)
        return await self._summary(request)

    async def _reply(self, request: web.Request, agent: Agent) -> web.Response:
        body = await _decoded(request, Reply)
        receipt = await self.services.conversations.reply(
            request.match_info["id"], agent, body.text, client_id=body.client_id
        )
        return json_response({"message_id": receipt.message.id, "seq": receipt.message.seq, "at": receipt.message.at})

    async def _use_template(self, request: web.Request, agent: Agent) -> web.Response:
        body = await _decoded(request, UseTemplate)
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
        body = await _decoded(request, HandBack)
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
        agent = await self._agent(request)
        assert self._sockets is not None
        return await self._sockets.serve(request, agent, request.cookies.get(COOKIE, ""))

    async def _wording(self, request: web.Request) -> web.Response:
        language = request.match_info["language"]
        if language not in LANGUAGES:
            raise web.HTTPNotFound
        return json_response(self.services.words.table("desk_", language))


def _check_own_page(request: web.Request) -> None:
    if _HEADER not in request.headers or not is_same_origin(request):
        raise ApiError(403, "origin", "desk_error_origin")


def _refusal(refused: Refused) -> ApiError:
    """What a refusal by the services means to an agent."""
    agent = refused.values.get("agent")
    if refused.code == "already_claimed":
        return ApiError(409, refused.code, "desk_error_already_claimed", agent=agent or "")
    if refused.code == "not_holder":
        key = "desk_error_not_holder_agent" if agent else "desk_error_not_holder"
        return ApiError(409, refused.code, key, **({"agent": agent} if agent else {}))
    if refused.code in {"template", "stopped"}:
        return ApiError(422, refused.code, f"desk_error_{refused.code}")
    if refused.code == "outdated":
        return ApiError(409, refused.code, "desk_error_outdated")
    return ApiError(400, refused.code, "error_bad_frame")


async def _decoded(request: web.Request, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(400, "bad_request", "error_bad_frame") from error
