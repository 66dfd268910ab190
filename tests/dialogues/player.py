"""Plays one dialogue over its channel, and says in the customer's words where it went another way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from bot.transparency.wording import Language, wording
from tests.dialogues.customers import Customer, Heard, WhatsAppCustomer, WidgetCustomer
from tests.dialogues.script import ByLanguage, Dialogue, Rows, Step, each, spoken
from tests.dialogues.system import System

LONGEST = 600  # characters of one answer, so that it can be read on a phone
# What a customer is identified by, as a column of the demo's customer table.
_CONTACT = {"number": "number", "email": "email", "phone": "phone"}


class Player:
    """One dialogue in one language over one channel."""

    def __init__(self, system: System, dialogue: Dialogue, language: Language, channel: str = "widget") -> None:
        self._system = system
        self._dialogue = dialogue
        self._language = language
        self._channel = channel
        self._texts = wording()
        self._handed_over = False
        # Where the answer to what the customer did last begins, in what they heard.
        self._answer_from = 0

    def may_be_handed_over(self) -> None:
        """It is no failure when a person takes over without a step that expects it."""
        self._handed_over = True

    async def play(self) -> list[Heard]:
        """From the first word to the last; everything that the customer was shown.

        Raises:
            AssertionError: what came back was not what was expected; the message holds the conversation.
        """
        await self._system.begin(self._dialogue)
        self._person = self._begin()
        said = []
        try:
            await self._person.open()
            for number, step in enumerate(self._dialogue.steps, 1):
                acts = (step.press, step.prove, step.code, step.system, step.send)
                did = next((act for act in (step.lines(self._language), *acts) if act), "…")
                said.append(f"> {did}")
                before = len(self._person.heard)
                try:
                    await self._play(step)
                except (AssertionError, asyncio.TimeoutError) as error:
                    told = "\n".join([*said, *map(_line, self._person.heard[before:])])
                    raise AssertionError(f"step {number}: {error or 'no answer in time'}\n\n{told}") from None
                said += map(_line, self._person.heard[before:])
        finally:
            await self._person.close()
        return self._person.heard

    def _begin(self) -> Customer:
        if self._channel == "widget":
            return WidgetCustomer(self._system, self._language)
        person = WhatsAppCustomer(self._system, self._language)
        if self._dialogue.phone == "on_file":
            self._system.put_on_file(str(self._dialogue.customer), person.phone)
        return person

    # --- what the customer does ---

    async def _play(self, step: Step) -> None:
        before = len(self._person.heard)
        if step.system:
            self._system.become(step.system)
            return
        if not step.hear:
            self._answer_from = before
        if step.send:
            await self._person.send(step.send, step.caption.get(self._language, ""))
        elif step.hear:
            # What comes by itself may have come close behind the answer before.
            with_answer = _plain("\n".join(heard.text for heard in self._person.heard[self._answer_from :]))
            if step.says and all(self._says(key, with_answer) for key in each(step.says)):
                before = self._answer_from
            else:
                await self._person.hear()
        elif step.press:
            title = spoken(step.press, self._language)[0]
            pressed = await self._person.press(lambda offered: self._is_title(title, offered))
            assert pressed, f"no button {title!r} was offered"
        elif step.prove:
            await self._person.write([self._contact(step.prove)])
            before = len(self._person.heard)
            await self._person.write([await self._code("right")])
        elif step.code:
            await self._person.write([await self._code(step.code)])
        else:
            await self._person.write([self._filled(line) for line in step.lines(self._language)])
        self._check(step, [heard for heard in self._person.heard[before:] if heard.author != "customer"])

    def _filled(self, line: str) -> str:
        if "{case}" not in line:
            return line
        names = {"conversation": self._person.conversation}
        found = self._system.edge_rows("select number from service_case where conversation_id = :conversation", names)
        return line.replace("{case}", str(found[-1][0]))

    def _contact(self, kind: str) -> str:
        found = self._system.crm_rows(
            f"select {_CONTACT[kind]} from customer where number = :customer", {"customer": self._dialogue.customer}
        )
        return str(found[0][0])

    async def _code(self, which: str) -> str:
        code = await self._system.newest_code()
        assert code is not None, "no code was sent"
        return code if which == "right" else f"{(int(code) + 1) % 1_000_000:06d}"

    # --- what must have come back ---

    def _check(self, step: Step, answer: Sequence[Heard]) -> None:
        text = _plain("\n".join(heard.text for heard in answer))
        for heard in answer:
            assert heard.size <= LONGEST, f"longer than {LONGEST} characters: {heard.text!r}"
            assert heard.dated, "a source without its moment"
        for key in each(step.says):
            assert self._says(key, text), f"{key} is not said"
        for key in each(step.silent):
            assert not self._says(key, text), f"{key} is said"
        for part in spoken(step.text, self._language):
            assert _found(part, text), f"{part!r} is not in the answer"
        labels = [_plain(label) for heard in answer for label in heard.sources]
        for kind in each(step.source):
            assert any(self._is_source(kind, label) for label in labels), f"no source {kind}: {labels}"
        titles = [title for heard in answer for title in heard.titles]
        self._check_buttons(step.button, titles)
        self._check_holder(step)
        self._check_records(step)

    def _check_buttons(self, expected: ByLanguage, titles: Sequence[str]) -> None:
        for title in spoken(expected, self._language):
            assert any(self._is_title(title, offered) for offered in titles), f"no button {title}: {titles}"

    def _check_holder(self, step: Step) -> None:
        holder, reason = self._system.holder(self._person.conversation)
        if step.handover is not None:
            self._handed_over = True
            assert (holder, reason) == ("queue", step.handover), f"held by {holder}: {reason}"
        assert self._handed_over or holder == "bot", f"handed over: {reason}"

    def _check_records(self, step: Step) -> None:
        names = {"customer": self._dialogue.customer, "conversation": self._person.conversation}
        level = self._system.edge_rows("select customer_level from conversation where id = :conversation", names)
        if step.identity is not None:
            assert (level[0][0] or "none") == step.identity, f"identity {level[0][0]}"
        if step.call:
            called = self._system.newest_calls(self._person.conversation)
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


def _line(heard: Heard) -> str:
    """One message for whoever reads why a dialogue failed."""
    return f"{heard.name}: {heard.text}" + "".join(f" [{title}]" for title in heard.titles)


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
