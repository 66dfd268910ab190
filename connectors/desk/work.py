"""The desk's routes for what agents do with a conversation besides speaking, and for cases and colleagues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.limits import TEXT_LIMIT
from bot.service.canned import Canned, canned_replies
from bot.service.case_work import CaseChange, WorkingHoursCount
from bot.service.desk_work import CloseReason
from bot.store.cases import case_list
from bot.store.desk_tables import DEFAULT_TEAM
from bot.store.reads import read_places
from bot.store.teams import Colleague, colleagues, teams, teams_of
from bot.store.tokens import Agent
from connectors.desk import thread_views, views
from connectors.desk.access import Route, decoded
from connectors.desk.conversations import Changed, ClientId, Receipt, Reply, agent_route, changed
from connectors.frames import ApiError, json_response, request_language

NoteText = Annotated[str, Meta(max_length=TEXT_LIMIT)]
Id = Annotated[str, Meta(min_length=1, max_length=40)]


class Held(msgspec.Struct, kw_only=True):
    """What became of a reply: held back, or already a message."""

    held: thread_views.HeldView | None = None
    message: Receipt | None = None


class WriteNote(msgspec.Struct):
    """Body of a private note. Resending a `client_id` is safe."""

    client_id: ClientId
    text: str


class Transfer(msgspec.Struct):
    """Body of a transfer: to a team, or to a colleague who is there. Exactly one of both."""

    team: Id | None = None
    agent: Id | None = None
    note: NoteText | None = None


class Invite(msgspec.Struct):
    """Body of an invitation to read along."""

    agent: Id
    note: NoteText | None = None


class Close(msgspec.Struct):
    """Body of an end: why, and a note for colleagues."""

    reason: CloseReason
    note: NoteText | None = None


class MakeCase(msgspec.Struct):
    """Body of a new case. `due_in`: working hours."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    team: Id = DEFAULT_TEAM
    due_in: WorkingHoursCount = 10
    note: NoteText | None = None


class CaseAnswer(msgspec.Struct, kw_only=True):
    """A case as it is now."""

    case: views.CaseView


class CaseList(msgspec.Struct, kw_only=True):
    """Cases, those due first on top."""

    cases: list[views.CaseView]


class TeamView(msgspec.Struct, kw_only=True):
    """A team by its name in the agent's language."""

    id: str
    name: str
    assignment: str


class People(msgspec.Struct, kw_only=True):
    """Everybody at the desk, and the teams."""

    agents: list[Colleague]
    teams: list[TeamView]


class Availability(msgspec.Struct):
    """Body: whether the agent wants to be given conversations."""

    available: bool


class ReadPlaces(msgspec.Struct, kw_only=True):
    """How far this agent has read, on any device: the newest entry by conversation. Closed ones are not in it."""

    read: dict[str, int]


class CannedList(msgspec.Struct, kw_only=True):
    """Canned replies in both languages."""

    replies: list[Canned]


