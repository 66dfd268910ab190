"""The desks' sockets: every change of every conversation, in the order of the stream, resumed by position.

What is sent is always read afresh from the store behind the last position, so a desk that was away misses nothing and
sees nothing twice. A desk that is too far behind is told to load its lists anew.

How far an agent has read is kept a moment after they have read it, so that scrolling is not a write each, and at the
latest when the socket closes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Annotated, Any, Literal

import msgspec
import structlog
from aiohttp import WSMessage, WSMsgType, web
from msgspec import Meta

from bot.bootstrap import Services
from bot.conversation.model import new_id
from bot.ending import end
from bot.loop import timeout
from bot.store.desk_lists import invited_to, unseen
from bot.store.errors import StoreUnavailable, UnknownConversation
from bot.store.log import messages_at, overviews, stream_after, stream_head
from bot.store.sessions import DeskSession
from bot.store.wakeup import Hint
from bot.transparency.wording import Language
from connectors.closing import Closing, all_gone
from connectors.desk import thread_views, views
from connectors.frames import encode, request_language

log = structlog.get_logger(__name__)

_UNAUTHENTICATED, _TOO_SLOW, _RESTART = 4401, 4408, 1012
_FRAME_LIMIT = 16 * 1024
# Further behind than this many changes, loading the lists is cheaper than replaying.
_REPLAY = 500
_SEND_TIMEOUT = 10.0
# How often, at least, a connected desk moves its agent's deadlines and its session is checked, in seconds.
_PRESENCE_EVERY = 20.0
# How long what was read is gathered before it is kept, in seconds.
_GATHER_READ = 2.0

Id = Annotated[str, Meta(max_length=40)]


class Hello(msgspec.Struct, tag_field="type", tag="hello"):
    """First frame: the position up to which the desk knows everything."""

    v: Literal[1]
    position: Annotated[int, Meta(ge=0)] = 0


class Typing(msgspec.Struct, tag_field="type", tag="typing"):
    """The agent is typing in a conversation."""

    conversation: Id


class Looking(msgspec.Struct, tag_field="type", tag="looking"):
    """The agent has this conversation on screen up to `seq`, or none. `active`: they did something since the last."""

    conversation: Id | None = None
    seq: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    active: bool = False


class Ping(msgspec.Struct, tag_field="type", tag="ping"):
    """Is somebody there?"""


_decode = msgspec.json.Decoder(Hello | Typing | Looking | Ping).decode


class DeskSockets:
    """The desks connected to this process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._connections: set[_Connection] = set()
        self._forget = services.store.wakeup.subscribe(self._on_hint)

    def _on_hint(self, hint: Hint) -> None:
        for connection in tuple(self._connections):
            connection.notify(hint)

    async def serve(self, request: web.Request, session: DeskSession | None, token: str) -> web.StreamResponse:
        """Serve one desk until it closes."""
        ws = web.WebSocketResponse(heartbeat=30, max_msg_size=_FRAME_LIMIT)
        await ws.prepare(request)
        if session is None:
            await ws.close(code=_UNAUTHENTICATED, message=b"log in")
            return ws
        connection = _Connection(self._services, ws, session, token, request_language(request))
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
        return ws

    def check_sessions(self) -> None:
        """Some session may have ended: each socket looks now whether it was its own."""
        for connection in tuple(self._connections):
            connection.check_session()

    async def close(self) -> None:
        """Close every socket, saying that the server restarts."""
        self._forget()
        for connection in tuple(self._connections):
            connection.closing.request(_RESTART, b"restart")
        await all_gone(lambda: bool(self._connections))


