"""The brain's only door: one turn in, one complete answer out.

Guarantee: `POST /webhooks/klartext/turn` answers 200 only with a complete answer that is stored together with
the memory it leads to. A turn id that was answered before gets the stored answer and nothing runs again,
whichever brain process answered it. Anything that went wrong, also where Rasa itself would go on, is a 5xx
with `{"error": ...}`, and nothing of that turn is kept, so it may simply be asked again. A text is never
obeyed as a command. If the caller hangs up, the turn is finished and stored all the same: asking again gets
its answer.

Whoever reaches this door speaks as the edge (a payload is obeyed), so it belongs on a private address.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from bot.brain.answer import CollectingChannel, build_answer
from bot.brain.assistant import Assistant, NotReady
from bot.brain.memory import BrainMemory, MemoryAway
from bot.brain.plain_text import PlainText, plain_text
from bot.brain.turn import Saved, Turn, TurnFailed, begin
from bot.loop import settle
from bot.nlu.encoder import EncodeTogether
from bot.nlu.text import clean
from bot.service.brain_protocol import Failure, HandoverReason, TurnRequest, TurnResponse
from bot.settings import Settings

log = logging.getLogger(__name__)

# Hands a message to the agent that is loaded now.
Handle = Callable[[UserMessage], Awaitable[Any]]


class KlartextInput(InputChannel):
    """Rasa's input channel for the edge, named in `credentials.yml`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._assistant = Assistant(settings)
        self._decoder = msgspec.json.Decoder(TurnRequest)
        self._encoder = EncodeTogether()
        self._memory: BrainMemory | None = None
        # Turns being answered in this process: asking for one of them again waits for the same answer.
        self._running: dict[tuple[str, str], asyncio.Task[str]] = {}

    @classmethod
    def name(cls) -> str:
        """Part of the address: `/webhooks/klartext`."""
        return "klartext"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> KlartextInput:
        """Called by Rasa. There is nothing to configure here; the environment says it all."""
        return cls(Settings.from_environment())

    def blueprint(self, on_new_message: Handle) -> Blueprint:
        """The two routes."""
        blueprint = Blueprint("klartext", __name__)

        @blueprint.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            try:
                asked = self._decoder.decode(request.body)
                if asked.payload is not None and not asked.payload.startswith("/"):
                    raise msgspec.ValidationError("a payload starts with /")
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                return _error(400, str(error))
            return await self._respond(request.app, asked, on_new_message)

        @blueprint.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            try:
                agent = self._assistant.ready(getattr(request.app.ctx, "agent", None))
            except NotReady as error:
                return _error(503, str(error))
            return _json(200, msgspec.json.encode({"model": agent.model_name}))

        @blueprint.listener("after_server_start")
        async def warm_up(app: Sanic, *_: Any) -> None:
            # The first message would otherwise pay for what libraries load on first use, most of a second.
            with suppress(NotReady):
                await self._assistant.ready(getattr(app.ctx, "agent", None)).parse_message("Guten Tag")
            await settle()

        @blueprint.listener("before_server_stop")
        async def stop(*_: Any) -> None:
            if self._running:
                await asyncio.wait(self._running.values(), timeout=self._settings.brain_timeout)
            await self._assistant.close()
            if self._memory is not None:
                await self._memory.close()

        return blueprint

    async def _respond(self, app: Sanic, asked: TurnRequest, handle: Handle) -> HTTPResponse:
        try:
            self._assistant.ready(getattr(app.ctx, "agent", None))
            key = (asked.conversation_id, asked.turn_id)
            task = self._running.get(key)
            if task is None:
                # Its own task: it has its own context (see `bot.brain.turn`) and outlives a caller that hangs up.
                task = self._running[key] = asyncio.create_task(self._answer(asked, handle))
                task.add_done_callback(partial(self._finished, key))
            return _json(200, (await asyncio.shield(task)).encode())
        except NotReady as error:
            return _error(503, str(error))
        except TurnFailed as error:
            log.error("turn %s of %s failed: %s", asked.turn_id, asked.conversation_id, error)
            return _error(500, str(error), error.reason)
        except MemoryAway:
            log.exception("turn %s of %s: memory is away", asked.turn_id, asked.conversation_id)
            return _error(503, "memory is away")
        except Exception as error:
            log.exception("turn %s of %s failed", asked.turn_id, asked.conversation_id)
            return _error(500, type(error).__name__)

    def _finished(self, key: tuple[str, str], task: asyncio.Task[str]) -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # counts as seen, also when nobody waits for it any more

    async def _answer(self, asked: TurnRequest, handle: Handle) -> str:
        """Answer a turn, or find the answer it got before. Returns the encoded `TurnResponse`."""
        if self._memory is None:
            self._memory = BrainMemory(self._settings.brain_database_url)
        names = (asked.conversation_id, asked.epoch, asked.turn_id, asked.after_turn)
        known = await self._memory.recall(*names)
        if known.response is not None:
            return known.response
        if asked.after_turn is not None and known.snapshot is None:
            log.warning("no memory of turn %s of %s", asked.after_turn, asked.conversation_id)
        turn = Turn(asked, memory=known.snapshot)
        begin(turn)
        try:
            saved, response = await self._run(turn, handle)
        finally:
            turn.closed = True
        encoded = msgspec.json.encode(response).decode()
        return await self._memory.keep(*names, snapshot=saved.memory, response=encoded)

    async def _run(self, turn: Turn, handle: Handle) -> tuple[Saved, TurnResponse]:
        """Let Rasa handle the message. Raises `TurnFailed` for whatever Rasa went on after."""
        asked = turn.request
        read = PlainText(asked.payload, 0) if asked.payload is not None else plain_text(asked.text or "")
        if asked.payload is None:
            await self._encoder.ahead(clean(read.text))
        output = CollectingChannel()
        await handle(
            UserMessage(
                read.text,
                output,
                asked.conversation_id,
                input_channel=self.name(),
                message_id=asked.turn_id,
                metadata={
                    "locale": asked.locale,
                    "session": asked.session,
                    "epoch": asked.epoch,
                    "turn_id": asked.turn_id,
                    "verified_phone": asked.verified_phone,
                    "files": msgspec.to_builtins(asked.files),
                },
            )
        )
        turn.check()
        if turn.saved is None:
            raise TurnFailed("Rasa kept no state")
        return turn.saved, build_answer(asked, turn.saved.tracker, output.messages, read.skipped)


def _json(status: int, body: bytes) -> HTTPResponse:
    return raw(body, status=status, content_type="application/json")


def _error(status: int, what: str, reason: HandoverReason = "assistant_unavailable") -> HTTPResponse:
    return _json(status, msgspec.json.encode(Failure(error=what, reason=reason)))