class WorkRoutes:
    """Passing on, notes, replies held back, closing, cases, colleagues."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._get_services = services

    @property
    def _services(self) -> Services:
        return self._get_services()

    def routes(self) -> Sequence[Route]:
        """Every route for this work."""
        one = "/conversations/{id}"
        held = f"{one}/held/{{held}}"
        return (
            agent_route("POST", f"{one}/held", self._hold, records="conversation.answered", body=Reply, answer=Held),
            agent_route(
                "POST", f"{held}/withdraw", self._withdraw, records="conversation.withdrawn", answer=views.Nothing
            ),
            agent_route("POST", f"{held}/send", self._send, records="conversation.answered", answer=views.Nothing),
            agent_route(
                "POST",
                f"{one}/notes",
                self._note,
                records="conversation.noted",
                body=WriteNote,
                answer=thread_views.NoteView,
            ),
            agent_route(
                "POST",
                f"{one}/transfer",
                self._transfer,
                records="conversation.transferred",
                body=Transfer,
                answer=Changed,
            ),
            agent_route(
                "POST", f"{one}/invite", self._invite, records="conversation.invited", body=Invite, answer=Changed
            ),
            agent_route("POST", f"{one}/leave", self._leave, records="conversation.left", answer=Changed),
            agent_route("POST", f"{one}/close", self._close, records="conversation.closed", body=Close, answer=Changed),
            agent_route("POST", f"{one}/case", self._make_case, records="case.made", body=MakeCase, answer=CaseAnswer),
            agent_route("GET", "/cases", self._cases, answer=CaseList, query={"solved": Literal["0", "1"]}),
            agent_route(
                "POST", "/cases/{number}", self._change_case, records="case.changed", body=CaseChange, answer=CaseAnswer
            ),
            agent_route("GET", "/people", self._people, answer=People),
            agent_route("POST", "/availability", self._availability, body=Availability, answer=views.Nothing),
            agent_route("GET", "/canned", self._canned, answer=CannedList),
            agent_route("GET", "/read", self._read, answer=ReadPlaces),
        )

    # --- replies held back ---

    async def _hold(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Reply)
        written = await self._services.desk.hold(request.match_info["id"], agent, body.text, client_id=body.client_id)
        message = written.message
        return json_response(
            Held(
                held=thread_views.held_view(written.held) if written.held else None,
                message=Receipt(message_id=message.id, seq=message.seq, at=message.at) if message else None,
            )
        )

    async def _withdraw(self, request: web.Request, agent: Agent) -> web.Response:
        await self._services.desk.withdraw(request.match_info["id"], agent, request.match_info["held"])
        return json_response(views.Nothing())

    async def _send(self, request: web.Request, agent: Agent) -> web.Response:
        await self._services.desk.send_now(request.match_info["id"], agent, request.match_info["held"])
        return json_response(views.Nothing())

    # --- notes, passing on, the end ---

    async def _note(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, WriteNote)
        note = await self._services.desk.note(request.match_info["id"], agent, body.text, client_id=body.client_id)
        return json_response(thread_views.note_view(note))

    async def _transfer(self, request: web.Request, agent: Agent) -> web.Response:
        body, conversation_id = await decoded(request, Transfer), request.match_info["id"]
        if body.agent is not None and body.team is None:
            await self._services.desk.pass_on(conversation_id, agent, body.agent, body.note)
        elif body.team is not None and body.agent is None:
            await self._services.desk.transfer(conversation_id, agent, body.team, body.note)
        else:
            raise bad_request()
        return await changed(self._services, request, agent)

    async def _invite(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Invite)
        await self._services.desk.invite(request.match_info["id"], agent, body.agent, body.note)
        return await changed(self._services, request, agent)

    async def _leave(self, request: web.Request, agent: Agent) -> web.Response:
        await self._services.desk.leave(request.match_info["id"], agent)
        return await changed(self._services, request, agent)

    async def _close(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Close)
        await self._services.desk.close(request.match_info["id"], agent, body.reason, body.note)
        return await changed(self._services, request, agent)

    # --- cases ---

    async def _make_case(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, MakeCase)
        case = await self._services.cases.make(
            request.match_info["id"], agent, body.title, team_id=body.team, due_in=body.due_in, note=body.note
        )
        return json_response(CaseAnswer(case=views.case_view(case)))

    async def _cases(self, request: web.Request, agent: Agent) -> web.Response:
        solved = request.query.get("solved", "0")
        if solved not in {"0", "1"}:
            raise bad_request()
        async with self._services.store.report() as unit:
            found = await case_list(unit, agent.id, await teams_of(unit, agent), solved=solved == "1")
        return json_response(CaseList(cases=[views.case_view(case) for case in found]))

    async def _change_case(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, CaseChange)
        case = await self._services.cases.change(request.match_info["number"], agent, body)
        return json_response(CaseAnswer(case=views.case_view(case)))

    # --- people ---

    async def _people(self, request: web.Request, _agent: Agent) -> web.Response:
        language = request_language(request)
        async with self._services.store.read() as unit:
            everybody, known = await colleagues(unit), await teams(unit)
        return json_response(
            People(
                agents=everybody,
                teams=[TeamView(id=one.id, name=one.name(language), assignment=one.assignment) for one in known],
            )
        )

    async def _availability(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Availability)
        await self._services.presence.set_available(agent.id, body.available)
        return json_response(views.Nothing())

    async def _read(self, _request: web.Request, agent: Agent) -> web.Response:
        async with self._services.store.read() as unit:
            return json_response(ReadPlaces(read=await read_places(unit, agent.id)))

    async def _canned(self, _request: web.Request, _agent: Agent) -> web.Response:
        async with self._services.store.read() as unit:
            replies = await canned_replies(unit, self._services.words)
        return json_response(CannedList(replies=replies))


def bad_request() -> ApiError:
    """The request says nothing that could be done."""
    return ApiError(400, "bad_request", "error_bad_frame")
