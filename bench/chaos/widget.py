"""A customer's widget without a browser: the same rules as `connectors/widget/static/app/connection.js`.

Every message is offered under one client id until it is acknowledged or refused, after each reconnect again; events are
taken once and in order, and the connection resumes from the last one. What the client saw and was told is kept in a
`Record` for the audit; whatever breaks the socket's promises is noted there at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

# As the widget's, shorter where a run would only wait: the longest back-off is 30 s there.
_WELCOME_WITHIN, _SILENCE = 10.0, 8.0
_BACKOFF_BASE, _BACKOFF_LIMIT = 0.3, 3.0
_PASSING_PAUSE = 1.5
_IN_FLIGHT = 4
_PASSING = {"rate", "unavailable", "internal", "expired"}


@dataclass
class Sent:
    """A message that the customer's client has taken responsibility for."""

    text: str
    payload: str | None
    at: float
    # How often it was offered to a server.
    offers: int = 0
    acknowledged_at: float | None = None
    # Every (message id, seq) that a server acknowledged it with; two different ones are a fault.
    receipts: set[tuple[str, int]] = field(default_factory=set)
    refused: str | None = None


@dataclass
class Record:
    """All that one customer's client knows."""

    conversation: str | None = None
    sent: dict[str, Sent] = field(default_factory=dict)
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)
    # Promises of the socket that were broken, in words.
    faults: list[str] = field(default_factory=list)
    connections: int = 0


