"""A customer at one end of a channel: writes, presses buttons, and hears what comes back.

Whatever the channel, an action is over when the edge's database says that nothing the customer wrote is open any more,
and everything said since has arrived. Both ways use the real doors: the widget its socket, WhatsApp the signed webhook
and a stand-in of the provider that refuses what the provider refuses.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.transparency.wording import Language, wording
from connectors.whatsapp.standin import Accepted
from tests.dialogues.script import FileKind
from tests.dialogues.system import System

PATIENCE = 30.0
# Numbers that can exist, one for each conversation: who writes from a British one is greeted in English.
_NUMBERS = {"de": itertools.count(491511000001), "en": itertools.count(447700900001)}
_FILES: dict[FileKind, bytes] = {
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(2000),
    "document": b"%PDF-1.7\n" + bytes(2000),
}


@dataclass(frozen=True)
class Heard:
    """One message as it arrived."""

    author: str  # customer, bot, human or system
    name: str
    text: str  # without the label and sources that plain text carries
    size: int  # characters of all that is shown as one message
    titles: tuple[str, ...]  # of its buttons or rows
    sources: tuple[str, ...]  # their labels
    dated: bool  # whether each source has its moment
    as_it_came: Any


class Customer(ABC):
    """One customer with one conversation."""

    def __init__(self, system: System, language: Language) -> None:
        self._system = system
        self._language = language
        # Everything that the customer was shown, their own words too where the channel shows them.
        self.heard: list[Heard] = []

    @property
    @abstractmethod
    def conversation(self) -> str:
        """Its id; empty before the first word."""

    @abstractmethod
    async def open(self) -> None:
        """Begin."""

    @abstractmethod
    async def close(self) -> None:
        """End."""

    @abstractmethod
    async def write(self, lines: Sequence[str]) -> None:
        """Write these one after the other, and read what comes back."""

    @abstractmethod
    async def send(self, kind: FileKind, caption: str) -> None:
        """Send a file, with a word about it or without, and read what comes back."""

    @abstractmethod
    async def hear(self) -> None:
        """Wait for what comes by itself."""

    @abstractmethod
    async def press(self, is_meant: Callable[[str], bool]) -> bool:
        """Press the newest button whose title is meant; False if there is none."""

    async def _until(self, value: Callable[[], Any]) -> Any:
        until = asyncio.get_running_loop().time() + PATIENCE
        while (found := value()) is None:
            assert asyncio.get_running_loop().time() < until, "no answer in time"
            await asyncio.sleep(0.01)
        return found


class WidgetCustomer(Customer):
    """Over the widget's socket."""

    _conversation = ""

    @property
    def conversation(self) -> str:
        return self._conversation

    async def open(self) -> None:
        self._http = aiohttp.ClientSession()
        self._ws = await self._http.ws_connect(f"{self._system.base}/widget/ws")
        await self._ws.send_json({"type": "hello", "v": 1, "token": None, "last_seq": 0, "locale": self._language})
        welcome = await self._frame("welcome")
        self._conversation, self._token = welcome["conversation"], welcome["token"]
        await self._read_up_to(welcome["head_seq"])

    async def close(self) -> None:
        await self._http.close()

    async def write(self, lines: Sequence[str]) -> None:
        for line in lines:
            await self._ws.send_json({"type": "msg", "client_id": uuid.uuid4().hex, "text": line})
        await self._answered(len(lines))

    async def send(self, kind: FileKind, caption: str) -> None:
        form = aiohttp.FormData({"client_id": uuid.uuid4().hex, "text": caption})
        form.add_field("file", _FILES[kind], filename=f"{kind}.bin", content_type="application/octet-stream")
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._http.post(f"{self._system.base}/widget/files", data=form, headers=headers) as response:
            assert response.status == 200, await response.text()
        await self._answered(0)

    async def hear(self) -> None:
        await self._frame("event")

    async def press(self, is_meant: Callable[[str], bool]) -> bool:
        for heard in reversed(self.heard):
            for button in heard.as_it_came.get("buttons", ()):
                if is_meant(button["title"]):
                    pressed = {"text": button["title"], "payload": button["id"]}
                    await self._ws.send_json({"type": "msg", "client_id": uuid.uuid4().hex, **pressed})
                    await self._answered(1)
                    return True
        return False

    async def _answered(self, messages: int) -> None:
        for _ in range(messages):
            await self._frame("ack")
        await self._read_up_to(await self._until(lambda: self._system.settled_head(self.conversation)))

    async def _read_up_to(self, head: int) -> None:
        while not self.heard or self.heard[-1].as_it_came["seq"] < head:
            await self._frame("event")

    async def _frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind. Events are kept whenever they come."""
        while True:
            message = await self._ws.receive(PATIENCE)
            assert message.type is aiohttp.WSMsgType.TEXT, f"the socket closed with {self._ws.close_code}"
            frame: dict[str, Any] = json.loads(message.data)
            assert frame["type"] != "error", f"refused: {frame['message']}"
            if frame["type"] == "event":
                sources = frame.get("sources", ())
                self.heard.append(
                    Heard(
                        author=frame["author"]["kind"],
                        name=frame["author"]["name"],
                        text=frame["text"],
                        size=len(frame["text"]),
                        titles=tuple(button["title"] for button in frame.get("buttons", ())),
                        sources=tuple(source["label"] for source in sources),
                        dated=all(source["as_of"] for source in sources),
                        as_it_came=frame,
                    )
                )
            if frame["type"] == kind:
                return frame


class WhatsAppCustomer(Customer):
    """From a phone that nobody has written from before, over the signed webhook."""

    def __init__(self, system: System, language: Language) -> None:
        super().__init__(system, language)
        self._number = str(next(_NUMBERS[language]))

    @property
    def phone(self) -> str:
        """Its number, as the customer data has numbers."""
        return f"+{self._number}"

    @property
    def conversation(self) -> str:
        return self._system.conversation_of(self._number)

    async def open(self) -> None:
        """Nothing is open before the first word."""

    async def close(self) -> None:
        """A phone does not hang up."""

    async def write(self, lines: Sequence[str]) -> None:
        for line in lines:
            await self._system.phones.write(self._number, line)
        await self._answered()

    async def send(self, kind: FileKind, caption: str) -> None:
        more = {"caption": caption} if caption else {}
        kinds = {"picture": "image", "document": "document"}
        await self._system.phones.send_file(self._number, kinds[kind], _FILES[kind], **more)
        await self._answered()

    async def hear(self) -> None:
        known = len(self.heard)
        await self._until(lambda: len(self._system.phones.shown(self._number)) > known or None)
        await self._answered()

    async def press(self, is_meant: Callable[[str], bool]) -> bool:
        for heard in reversed(self.heard):
            for choice in heard.as_it_came.choices:
                if is_meant(_title(choice)):
                    await self._system.phones.press(self._number, heard.as_it_came, choice["id"])
                    await self._answered()
                    return True
        return False

    async def _answered(self) -> None:
        await self._until(lambda: self._system.delivered(self._number) or None)
        new = self._system.phones.shown(self._number)[len(self.heard) :]
        self.heard.extend(_heard(message, self._language) for message in new)


def _title(choice: dict[str, str]) -> str:
    """What a choice says: a long title stands whole below its row."""
    return choice.get("description") or choice["title"]


def _heard(message: Accepted, language: Language) -> Heard:
    """A message on the phone, taken apart into what its author wrote and what plain text adds."""
    words = wording()
    label, _, text = message.text.partition(" · ")
    authors = {words.say(f"whatsapp_label_{kind}", language): kind for kind in ("bot", "system")}
    source = re.escape(words.entries()["whatsapp_source"][language])
    source = source.replace(r"\{label\}", "(?P<label>.+)").replace(r"\{as_of\}", "(?P<as_of>.+)")
    lines = [(line, re.fullmatch(source, line)) for line in text.splitlines()]
    found = [match for _, match in lines if match]
    return Heard(
        author=authors.get(label, "human"),
        name=label,
        text="\n".join(line for line, match in lines if not match),
        size=len(message.text),
        titles=tuple(_title(choice) for choice in message.choices),
        sources=tuple(match["label"] for match in found),
        dated=all(match["as_of"] for match in found),
        as_it_came=message,
    )
