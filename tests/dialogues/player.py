"""Plays one dialogue over the widget's socket, and says in the customer's words where it went another way.

A step is over when the edge's database says that nothing the customer wrote is open any more; everything up to the
conversation's head is then read from the socket.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Sequence
from typing import Any

import aiohttp

from bot.transparency.wording import Language, wording
from tests.dialogues.script import ByLanguage, Dialogue, Rows, Step, each, spoken
from tests.dialogues.system import System

LONGEST = 600  # characters of one answer, so that it can be read on a phone
PATIENCE = 30.0
# What a customer is identified by, as a column of the demo's customer table.
_CONTACT = {"number": "number", "email": "email", "phone": "phone"}

Event = dict[str, Any]


class Player:
    """One customer with one conversation."""

    def __init__(self, system: System, dialogue: Dialogue, language: Language) -> None:
        self._system = system
        self._dialogue = dialogue
        self._language = language
        self._texts = wording()
        # Everything that the customer's window has got.
        self.events: list[Event] = []
        # The conversation so far, for whoever reads why it failed.
        self._said: list[str] = []
        self._handed_over = False
        self._conversation = ""

    def may_be_handed_over(self) -> None:
        """It is no failure when a person takes over without a step that expects it."""
        self._handed_over = True

    async def play(self) -> None:
        """From the first word to the last.

        Raises:
            AssertionError: what came back was not what was expected; the message holds the conversation.
        """
        self._system.begin(self._dialogue)
        async with aiohttp.ClientSession() as http, http.ws_connect(f"{self._system.base}/widget/ws") as self._ws:
            await self._ws.send_json({"type": "hello", "v": 1, "token": None, "last_seq": 0, "locale": self._language})
            welcome = await self._frame("welcome")
            self._conversation = welcome["conversation"]
            await self._read_up_to(welcome["head_seq"])
            for number, step in enumerate(self._dialogue.steps, 1):
                try:
                    await self._play(step)
                except (AssertionError, asyncio.TimeoutError) as error:
                    told = "\n".join(self._said)
                    raise AssertionError(f"step {number}: {error or 'no answer in time'}\n\n{told}") from None

    # --- what the customer does ---

    async def _play(self, step: Step) -> None:
        before = len(self.events)
        if step.system:
            self._system.become(step.system)
        elif step.press:
            await self._press(spoken(step.press, self._language)[0])
        elif step.prove:
            contact = self._system.crm_rows(
                f"select {_CONTACT[step.prove]} from customer where number = :customer", {"customer": self._customer}
            )
            await self._write([str(contact[0][0])])
            before = len(self.events)
            await self._write([await self._code("right")])
        elif step.code:
            await self._write([await self._code(step.code)])
        else:
            await self._write(step.lines(self._language))
        self._check(step, [event for event in self.events[before:] if event["author"]["kind"] != "customer"])

    @property
    def _customer(self) -> str | None:
        return self._dialogue.customer

    async def _code(self, which: str) -> str:
        code = await self._system.newest_code()
        assert code is not None, "no code was sent"
        return code if which == "right" else f"{(int(code) + 1) % 1_000_000:06d}"

    async def _write(self, lines: Sequence[str]) -> None:
        for line in lines:
            await self._ws.send_json({"type": "msg", "client_id": uuid.uuid4().hex, "text": line})
        await self._answered(len(lines))

    async def _press(self, title: str) -> None:
        for event in reversed(self.events):
            for button in event.get("buttons", ()):
                if self._is_title(title, button["title"]):
                    await self._ws.send_json(
                        {
                            "type": "msg",
                            "client_id": uuid.uuid4().hex,
                            "text": button["title"],
                            "payload": button["id"],
                        }
                    )
                    return await self._answered(1)
        raise AssertionError(f"no button {title!r} was offered")

    # --- reading ---

    async def _answered(self, messages: int) -> None:
        """Read everything until nothing that the customer wrote is open any more."""
        for _ in range(messages):
            await self._frame("ack")
        until = asyncio.get_running_loop().time() + PATIENCE
        while (head := self._system.settled_head(self._conversation)) is None:
            assert asyncio.get_running_loop().time() < until, "no answer in time"
            await asyncio.sleep(0.01)
        await self._read_up_to(head)

    async def _read_up_to(self, head: int) -> None:
        while not self.events or self.events[-1]["seq"] < head:
            await self._frame("event")

    async def _frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind. Events are kept whenever they come; the customer's own lines are shown."""
        while True:
            message = await self._ws.receive(PATIENCE)
            assert message.type is aiohttp.WSMsgType.TEXT, f"the socket closed with {self._ws.close_code}"
            frame: dict[str, Any] = json.loads(message.data)
            assert frame["type"] != "error", f"refused: {frame['message']}"
            if frame["type"] == "event":
                self.events.append(frame)
                titles = "".join(f" [{button['title']}]" for button in frame.get("buttons", ()))
                self._said.append(f"{frame['author']['name']}: {frame['text']}{titles}")
            if frame["type"] == kind:
                return frame

    # --- what must have come back ---

    def _check(self, step: Step, answer: Sequence[Event]) -> None:
        text = _plain("\n".join(event["text"] for event in answer))
        for event in answer:
            assert len(event["text"]) <= LONGEST, f"longer than {LONGEST} characters: {event['text']!r}"
            assert all(source["as_of"] for source in event.get("sources", ())), "a source without its moment"
        for key in each(step.says):
            assert self._says(key, text), f"{key} is not said"
        for key in each(step.silent):
            assert not self._says(key, text), f"{key} is said"
        for part in spoken(step.text, self._language):
            assert _found(part, text), f"{part!r} is not in the answer"
        labels = [_plain(source["label"]) for event in answer for source in event.get("sources", ())]
        for kind in each(step.source):
            assert any(self._is_source(kind, label) for label in labels), f"no source {kind}: {labels}"
        titles = [button["title"] for event in answer for button in event.get("buttons", ())]
        self._check_buttons(step.button, titles)
        self._check_holder(step)
        self._check_records(step)

    def _check_buttons(self, expected: ByLanguage, titles: Sequence[str]) -> None:
        for title in spoken(expected, self._language):
            assert any(self._is_title(title, offered) for offered in titles), f"no button {title}: {titles}"

    def _check_holder(self, step: Step) -> None:
        holder, reason = self._system.holder(self._conversation)
        if step.handover is not None:
            self._handed_over = True
            assert (holder, reason) == ("queue", step.handover), f"held by {holder}: {reason}"
        assert self._handed_over or holder == "bot", f"handed over: {reason}"

    def _check_records(self, step: Step) -> None:
        names = {"customer": self._customer, "conversation": self._conversation}
        level = self._system.edge_rows("select customer_level from conversation where id = :conversation", names)
        if step.identity is not None:
            assert (level[0][0] or "none") == step.identity, f"identity {level[0][0]}"
        if step.call:
            called = self._system.newest_calls(self._conversation)
            assert set(each(step.call)) <= set(called), f"called: {called}"
        for rows, ask in ((step.crm, self._system.crm_rows), (step.edge, self._system.edge_rows)):
            for check in rows:
                found = ask(check.query, {name: value for name, value in names.items() if f":{name}" in check.query})
                assert found == _rows(check), f"{check.query}: {found}"

    def _says(self, key: str, text: str) -> bool:
        template = _plain(self._texts.entries()[key][self._language])
        return re.search(_pattern(template), text, re.DOTALL) is not None

    def _is_source(self, kind: str, label: str) -> bool:
        name, _, record = kind.partition(" ")
        template = _plain(self._texts.entries()[f"source_{name}"][self._language])
        return re.fullmatch(_pattern(template), label) is not None and record in label

    def _is_title(self, expected: str, title: str) -> bool:
        if self._texts.has(expected):
            template = _plain(self._texts.entries()[expected][self._language])
            return re.fullmatch(_pattern(template), _plain(title)) is not None
        return expected == title if not expected.startswith("/") else _found(expected, title)


def _plain(text: str) -> str:
    """Every kind of space, line breaks too, as one space."""
    return " ".join(text.split())


def _pattern(template: str) -> str:
    """A wording as a regular expression: its placeholders match anything, but not nothing."""
    return ".+?".join(re.escape(part) for part in re.split(r"\{\w+\}", template))


def _found(part: str, text: str) -> bool:
    if len(part) > 1 and part.startswith("/") and part.endswith("/"):
        return re.search(part[1:-1], text) is not None
    return _plain(part) in text


def _rows(check: Rows) -> list[tuple[Any, ...]]:
    value = check.is_
    if not isinstance(value, list):
        return [(value,)]
    return [tuple(row) if isinstance(row, list) else (row,) for row in value]
