"""One customer's socket.

Acknowledges a message only after `Conversations.receive` has committed it. Events are read from the log behind the
last one sent, so each arrives once and in order however the wake-ups come; a client that cannot keep up is closed and
resumes later. When the process dies, the client reconnects with its last sequence number and its unsent messages.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from aiohttp import WSMessage, WSMsgType, web

from bot.bootstrap import Services
from bot.conversation.limits import FRAME_LIMIT, TEXT_LIMIT, TextRefused
from bot.conversation.model import Holder
from bot.ending import end
from bot.loop import timeout
from bot.service.outcomes import Refused
from bot.store.erasure import is_erased
from bot.store.errors import StoreUnavailable, UnknownConversation
from bot.store.log import current_tenure, messages_after, newest_messages, read_conversation
from bot.store.tokens import widget_pass
from bot.store.wakeup import Hint
from bot.transparency.gate import let_out
from bot.transparency.wording import Language, language_of
from connectors.closing import Closing
from connectors.frames import encode, event_frame
from connectors.widget import protocol
from connectors.widget.allowance import Allowance

log = structlog.get_logger(__name__)

# Most entries sent to a client that begins afresh, or is further behind than this.
SNAPSHOT = 200
_SEND_TIMEOUT = 10.0
# After so many messages beyond the allowance the socket is closed.
_PATIENCE = 40
_RECEIPTS_EVERY = 1.0


def typing_author(hint: Hint) -> dict[str, Any] | None:
    """Who types to the customer, if the hint says so."""
    if hint.typing_to != "customer" or not hint.typing_name:
        return None
    return {"kind": "bot" if hint.typing_by == "bot" else "human", "name": hint.typing_name}


def typing_hint(conversation_id: str) -> Hint:
    """Lets the desk see that the customer types."""
    return Hint(conversation_id=conversation_id, typing_to="desk", typing_by="customer", typing_name=None)


class Socket:
    """Serves one connection until it closes."""

    __slots__ = (
        "_allowance",
        "_behind",
        "_delivered_seq",
        "_language",
        "_may_begin",
        "_pump",
        "_read_seq",
        "_receipts",
        "_refusals",
        "_seen",
        "_sent_seq",
        "_serves",
        "_services",
        "_typing",
        "_ws",
        "closing",
        "conversation_id",
    )

    def __init__(
        self,
        services: Services,
        ws: web.WebSocketResponse,
        fallback_language: Language,
        may_begin: Callable[[], bool],
    ) -> None:
        self._services = services
        self._may_begin = may_begin
        self._ws = ws
        self._language = fallback_language
        self.conversation_id: str | None = None
        self.closing = Closing()
        self._sent_seq = 0
        # Whether the log may have more than was sent; who sends it at the moment; and whether anybody may.
        self._behind, self._serves = False, False
        self._pump: asyncio.Task[None] | None = None
        self._allowance, self._refusals = Allowance(services.settings.message_rate), 0
        self._delivered_seq = self._read_seq = 0
        self._receipts: asyncio.Task[None] | None = None
        self._typing: asyncio.Task[None] | None = None
        self._seen: asyncio.Task[None] | None = None

    def notify(self, hint: Hint) -> None:
        """Something happened in this conversation."""
        if hint.head > self._sent_seq:
            self._look()
        if hint.seen:
            self._seen = asyncio.create_task(self._send({"type": "seen", "seq": hint.seen}))
        if (author := typing_author(hint)) is not None:
            self._typing = asyncio.create_task(self._send({"type": "typing", "author": author}))

    async def greet(self) -> bool:
        """Read the first frame and open the conversation. False when the connection is to end."""
        try:
            first = await self._ws.receive(timeout=15)
        except asyncio.TimeoutError:
            await self._ws.close(code=protocol.UNAUTHENTICATED, message=b"hello expected")
            return False
        frame = await self._decode(first.data) if first.type is WSMsgType.TEXT else None
        if not isinstance(frame, protocol.Hello):
            await self._ws.close(code=protocol.UNAUTHENTICATED, message=b"hello expected")
            return False
        try:
            return await self._open(frame)
        except StoreUnavailable as error:
            log.warning("the database is away", error=str(error))
            await self._error("unavailable", "error_not_saved")
            await self._ws.close(code=protocol.RESTART, message=b"unavailable")
            return False

    async def _open(self, hello: protocol.Hello) -> bool:
        services, token = self._services, hello.token
        self._language = language_of(hello.locale)
        if token is None and not self._may_begin():
            await self._ws.close(code=protocol.TOO_MANY, message=b"too many conversations")
            return False
        if token is None:
            started = await services.conversations.start_widget(self._language)
            token, human, row = started.token, started.human_button_id, started.conversation
        else:
            lifetime = timedelta(seconds=services.settings.token_lifetime)
            async with services.store.write() as unit:
                opened = await widget_pass(unit, token, lifetime)
                found = await read_conversation(unit, opened.conversation_id) if opened else None
            if opened is None or found is None:
                await self._error("expired", "error_expired")
                await self._ws.close(code=protocol.UNAUTHENTICATED, message=b"unknown token")
                return False
            human, row = opened.human_button_id, found
            self._language = language_of(row.locale)
        self.conversation_id = row.id
        async with services.store.read() as unit:
            holder_name = (await current_tenure(unit, row.id)).agent_name
        replays = 0 < hello.last_seq <= row.head_seq and row.head_seq - hello.last_seq <= SNAPSHOT
        self._sent_seq = hello.last_seq if replays else max(0, row.head_seq - SNAPSHOT)
        await self._send(
            {
                "type": "welcome",
                "v": 1,
                "token": token,
                "conversation": row.id,
                "head_seq": row.head_seq,
                "mode": "replay" if replays else "snapshot",
                "holder": row.holder.value,
                "holder_name": holder_name,
                "seen": row.seen_seq,
                "read": row.read_seq,
                "human": human,
            }
        )
        return True

    async def serve(self) -> None:
        """Read frames and send events until either side closes."""
        self._serves = True
        self._look()
        try:
            await self.closing.read_until_closed(self._ws, self._take)
        finally:
            self._serves = False
            if self._pump is not None:
                await end([self._pump])
            await self._flush_receipts()

    async def _take(self, message: WSMessage) -> None:
        if message.type is not WSMsgType.TEXT:
            if message.type is WSMsgType.BINARY:
                await self._error("bad_frame", "error_bad_frame")
            return
        data: str = message.data
        if len(data) > FRAME_LIMIT:
            await self._error("too_long", "error_too_long", limit=str(TEXT_LIMIT))
            return
        frame = await self._decode(data)
        if isinstance(frame, protocol.Msg):
            await self._message(frame)
        elif isinstance(frame, protocol.Ack):
            self._note_receipt(delivered=frame.seq)
        elif isinstance(frame, protocol.Read):
            self._note_receipt(delivered=frame.seq, read=frame.seq)
        elif isinstance(frame, protocol.Typing):
            self._services.store.wakeup.publish(typing_hint(self._id))
        elif isinstance(frame, protocol.Locale):
            with contextlib.suppress(StoreUnavailable):
                self._language = language_of(frame.locale)
                await self._services.conversations.set_locale(self._id, self._language)
        elif isinstance(frame, protocol.Identify):
            await self._identify(frame)
        elif isinstance(frame, protocol.Ping):
            await self._send({"type": "pong"})

    async def _message(self, frame: protocol.Msg) -> None:
        if not self._allowance.take():
            self._refusals += 1
            await self._error("rate", "error_rate", frame.client_id)
            if self._refusals > _PATIENCE:
                self.closing.request(protocol.TOO_MANY, b"too many messages")
            return
        try:
            receipt = await self._services.conversations.receive(
                self._id, frame.text, client_id=frame.client_id, button_id=frame.payload
            )
        except TextRefused as error:
            await self._error(error.code, f"error_{error.code}", frame.client_id, limit=str(TEXT_LIMIT))
        except Refused:
            await self._error("button", "error_button", frame.client_id)
        except StoreUnavailable as error:
            log.warning("not acknowledged: the database is away", error=str(error))
            await self._error("unavailable", "error_not_saved", frame.client_id)
        except UnknownConversation:
            await self._error("expired", "error_expired", frame.client_id)
            self.closing.request(protocol.UNAUTHENTICATED, b"unknown conversation")
        else:
            await self._send(
                {
                    "type": "ack",
                    "client_id": frame.client_id,
                    "message_id": receipt.message.id,
                    "seq": receipt.message.seq,
                    "at": receipt.message.at,
                }
            )

    async def _identify(self, frame: protocol.Identify) -> None:
        # As dear as a message, so that signatures cannot be tried out.
        if not self._allowance.take():
            await self._error("rate", "error_rate")
            return
        try:
            await self._services.portal.identify(self._id, frame.user, frame.signature)
        except Refused as error:
            await self._error(error.code, f"error_{error.code}")
        except (StoreUnavailable, UnknownConversation) as error:
            log.warning("a login of the portal was not taken over", error=str(error))
            await self._error("identify_unavailable", "error_identify_unavailable")
        else:
            await self._send({"type": "identified", "level": "proven"})

    async def _decode(self, data: Any) -> protocol.Frame | None:
        try:
            return protocol.decode_frame(data)
        except msgspec.ValidationError as error:
            known = "Invalid value" not in str(error)
            await self._error(*(("bad_frame", "error_bad_frame") if known else ("unknown_type", "error_unknown_type")))
        except (msgspec.DecodeError, UnicodeError):
            await self._error("bad_frame", "error_bad_frame")
        return None

    @property
    def _id(self) -> str:
        assert self.conversation_id is not None
        return self.conversation_id

    def _look(self) -> None:
        """Send what the log has behind the last entry sent. The task for it lives no longer than that takes."""
        self._behind = True
        if self._pump is None and self._serves:
            self._pump = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._behind:
                self._behind = False
                await self._send_new()
        except StoreUnavailable:
            # The log keeps everything: look again when the database may be back.
            asyncio.get_running_loop().call_later(1, self._look)
        except (asyncio.TimeoutError, ConnectionError):
            self.closing.request(protocol.TOO_SLOW, b"too slow")
        finally:
            self._pump = None

    async def _send_new(self) -> None:
        while True:
            async with self._services.store.read() as unit:
                if self._sent_seq == 0:
                    entries = await newest_messages(unit, self._id, SNAPSHOT)
                else:
                    entries = await messages_after(unit, self._id, self._sent_seq)
                erased = bool(entries) and entries[-1].holder is Holder.CLOSED and await is_erased(unit, self._id)
            for entry in entries:
                await self._send(event_frame(let_out(entry)))
                self._sent_seq = entry.seq
            if erased:
                # The token is gone too; the client forgets what it shows.
                self.closing.request(protocol.UNAUTHENTICATED, b"erased")
            if len(entries) < SNAPSHOT:
                return

    async def _send(self, frame: dict[str, Any]) -> None:
        if not self._ws.closed:
            with contextlib.suppress(ConnectionResetError):
                async with timeout(_SEND_TIMEOUT):
                    await self._ws.send_str(encode(frame))

    async def _error(self, code: str, key: str, client_id: str | None = None, **values: str) -> None:
        frame = {"type": "error", "code": code, "message": self._services.words.say(key, self._language, **values)}
        if client_id is not None:
            frame["client_id"] = client_id
        await self._send(frame)

    def _note_receipt(self, *, delivered: int, read: int = 0) -> None:
        """Remember what arrived and was read; written together a moment later, for these come often."""
        self._delivered_seq = max(self._delivered_seq, delivered)
        self._read_seq = max(self._read_seq, read)
        if self._receipts is None:
            self._receipts = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        await asyncio.sleep(_RECEIPTS_EVERY)
        await self._flush_receipts()

    async def _flush_receipts(self) -> None:
        waiting, self._receipts = self._receipts, None
        if waiting is not None and waiting is not asyncio.current_task():
            waiting.cancel()
        if waiting is not None and self.conversation_id is not None:
            try:
                await self._services.conversations.confirm(
                    self.conversation_id, delivered=self._delivered_seq, read=self._read_seq
                )
            except StoreUnavailable:
                # The customer may do nothing more that would tell it. What is left of it when the socket closes, the
                # page tells again when it comes back.
                if self._serves and self._receipts is None:
                    self._receipts = asyncio.create_task(self._flush_later())
