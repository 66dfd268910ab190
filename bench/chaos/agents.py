"""What the agents of the kill test do, over the desk's real interface: claim, take over, reply, hand back, vanish.

An agent follows the desk's socket, resumes it from the last position, and repeats a reply under the same client id
until there is a definite answer. What the agent was told is kept for the audit.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_HEADER = {"X-Klartext-Desk": "1"}
_TIMEOUT = aiohttp.ClientTimeout(total=8)
# A reply that gets no definite answer is repeated for so long, in seconds.
_PERSISTENCE = 60.0


@dataclass
class Reply:
    """A reply that an agent sent: what became of it as far as the agent knows."""

    conversation: str
    text: str
    offers: int = 0
    receipts: set[tuple[str, int]] = field(default_factory=set)
    refused: str | None = None


@dataclass
class Shift:
    """All that one agent's client knows."""

    login: str
    # (conversation, client id) -> reply
    replies: dict[tuple[str, str], Reply] = field(default_factory=dict)
    claims: int = 0
    refused_claims: int = 0
    takeovers: int = 0
    handbacks: int = 0
    vanished: int = 0
    # (conversation, seq) -> event, as the desk's socket showed it
    seen: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    # Positions of the stream that the socket passed over: only chats in which nobody has said anything yet.
    skipped: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    connections: int = 0


