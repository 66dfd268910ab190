"""Runs single actions on a tracker that is built by hand, and shows what they said and did."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import KlartextAction
from actions.context import Context
from actions.crm.repository import CrmRepository
from actions.identity import IdentityForm


@dataclass
class Outcome:
    """What an action said, reported and remembered."""

    messages: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def texts(self) -> list[str]:
        return [message["text"].replace("\xa0", " ") for message in self.messages if message["text"]]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def payloads(self) -> list[str]:
        return [button["payload"] for message in self.messages for button in message["buttons"]]

    @property
    def sources(self) -> list[dict[str, str]]:
        return [source for message in self.messages for source in message.get("sources", [])]

    @property
    def report(self) -> dict[str, Any]:
        return next((message["report"] for message in self.messages if "report" in message), {})

    @property
    def slots(self) -> dict[str, Any]:
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}

    @property
    def left_form(self) -> bool:
        return {"event": "active_loop", "name": None, "timestamp": None} in self.events


def user_event(text: str, language: str = "de", locale: str | None = None) -> dict[str, Any]:
    return {
        "event": "user",
        "text": text,
        "parse_data": {"language": language, "intent": {"name": None}},
        "metadata": {"locale": locale or language},
    }


@dataclass
class Talker:
    """One conversation's constant parts."""

    context: Context
    conversation: str = "c-1"
    session: int = 1
    language: str = "de"
    verified_phone: str | None = None

    async def run(
        self,
        action: type[KlartextAction],
        text: str = "",
        *,
        intent: str | None = None,
        entities: dict[str, str] | None = None,
        starts: dict[str, int] | None = None,
        slots: dict[str, Any] | None = None,
        form: str | None = None,
        events: list[dict[str, Any]] | None = None,
        ranking: list[str] | None = None,
        further: str | None = None,
        turn_id: str = "t-1",
    ) -> Outcome:
        metadata = {"locale": self.language, "session": self.session, "epoch": 1, "turn_id": turn_id}
        if self.verified_phone:
            metadata["verified_phone"] = self.verified_phone
        message = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.9},
            "intent_ranking": [{"name": name, "confidence": 0.1} for name in ranking or ()],
            "entities": [
                {"entity": name, "value": value, "start": (starts or {}).get(name)}
                for name, value in (entities or {}).items()
            ],
            "language": self.language,
            "decision": "ask" if ranking else "handover",
            "further": {"intent": further, "confidence": 0.9, "text": text} if further else None,
            "metadata": metadata,
        }
        tracker = Tracker(
            sender_id=self.conversation,
            slots=slots or {},
            latest_message=message,
            events=events or [],
            paused=False,
            followup_action=None,
            active_loop={"name": form} if form else {},
            latest_action_name="action_listen",
        )
        dispatcher = CollectingDispatcher()
        done = await action(self.context).run(dispatcher, tracker, {})
        return Outcome(dispatcher.messages, done)

    async def prove(self, number: str, crm: CrmRepository) -> None:
        """Prove to be a customer, by the real way."""
        await self.run(
            IdentityForm, number, slots={"requested_slot": "identifier"}, form="identity_form", intent="inform"
        )
        done = await self.run(
            IdentityForm, await sent_code(crm), slots={"requested_slot": "code"}, form="identity_form", intent="inform"
        )
        assert done.report["customer"]["level"] == "proven"


async def sent_code(crm: CrmRepository) -> str:
    """The code in the newest mail or text message."""
    newest = (await crm.notifications(1))[0]
    found = re.search(r"\b(\d{3}) ?(\d{3})\b", newest.body)
    assert found is not None, newest.body
    return found.group(1) + found.group(2)
