"""The desk's routes for reading conversations and for what agents do with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec
from aiohttp import web
from msgspec import Meta

from actions.crm.errors import CrmError
from actions.crm.models import CustomerOverview
from bot.bootstrap import Services
from bot.conversation.roles import Role
from bot.service.canned import canned_replies, suggested
from bot.service.outcomes import Refused
from bot.service.summary import two_lines
from bot.service.templates import templates
from bot.store.cases import cases
from bot.store.desk_lists import VIEWS, Listed, View, conversation_list, found_conversations, invited_to, passages
from bot.store.errors import UnknownConversation
from bot.store.held import undecided
from bot.store.log import (
    goes_on_in,
    messages_before,
    newest_messages,
    overviews,
    read_conversation,
    stream_head,
    tenures,
)
from bot.store.notes import invitations, notes
from bot.store.outbox import deliveries
from bot.store.ratings import ratings
from bot.store.teams import sees, team
from bot.store.tokens import Agent
from bot.store.traces import traces
from bot.store.unit_of_work import Unit
from bot.store.wrong_answers import answers_of, reports_of
from connectors.desk import detail_views, thread_views, views
from connectors.desk.access import AgentHandler, Content, Route, decoded
from connectors.desk.files import DeskFiles, file_views
from connectors.desk.messenger import UseTemplate, explained, messenger_view
from connectors.frames import ApiError, json_response, request_language
from connectors.uploads import file_response

# Most entries of a thread that are sent at once; the page fetches older ones as they are scrolled to.
THREAD = 100
_LONGEST_SEARCH = 200

# What a list can be asked for, and what a thread can begin before.
ListName = Literal["waiting", "mine", "team", "closed", "search"]
Search = Annotated[str, Meta(max_length=_LONGEST_SEARCH)]
Place = Annotated[str, Meta(pattern=r"^[0-9]{1,9}$")]
ANY_FILE = Content(("*/*",))

ClientId = Annotated[str, Meta(min_length=1, max_length=64)]


class Claim(msgspec.Struct):
    """Body of a claim: the epoch that the agent saw."""

    epoch: int


class Reply(msgspec.Struct):
    """Body of a message to the customer. Resending a `client_id` is safe."""

    client_id: ClientId
    text: str


class SendFile(msgspec.Struct):
    """Form of a file to the customer, with what is said to it. Resending a `client_id` is safe."""

    client_id: ClientId
    file: bytes
    text: str = ""


class HandBack(msgspec.Struct):
    """Body of a handback: a sentence of context for colleagues, never shown to the customer, and the topic that the bot
    offers to go on with."""

    note: Annotated[str, Meta(max_length=500)] | None = None
    topic: Annotated[str, Meta(max_length=60)] | None = None


class ConversationList(msgspec.Struct, kw_only=True):
    """A list as of a position of the stream. `total` counts also those that are not listed."""

    position: int
    total: int
    conversations: list[views.Summary]
    # Of a search: by conversation, the newest entry that holds the words.
    passages: dict[str, str] = {}


class Receipt(msgspec.Struct, kw_only=True):
    """A message is stored and on its way."""

    message_id: str
    seq: int
    at: datetime


class Changed(msgspec.Struct, kw_only=True):
    """A conversation after a change; null where the agent no longer sees it."""

    summary: views.Summary | None


class Events(msgspec.Struct, kw_only=True):
    """Entries of a thread, in order."""

    events: list[thread_views.EventView]


class ConversationRoutes:
    """Lists, one conversation, and who speaks in it."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._get_services = services
        self._files = DeskFiles()

    @property
    def _services(self) -> Services:
        return self._get_services()

    def routes(self) -> Sequence[Route]:
        """Every route for conversations."""
        one = "/conversations/{id}"
        return (
            agent_route(
                "GET", "/conversations", self._list, answer=ConversationList, query={"view": ListName, "q": Search}
            ),
            agent_route("GET", one, self._detail, records="conversation.opened", answer=detail_views.Detail),
            agent_route(
                "GET",
                f"{one}/events",
                self._events,
                records="conversation.opened",
                answer=Events,
                query={"before": Place},
            ),
            agent_route(
                "POST", f"{one}/claim", self._claim, records="conversation.claimed", body=Claim, answer=Changed
            ),
            agent_route(
                "POST", f"{one}/messages", self._reply, records="conversation.answered", body=Reply, answer=Receipt
            ),
            agent_route(
                "POST",
                f"{one}/handback",
                self._hand_back,
                records="conversation.handed_back",
                body=HandBack,
                answer=Changed,
            ),
            agent_route(
                "POST",
                f"{one}/template",
                self._use_template,
                records="conversation.template_sent",
                body=UseTemplate,
                answer=Receipt,
            ),
            agent_route(
                "POST",
                f"{one}/files",
                self._send_file,
                records="conversation.answered",
                body=SendFile,
                form=True,
                answer=Receipt,
            ),
            agent_route(
                "GET", "/attachments/{attachment}", self._attachment, records="attachment.opened", answer=ANY_FILE
            ),
        )

    # --- reading ---

    async def _list(self, request: web.Request, agent: Agent) -> web.Response:
        view, search = request.query.get("view", "team"), request.query.get("q", "").strip()
        if view not in {*VIEWS, "search"} or len(search) > _LONGEST_SEARCH or "\0" in search:
            raise ApiError(400, "bad_request", "error_bad_frame")
        async with self._services.store.report() as unit:
            # The position first: a change in between is then sent again rather than missed.
            position = await stream_head(unit)
            if view == "search":
                listed = await found_conversations(unit, agent, search) if search else Listed(total=0, overviews=[])
                found = await passages(unit, [one.conversation.id for one in listed.overviews], search)
            else:
                chosen: View = next(one for one in get_args(View) if one == view)
                listed, found = await conversation_list(unit, agent, chosen, search=search), {}
            summaries = await summaries_of(unit, self._services, listed, request)
        return json_response(
            ConversationList(position=position, total=listed.total, conversations=summaries, passages=found)
        )

    async def _detail(self, request: web.Request, agent: Agent) -> web.Response:
        conversation_id, language, words = request.match_info["id"], request_language(request), self._services.words
        async with self._services.store.read() as unit:
            position = await stream_head(unit)
            found = await overviews(unit, [conversation_id])
            if not found:
                raise UnknownConversation(conversation_id)
            await check_visible(unit, agent, conversation_id, found[0].conversation.team)
            entries = await newest_messages(unit, conversation_id, THREAD)
            history = await tenures(unit, conversation_id)
            tried = await traces(unit, conversation_id)
            opened = await cases(unit, conversation_id)
            undelivered = await deliveries(unit, conversation_id)
            messenger = await messenger_view(unit, conversation_id, found[0].conversation.locale)
            files = await file_views(unit, conversation_id, entries)
            written, kept = await notes(unit, conversation_id), await undecided(unit, conversation_id)
            reading, rated = await invitations(unit, conversation_id), await ratings(unit, conversation_id)
            replies = await canned_replies(unit, words)
            answers, reported = await answers_of(unit, conversation_id), await reports_of(unit, conversation_id)
        customer, customer_error = await self._customer(found[0].conversation.customer_number, request)
        return json_response(
            detail_views.Detail(
                position=position,
                summary=views.summary_view(found[0], words, language, [one.agent_id for one in reading]),
                events=[thread_views.event_view(entry) for entry in entries],
                tenures=[detail_views.tenure_view(tenure) for tenure in history],
                customer=detail_views.customer_view(customer) if customer else None,
                customer_error=customer_error,
                traces=[detail_views.trace_view(trace) for trace in tried],
                cases=[views.case_view(case) for case in opened],
                deliveries=explained(undelivered, words, language),
                messenger=messenger,
                notes=[thread_views.note_view(note) for note in written],
                held=[thread_views.held_view(one) for one in kept],
                invited=[views.AgentView(id=one.agent_id, name=one.agent_name) for one in reading],
                ratings=[detail_views.rating_view(one) for one in rated],
                summary_lines=list(two_lines(words, language, found[0], tried, customer, opened)),
                suggested=suggested(replies, tried),
                files=files,
                answers=answers,
                reports=[thread_views.report_view(one) for one in reported],
            )
        )

    async def _events(self, request: web.Request, agent: Agent) -> web.Response:
        conversation_id, before = request.match_info["id"], request.query.get("before", "")
        if not before.isdecimal() or len(before) > 9:
            raise ApiError(400, "bad_request", "error_bad_frame")
        async with self._services.store.read() as unit:
            found = await overviews(unit, [conversation_id])
            if not found:
                raise UnknownConversation(conversation_id)
            await check_thread_visible(unit, agent, conversation_id, found[0].conversation.team)
            entries = await messages_before(unit, conversation_id, int(before), THREAD)
        return json_response(Events(events=[thread_views.event_view(entry) for entry in entries]))

    async def _customer(self, number: str | None, request: web.Request) -> tuple[CustomerOverview | None, str | None]:
        if number is None:
            return None, None
        try:
            fact = await asyncio.wait_for(self._services.crm.overview(number), 4)
        except (CrmError, asyncio.TimeoutError):
            return None, self._services.words.say("desk_error_crm_away", request_language(request))
        return (fact.value if fact else None), None

    async def _attachment(self, request: web.Request, agent: Agent) -> web.Response:
        found = await self._files.content(self._services, request)
        if found is not None:
            async with self._services.store.read() as unit:
                row = await read_conversation(unit, found[0].conversation_id)
                await check_thread_visible(unit, agent, found[0].conversation_id, row.team if row else "")
        return file_response(found)

    # --- speaking ---

    async def _claim(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Claim)
        await self._services.conversations.claim(request.match_info["id"], agent, body.epoch)
        return await changed(self._services, request, agent)

    async def _reply(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, Reply)
        receipt = await self._services.conversations.reply(
            request.match_info["id"], agent, body.text, client_id=body.client_id
        )
        return json_response(Receipt(message_id=receipt.message.id, seq=receipt.message.seq, at=receipt.message.at))

    async def _send_file(self, request: web.Request, agent: Agent) -> web.Response:
        message = await self._files.send(self._services, request, agent)
        return json_response(Receipt(message_id=message.id, seq=message.seq, at=message.at))

    async def _use_template(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, UseTemplate)
        template = templates().get(body.template)
        if template is None:
            raise ApiError(422, "template", "desk_error_template")
        receipt = await self._services.conversations.reply_with_template(
            request.match_info["id"], agent, template, body.topic, client_id=body.client_id
        )
        return json_response(Receipt(message_id=receipt.message.id, seq=receipt.message.seq, at=receipt.message.at))

    async def _hand_back(self, request: web.Request, agent: Agent) -> web.Response:
        body = await decoded(request, HandBack)
        note = (body.note or "").strip() or None
        await self._services.conversations.hand_back(request.match_info["id"], agent, note, body.topic)
        return await changed(self._services, request, agent)