class AgentClient:
    """One agent at the desk. `work` runs until `leave`."""

    def __init__(
        self,
        edges: Sequence[str],
        login: str,
        password: str,
        dice: random.Random,
        *,
        absence: float,
        claims: float = 0.7,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.shift = Shift(login=login)
        self._edges = edges
        self._password = password
        self._dice = dice
        # Seconds for which an agent who vanishes is away, and the share of waiting conversations that are claimed.
        self._absence, self._claims = absence, claims
        self._headers = {**_HEADER, **(headers or {})}
        # Cookies of loopback addresses; one session of an agent is good on every node.
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=_TIMEOUT)
        self._position = 0
        self._known: dict[str, dict[str, Any]] = {}
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._leaving = False
        self._away_until = 0.0
        self._ws: aiohttp.ClientWebSocketResponse[bool] | None = None

    async def log_in(self) -> None:
        """Try until an edge lets the agent in."""
        while True:
            status, _ = await self._post("login", {"login": self.shift.login, "password": self._password})
            if status == 200:
                return
            if status in {401, 429}:
                raise RuntimeError(f"{self.shift.login} cannot log in: {status}")
            await asyncio.sleep(self._dice.uniform(0.1, 0.5))

    async def work(self) -> None:
        """Follow the desk and serve what waits, until told to leave."""
        follower = asyncio.create_task(self._follow())
        try:
            while not self._leaving:
                with contextlib.suppress(asyncio.TimeoutError):
                    summary = await asyncio.wait_for(self._waiting.get(), 0.5)
                    await self._serve(summary)
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    def leave(self) -> None:
        """Finish what is held, then go."""
        self._leaving = True

    def move(self, edges: Sequence[str]) -> None:
        """Other edges from the next request on."""
        self._edges = edges

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    # --- what an agent does ---

    async def _serve(self, seen: dict[str, Any]) -> None:
        conversation = seen["id"]
        summary = self._known.get(conversation, seen)
        if summary["holder"] not in {"queue", "bot"} or self._leaving:
            return
        takes_over = summary["holder"] == "bot"
        await asyncio.sleep(self._dice.uniform(0, 0.4))
        status, _ = await self.insist(f"conversations/{conversation}/claim", {"epoch": summary["epoch"]})
        if status != 200:
            self.shift.refused_claims += 1
            return
        self.shift.claims += 1
        self.shift.takeovers += takes_over
        if self._dice.random() < 0.06:
            # Gone without a word: the deadline has to bring the conversation back to the queue.
            self.shift.vanished += 1
            self._away_until = time.monotonic() + self._absence
            if self._ws is not None:
                await self._ws.close()
            await asyncio.sleep(self._absence)
            return
        for _ in range(self._dice.randint(0, 3)):
            await self.reply(conversation, offers=2 if self._dice.random() < 0.1 else 1)
            await asyncio.sleep(self._dice.uniform(0.05, 0.5))
        if self._dice.random() < 0.92:
            status, _ = await self.insist(f"conversations/{conversation}/handback", {"note": "erledigt"})
            self.shift.handbacks += status == 200

    async def reply(self, conversation: str, text: str | None = None, *, offers: int = 1) -> Reply:
        """Write to the customer, the same message `offers` times at once."""
        client_id = uuid.UUID(int=self._dice.getrandbits(128), version=4).hex
        reply = Reply(conversation=conversation, text=text or f"Antwort von {self.shift.login}, {client_id}")
        self.shift.replies[conversation, client_id] = reply
        body = {"client_id": client_id, "text": reply.text}
        answers = await asyncio.gather(
            *(self.insist(f"conversations/{conversation}/messages", body, reply) for _ in range(offers))
        )
        for status, answer in answers:
            if status == 200:
                reply.receipts.add((answer["message_id"], answer["seq"]))
            elif status:
                reply.refused = answer.get("code", str(status))
        return reply

    async def insist(self, path: str, body: dict[str, Any], reply: Reply | None = None) -> tuple[int, dict[str, Any]]:
        """Repeat a request until an edge gives a definite answer; status 0 when none did in time."""
        until = time.monotonic() + _PERSISTENCE
        while time.monotonic() < until:
            if reply is not None:
                reply.offers += 1
            status, answer = await self._post(path, body)
            if 0 < status < 500:
                return status, answer
            await asyncio.sleep(self._dice.uniform(0.1, 0.6))
        return 0, {}

    async def _post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = f"{self._dice.choice(self._edges)}/desk/api/{path}"
        with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
            async with self._http.post(url, json=body, headers=self._headers) as response:
                return response.status, await response.json()
        return 0, {}

    # --- the stream ---

    async def _follow(self) -> None:
        while True:
            if time.monotonic() >= self._away_until:
                with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
                    await self._follow_once()
            await asyncio.sleep(self._dice.uniform(0.1, 0.6))

    async def _follow_once(self) -> None:
        edge = self._dice.choice(self._edges)
        async with self._http.ws_connect(
            f"{edge}/desk/ws", headers=self._headers, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)
        ) as ws:
            self._ws = ws
            self.shift.connections += 1
            await ws.send_json({"type": "hello", "v": 1, "position": self._position})
            async for message in ws:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                frame = message.json()
                if frame["type"] == "welcome":
                    self._welcome(frame)
                    await self._look_around(edge)
                elif frame["type"] == "change":
                    self._change(frame)
        self._ws = None

    def _welcome(self, frame: dict[str, Any]) -> None:
        if frame["position"] < self._position:
            self.shift.faults.append(f"the stream went back to {frame['position']} from {self._position}")
        self._position = frame["position"]

    async def _look_around(self, edge: str) -> None:
        """What waits already when an agent comes."""
        async with self._http.get(f"{edge}/desk/api/conversations?view=waiting", headers=self._headers) as response:
            if response.status == 200:
                for summary in (await response.json())["conversations"]:
                    self._known[summary["id"]] = summary
                    self._consider(summary)

    def _change(self, frame: dict[str, Any]) -> None:
        if frame["position"] <= self._position:
            self.shift.faults.append(f"change {frame['position']} came after {self._position}")
        self.shift.skipped += range(self._position + 1, frame["position"])
        self._position = frame["position"]
        summary, event = frame["summary"], frame["event"]
        before = self._known.get(summary["id"])
        self._known[summary["id"]] = summary
        if event is not None:
            self.shift.seen[summary["id"], event["seq"]] = event
        if before is None or before["epoch"] != summary["epoch"] or before["holder"] == "bot":
            self._consider(summary)

    def _consider(self, summary: dict[str, Any]) -> None:
        wanted = self._claims if summary["holder"] == "queue" else 0.004 if summary["holder"] == "bot" else 0.0
        if self._dice.random() < wanted and self._waiting.qsize() < 4:
            self._waiting.put_nowait(summary)