class _Connection:
    def __init__(
        self, services: Services, ws: web.WebSocketResponse, session: DeskSession, token: str, language: Language
    ) -> None:
        self.ws = ws
        self._id = new_id()
        self.closing = Closing()
        self._services = services
        self._session = session
        self._token = token
        self._language = language
        # Nothing is sent before the desk has said what it knows.
        self._position: int | None = None
        self._wake = asyncio.Event()
        self._check = asyncio.Event()
        self._passing: set[asyncio.Task[None]] = set()
        # Conversations and whether this agent may see them, as of their last change or the last look at the session.
        self._visible: dict[str, bool] = {}
        # How far the agent has read in this window, and what of it is not kept yet.
        self._read: dict[str, int] = {}
        self._unkept: dict[str, int] = {}
        self._gathered = asyncio.Event()

    def notify(self, hint: Hint) -> None:
        """Something happened somewhere."""
        if hint.log and self._position is not None:
            self._wake.set()
        if hint.typing_to == "desk":
            self._tell("typing", hint, {"kind": "customer", "name": ""})
        elif hint.typing_by not in {None, "bot", self._session.agent.id}:
            self._tell("typing", hint, {"kind": "human", "id": hint.typing_by, "name": hint.typing_name})
        if hint.looking_by not in {None, self._session.agent.id}:
            self._tell("looking", hint, {"kind": "human", "id": hint.looking_by, "name": hint.looking_name})
        if hint.read_by == self._session.agent.id and hint.read > self._read.get(hint.conversation_id, 0):
            self._read[hint.conversation_id] = hint.read
            self._begin(self._send({"type": "read", "conversation": hint.conversation_id, "seq": hint.read}))

    def _tell(self, kind: str, hint: Hint, author: dict[str, Any]) -> None:
        """Pass on what lasts no longer than a moment, if the agent may see it; a desk that is not ready misses it."""
        self._begin(self._pass_on(kind, hint.conversation_id, author))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass_on(self, kind: str, conversation_id: str, author: dict[str, Any]) -> None:
        with contextlib.suppress(StoreUnavailable):
            if conversation_id not in self._visible:
                async with self._services.store.read() as unit:
                    hidden = await unseen(unit, self._session.agent, [conversation_id])
                self._visible[conversation_id] = not hidden
            if self._visible[conversation_id]:
                await self._send({"type": kind, "conversation": conversation_id, "author": author})

    def check_session(self) -> None:
        """Look soon whether the session is still open."""
        self._check.set()

    async def serve(self) -> None:
        """Hello, then changes out and typing in."""
        tasks = [asyncio.create_task(work) for work in (self._presence(), self._pump(), self._keep_reading())]
        try:
            await self.closing.read_until_closed(self.ws, self._take)
        finally:
            # A handler whose connection is lost may be cancelled: what is to be done at the end is done all the same.
            await asyncio.shield(asyncio.ensure_future(self._leave(tasks)))

    async def _leave(self, tasks: list[asyncio.Task[None]]) -> None:
        await end(tasks)
        # At once, so that nobody is given a conversation whose desk has just closed.
        with contextlib.suppress(StoreUnavailable):
            await self._services.presence.gone(self._id)
            await self._keep_read()

    async def _take(self, message: WSMessage) -> None:
        frame = self._frame(message)
        if isinstance(frame, Hello):
            await self._greet(frame)
        elif isinstance(frame, Typing):
            await self._types(frame)
        elif isinstance(frame, Looking):
            await self._looks(frame)
        elif isinstance(frame, Ping):
            await self._send({"type": "pong"})
        else:
            await self._send({"type": "error", "code": "bad_frame"})

    async def _types(self, frame: Typing) -> None:
        """Whoever does not hold the conversation cannot write to the customer, and is not announced to them."""
        agent = self._session.agent
        with contextlib.suppress(StoreUnavailable):
            if await self._services.desk.holds(frame.conversation, agent):
                self._services.store.wakeup.publish(
                    Hint(
                        conversation_id=frame.conversation,
                        typing_to="customer",
                        typing_by=agent.id,
                        typing_name=agent.name,
                    )
                )

    async def _looks(self, frame: Looking) -> None:
        agent = self._session.agent
        with contextlib.suppress(StoreUnavailable, UnknownConversation):
            if frame.active:
                await self._services.presence.active(agent.id)
            if frame.conversation is not None and await self._services.desk.looked(
                frame.conversation, agent, frame.seq
            ):
                self._services.store.wakeup.publish(
                    Hint(conversation_id=frame.conversation, looking_by=agent.id, looking_name=agent.name)
                )
                if frame.seq > self._read.get(frame.conversation, 0):
                    self._read[frame.conversation] = self._unkept[frame.conversation] = frame.seq
                    self._gathered.set()

    async def _keep_reading(self) -> None:
        while True:
            await self._gathered.wait()
            self._gathered.clear()
            await asyncio.sleep(_GATHER_READ)
            with contextlib.suppress(StoreUnavailable):
                await self._keep_read()

    async def _keep_read(self) -> None:
        """Keep what was read since the last time; what could not be kept is kept with the next."""
        places = dict(self._unkept)
        if places:
            await self._services.desk.has_read(self._session.agent, places)
            self._unkept = {one: seq for one, seq in self._unkept.items() if seq > places.get(one, 0)}

    def _frame(self, message: Any) -> Hello | Typing | Looking | Ping | None:
        if message.type is not WSMsgType.TEXT:
            return None
        with contextlib.suppress(msgspec.DecodeError, UnicodeError):
            return _decode(message.data)
        return None

    async def _greet(self, hello: Hello) -> None:
        async with self._services.store.read() as unit:
            head = await stream_head(unit)
        replays = 0 < hello.position <= head and head - hello.position <= _REPLAY
        self._position = hello.position if replays else head
        await self._send({"type": "welcome", "position": self._position, "mode": "replay" if replays else "reload"})
        self._wake.set()

    async def _presence(self) -> None:
        """While the desk is connected, its agent is there; when the session ends, so does the socket."""
        # Twice may fail before the deadline is near.
        every = min(_PRESENCE_EVERY, self._services.settings.agent_deadline / 3)
        while True:
            # An administrator may have changed the agent's teams.
            self._visible.clear()
            with contextlib.suppress(StoreUnavailable):
                if await self._services.agents.session_of(self._token) is None:
                    self.closing.request(_UNAUTHENTICATED, b"logged out")
                    return
                await self._services.presence.connected(self._session.agent.id, self._id, self._session.id)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._check.wait(), every)
            self._check.clear()

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._send_new()
            except StoreUnavailable:
                asyncio.get_running_loop().call_later(1, self._wake.set)
            except (asyncio.TimeoutError, ConnectionError):
                self.closing.request(_TOO_SLOW, b"too slow")
                return

    async def _send_new(self) -> None:
        while True:
            async with self._services.store.read() as unit:
                changes = await stream_after(unit, self._position or 0)
                if not changes:
                    return
                ids = sorted({conversation_id for _, conversation_id, _ in changes})
                found = {overview.conversation.id: overview for overview in await overviews(unit, ids)}
                hidden, invited = await unseen(unit, self._session.agent, ids), await invited_to(unit, ids)
                places = [(conversation_id, seq) for _, conversation_id, seq in changes if seq is not None]
                entries = await messages_at(unit, places)
            self._visible.update((conversation_id, conversation_id not in hidden) for conversation_id in ids)
            for position, conversation_id, seq in changes:
                overview = found.get(conversation_id)
                if conversation_id in hidden:
                    await self._send({"type": "gone", "position": position, "conversation": conversation_id})
                elif overview is not None:
                    entry = entries.get((conversation_id, seq)) if seq is not None else None
                    summary = views.summary_view(
                        overview, self._services.words, self._language, invited.get(conversation_id, ())
                    )
                    event = thread_views.event_view(entry) if entry else None
                    await self._send({"type": "change", "position": position, "summary": summary, "event": event})
                self._position = position

    async def _send(self, frame: dict[str, Any]) -> None:
        if not self.ws.closed:
            with contextlib.suppress(ConnectionResetError):
                async with timeout(_SEND_TIMEOUT):
                    await self.ws.send_str(encode(frame))