async def changed(services: Services, request: web.Request, agent: Agent) -> web.Response:
    """The conversation of this request as it is now."""
    conversation_id = request.match_info["id"]
    async with services.store.read() as unit:
        visible = await sees(unit, agent, conversation_id)
        listed = Listed(total=1, overviews=await overviews(unit, [conversation_id]) if visible else [])
        summaries = await summaries_of(unit, services, listed, request)
    return json_response(Changed(summary=next(iter(summaries), None)))


async def summaries_of(unit: Unit, services: Services, listed: Listed, request: web.Request) -> list[views.Summary]:
    """A list's entries."""
    invited = await invited_to(unit, [one.conversation.id for one in listed.overviews])
    language = request_language(request)
    return [
        views.summary_view(one, services.words, language, invited.get(one.conversation.id, ()))
        for one in listed.overviews
    ]


async def check_visible(unit: Unit, agent: Agent, conversation_id: str, team_id: str) -> None:
    """Raises `Refused` where the conversation is not this agent's to see."""
    if not await sees(unit, agent, conversation_id):
        one = await team(unit, team_id)
        raise Refused("other_team", team_de=one.name_de if one else team_id, team_en=one.name_en if one else team_id)


async def check_thread_visible(unit: Unit, agent: Agent, conversation_id: str, team_id: str) -> None:
    """As `check_visible`; what goes on in a conversation that this agent sees is theirs to read too."""
    goes_on = await goes_on_in(unit, conversation_id)
    if goes_on is None or not await sees(unit, agent, goes_on):
        await check_visible(unit, agent, conversation_id, team_id)


def agent_route(method: str, path: str, handler: AgentHandler, **more: Any) -> Route:
    """A route for everybody who works here."""
    return Route(method=method, path=path, role=Role.AGENT, handler=handler, **more)