class WidgetClient:
    """One customer's chat. `run` keeps it connected until it is cancelled."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        edges: Sequence[str],
        dice: random.Random,
        *,
        locale: str = "de",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.record = Record()
        self.token: str | None = None
        self.human: str | None = None
        self.holder = "bot"
        self.last_seq = 0
        self.changed = asyncio.Event()
        self._http = http
        self._edges = edges
        self._dice = dice
        self._locale = locale
        self._headers = headers or {}
        self._unsent: dict[str, Sent] = {}
        self._in_flight: set[str] = set()
        self._ws: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._is_open = False
        self._attempt = 0
        self._silence_from: float | None = None
        self._timers: set[asyncio.TimerHandle] = set()

    def move(self, edges: Sequence[str]) -> None:
        """Other edges from the next connection on, as when a load balancer takes one out."""
        self._edges = edges

    # --- what the customer does ---

    async def say(self, text: str, payload: str | None = None) -> str:
        """Queue a message; the client id under which it will be offered until it is settled."""
        client_id = str(uuid.UUID(int=self._dice.getrandbits(128), version=4))
        sent = Sent(text=text, payload=payload, at=time.time())
        self.record.sent[client_id] = self._unsent[client_id] = sent
        await self._pump()
        return client_id

    async def offer_twice(self, client_id: str) -> None:
        """Offer a message again although it may have arrived, as a second tab or an impatient line does."""
        if self._is_open:
            await self._offer(client_id)

    async def offer_over_http(self, client_id: str) -> None:
        """The same message over the HTTP fallback, to any edge, at the same time."""
        sent = self.record.sent[client_id]
        body = {"client_id": client_id, "text": sent.text, "payload": sent.payload}
        headers = {"Authorization": f"Bearer {self.token}", **self._headers}
        sent.offers += 1
        with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
            async with self._http.post(
                f"{self._dice.choice(self._edges)}/widget/messages",
                json=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=_SILENCE),
            ) as response:
                if response.status == 200:
                    self._acknowledged(await response.json())

    async def hang_up(self) -> None:
        """The line breaks; the client comes back by itself."""
        if self._ws is not None:
            self._ws._response.close()  # without a closing handshake, as a lost line

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds, at most so long; whether it does."""
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.changed.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.changed.wait(), left)
        return True

    def is_settled(self) -> bool:
        """Whether every message was acknowledged or refused."""
        return not self._unsent

    def heard_after(self, client_id: str) -> bool:
        """Whether anybody but the customer has said something after this message."""
        seq = max((seq for _, seq in self.record.sent[client_id].receipts), default=None)
        if seq is None:
            return False
        return any(at > seq and event["author"]["kind"] != "customer" for at, event in self.record.seen.items())

    def buttons(self) -> list[dict[str, Any]]:
        """The buttons under the newest event that has any."""
        for seq in sorted(self.record.seen, reverse=True):
            if self.record.seen[seq].get("buttons"):
                return list(self.record.seen[seq]["buttons"])
        return []

    # --- the connection ---

    async def run(self) -> None:
        """Stay connected: back off with full jitter, resume, offer what is unsent."""
        try:
            while True:
                code = None
                with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
                    code = await self._connect_once()
                if code == 4401:
                    self.record.faults.append("a valid token was refused")
                    return
                await asyncio.sleep(self._pause(code))
        finally:
            for timer in self._timers:
                timer.cancel()

    def _pause(self, code: int | None) -> float:
        if code == 1012:
            self._attempt = 0
            return self._dice.uniform(0.1, 0.8)
        limit = min(_BACKOFF_LIMIT, _BACKOFF_BASE * 2**self._attempt)
        self._attempt += 1
        return self._dice.uniform(0, limit)

    async def _connect_once(self) -> int | None:
        edge = self._dice.choice(self._edges)
        self._in_flight.clear()
        self._silence_from = None
        async with self._http.ws_connect(
            f"{edge}/widget/ws", headers=self._headers, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)
        ) as ws:
            self._ws = ws
            self.record.connections += 1
            watch = asyncio.create_task(self._watch(ws))
            try:
                await ws.send_json(
                    {"type": "hello", "v": 1, "token": self.token, "last_seq": self.last_seq, "locale": self._locale}
                )
                await self._welcome(await ws.receive_json(timeout=_WELCOME_WITHIN))
                async for message in ws:
                    self._silence_from = None
                    if message.type is aiohttp.WSMsgType.TEXT:
                        await self._take(message.json())
            except TypeError:
                pass  # closed before the welcome: there was no text to read
            finally:
                self._is_open = False
                self._ws = None
                watch.cancel()
            return ws.close_code

    async def _watch(self, ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
        """A line on which nothing comes after something was sent is dead, whatever the socket says."""
        while True:
            await asyncio.sleep(1)
            if self._silence_from is not None and time.monotonic() - self._silence_from > _SILENCE:
                ws._response.close()
                return

    async def _welcome(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "welcome":
            raise ConnectionError(f"{frame['type']} {frame.get('code', '')} instead of a welcome")
        record = self.record
        if record.conversation is not None and frame["conversation"] != record.conversation:
            record.faults.append("the token opened another conversation")
        if frame["head_seq"] < self.last_seq:
            record.faults.append(f"the log ends at {frame['head_seq']}, but {self.last_seq} was seen")
        if frame["mode"] == "snapshot":
            self.last_seq = 0
        record.conversation, self.token = frame["conversation"], frame["token"]
        self.human, self.holder = frame["human"], frame["holder"]
        self._attempt = 0
        self._is_open = True
        self.changed.set()
        await self._pump()

    async def _take(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "event":
            await self._event(frame)
        elif kind == "ack":
            self._acknowledged(frame)
            await self._pump()
        elif kind == "error":
            self._error(frame)
        self.changed.set()

    async def _event(self, frame: dict[str, Any]) -> None:
        seq = frame["seq"]
        if seq != self.last_seq + 1:
            self.record.faults.append(f"event {seq} came after {self.last_seq}")
        before = self.record.seen.get(seq)
        if before is not None and before != frame:
            self.record.faults.append(f"event {seq} changed")
        self.last_seq = seq
        self.holder = frame["holder"]
        self.record.seen[seq] = frame
        own = frame.get("client_id")
        if own in self._unsent:
            self._settle(own)
            await self._pump()
        if self._ws is not None:
            await self._ws.send_json({"type": "ack", "seq": seq})

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        sent = self.record.sent[frame["client_id"]]
        sent.receipts.add((frame["message_id"], frame["seq"]))
        if sent.acknowledged_at is None:
            sent.acknowledged_at = time.time()
        self._settle(frame["client_id"])

    def _settle(self, client_id: str) -> None:
        self._in_flight.discard(client_id)
        self._unsent.pop(client_id, None)
        self.changed.set()

    def _error(self, frame: dict[str, Any]) -> None:
        client_id = frame.get("client_id")
        if client_id is None:
            return
        if frame["code"] in _PASSING:
            loop = asyncio.get_running_loop()
            self._timers.add(
                loop.call_later(self._dice.uniform(0, _PASSING_PAUSE), lambda: loop.create_task(self._again(client_id)))
            )
        else:
            self.record.sent[client_id].refused = frame["code"]
            self._settle(client_id)

    async def _again(self, client_id: str) -> None:
        self._in_flight.discard(client_id)
        await self._pump()

    async def _pump(self) -> None:
        """Offer unsent messages in order, a few at a time."""
        if not self._is_open:
            return
        for client_id in tuple(self._unsent):
            if len(self._in_flight) >= _IN_FLIGHT:
                return
            if client_id not in self._in_flight:
                self._in_flight.add(client_id)
                await self._offer(client_id)

    async def _offer(self, client_id: str) -> None:
        sent = self.record.sent[client_id]
        payload = self.human if sent.payload == "human" else sent.payload
        sent.offers += 1
        frame = {"type": "msg", "client_id": client_id, "text": sent.text, **({"payload": payload} if payload else {})}
        if self._silence_from is None:
            self._silence_from = time.monotonic()
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            if self._ws is not None:
                await self._ws.send_json(frame)
