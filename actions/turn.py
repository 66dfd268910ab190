"""One customer's turn as an action sees it: who speaks, in which language, and what is said back.

A `Turn` collects what is said and reports once at the end. Texts come from the wording files only; an unknown key
raises, the action fails and the turn is tried again or handed over: half a sentence is never said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.context import Context
from actions.crm.models import Customer, Fact, Identifier, Identity
from actions.crm.repository import CrmRepository
from actions.recorder import Recorder
from bot.service.brain_protocol import HandoverReason
from bot.transparency.wording import LANGUAGES, Language, has_words, is_value, language_of

Event = dict[str, Any]
Button = dict[str, str]
Source = dict[str, str]

PERSON = "/talk_to_human"
# The edge carries it out; no action answers it.
CASE = "/make_case"
NOT_UNDERSTOOD = "nlu_fallback"
# When the fixed sentences about the law and about devices were last compared with what they rest on.
REVIEWED_ON = "2026-11-21T00:00:00Z"


@dataclass
class Turn:
    """The tracker read once, and the way to answer."""

    dispatcher: CollectingDispatcher
    tracker: Tracker
    context: Context
    language: Language = field(init=False)
    _recorder: Recorder | None = field(init=False, default=None)
    _report: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.language = spoken_language(self.tracker)

    # --- what the customer said ---

    @property
    def message(self) -> dict[str, Any]:
        return self.tracker.latest_message or {}

    @property
    def text(self) -> str:
        return str(self.message.get("text") or "").strip()

    @property
    def from_button(self) -> bool:
        """Whether the turn is a button's payload. Customer text never reaches the tracker with a leading slash."""
        return self.text.startswith("/")

    @property
    def intent(self) -> str | None:
        return (self.message.get("intent") or {}).get("name")

    def entity(self, name: str) -> str | None:
        """The last value of an entity in this message."""
        found = [entity["value"] for entity in self.message.get("entities") or () if entity["entity"] == name]
        return str(found[-1]) if found else None

    @property
    def likeliest_reading(self) -> str | None:
        """The best reading of a message that was understood nearly, but not surely; None for any other message."""
        ranking = self.message.get("intent_ranking") or ()
        if self.intent != NOT_UNDERSTOOD or self.message.get("decision") != "ask":
            return None
        return next((name for name in (reading["name"] for reading in ranking) if name != NOT_UNDERSTOOD), None)

    def slot(self, name: str) -> str | None:
        return self.tracker.get_slot(name)

    @property
    def files(self) -> dict[str, str]:
        """The messages with files that came with this turn, or that the pressed button is about, and their kind."""
        sent = {str(file["message"]): str(file["kind"]) for file in self.metadata.get("files") or ()}
        if self.from_button and (message := self.entity("file_message")):
            sent[message] = self.entity("file_kind") or "document"
        return sent

    # --- whose conversation it is ---

    @property
    def metadata(self) -> dict[str, Any]:
        return self.message.get("metadata") or {}

    @property
    def conversation_id(self) -> str:
        return self.tracker.sender_id

    @property
    def session(self) -> int:
        """The proof of identity is good for one session of one conversation."""
        return int(self.metadata.get("session") or 1)

    @property
    def turn_id(self) -> str:
        """Stays the same when the turn is tried again."""
        if given := self.metadata.get("turn_id"):
            return str(given)
        latest = next((event for event in _backwards(self.tracker) if event.get("event") == "user"), {})
        return str(latest.get("message_id") or self.message.get("message_id") or "")

    @property
    def write_key(self) -> str:
        """The key of this turn's write to the customer data system: the same when the turn is tried again, by the edge
        or by the customer's button."""
        kept = self.slot("write_key") if self.entity("resume") else None
        return kept or f"{self.conversation_id}:{self.turn_id}"

    # --- the customer data system ---

    @property
    def crm(self) -> CrmRepository:
        if self._recorder is None:
            self._recorder = Recorder(self.context.crm)
        return self._recorder.as_repository()

    async def proven_customer(self) -> Fact[Customer] | None:
        """The customer, if they have proven in this session who they are.

        Whoever writes from a phone that the channel vouches for, and that is on file, proves it by writing.
        """
        proven = await self.crm.proven_customer(self.conversation_id, self.session)
        if proven is None and (phone := self.metadata.get("verified_phone")):
            proven = await self._vouched_by_phone(str(phone))
        if proven is not None:
            self.note_customer(proven.value, "proven")
        return proven

    async def _vouched_by_phone(self, phone: str) -> Fact[Customer] | None:
        vouched = await self.crm.vouch(
            self.conversation_id,
            self.session,
            Identifier(kind="phone", value=phone),
            by="phone",
            voucher=f"phone:{self.conversation_id}:{self.session}",
        )
        if vouched.customer is not None:
            self.say("identity_by_phone")
        return vouched.customer

    # --- answering ---

    def wording(self, key: str, **values: object) -> str:
        return self.context.wording.say(key, self.language, **values)

    def say(
        self, key: str, *, buttons: Sequence[Button] = (), sources: Sequence[Source] = (), **values: object
    ) -> None:
        """Say the text `key`."""
        self.say_text(self.wording(key, **values), buttons=buttons, sources=sources)

    def say_text(self, text: str, *, buttons: Sequence[Button] = (), sources: Sequence[Source] = ()) -> None:
        """Say a text that was put together from wording."""
        self.dispatcher.utter_message(text=text, buttons=list(buttons), sources=list(sources))

    def explain(self, key: str) -> None:
        """Have the edge, which keeps the traces, say why the answer before was given; `key` where there is none."""
        self.dispatcher.utter_message(text=self.wording(key), buttons=[], sources=[], explains=True)

    def button(self, key: str, payload: str, **values: object) -> Button:
        return {"title": self.wording(key, **values), "payload": payload}

    def person(self) -> Button:
        """The button that is never missing where the bot cannot go on by itself."""
        return self.button("button_person", PERSON)

    def case(self) -> Button:
        """The button that makes a case of the request where the bot cannot finish it now."""
        return self.button("button_case", CASE)

    def offer_further(self) -> None:
        """Offer the second of two requests in one message, so that none is dropped. A person reads both anyway."""
        intent = (self.message.get("further") or {}).get("intent")
        if intent is None or self._report.get("handover") or not self.context.wording.has(f"intent_title_{intent}"):
            return
        self.say("further_request", buttons=[self.button(f"intent_title_{intent}", f"/{intent}")])

    def source(self, kind: str, fact: Fact[Any]) -> Source:
        """Where a statement comes from, in the customer's words: "Ihr Vertrag V-204817"."""
        return {
            "label": self.wording(f"source_{kind}", record=fact.record),
            "as_of": _rfc3339(fact.as_of),
            "system": "crm",
            "record": fact.record,
        }

    def source_now(self, kind: str) -> Source:
        """Where it was just looked up that there is nothing: an overview has no record of its own."""
        now = _rfc3339(datetime.now(timezone.utc))
        return {"label": self.wording(f"source_{kind}"), "as_of": now, "system": "crm"}

    def source_reviewed(self, kind: str) -> Source:
        """A statute or manual that a fixed text rests on, as of the day when the text was last compared with it."""
        return {"label": self.wording(f"source_{kind}"), "as_of": REVIEWED_ON, "system": "wording"}

    @property
    def in_form(self) -> bool:
        """Whether a form is being filled. It puts its question, with its buttons, after an answer in between."""
        return self.form is not None

    @property
    def form(self) -> str | None:
        """The form that is being filled."""
        return (self.tracker.active_loop or {}).get("name")

    @property
    def hands_over(self) -> bool:
        """Whether a person was asked for in this turn."""
        return self._report.get("handover") is not None

    # --- reporting to the edge ---

    def hand_over(self, reason: HandoverReason, detail: str | None = None) -> None:
        """Ask for a person. The edge tells the customer about it, so nothing needs to be said here."""
        self._report["handover"] = {"reason": reason, "detail": detail}

    def attach(self, ticket: str, messages: Sequence[str]) -> None:
        """Have the edge, which has the files, bring those of these messages to a ticket."""
        self._report["attach"] = {"ticket": ticket, "messages": list(messages)}

    def ask_case(
        self, number: str, customer: str | None, *, note: str | None = None, messages: Sequence[str] = ()
    ) -> None:
        """Have the edge, which has the cases of the chat, tell the state of one or add to it. `customer`: who has
        proven to be so in this turn."""
        self._report["case"] = {"number": number, "customer": customer, "note": note, "messages": list(messages)}

    def note_customer(self, customer: Customer, level: str) -> None:
        """Tell agents whom the customer claims or has proven to be. The customer never sees it."""
        self._report["customer"] = {"number": customer.number, "name": customer.name, "level": level}

    def note_identity(self, identity: Identity) -> None:
        if identity.customer is not None and identity.level != "none":
            self.note_customer(identity.customer.value, identity.level)

    def slots_after(self, events: Sequence[Event]) -> dict[str, Any]:
        """The slots as they are once these events have happened."""
        changed = {event["name"]: event["value"] for event in events if event.get("event") == "slot"}
        return {**self.tracker.slots, **changed}

    def send_report(self, *, work: str | None, before: str | None) -> None:
        """Send what agents and the trace need to know; says nothing to the customer. `work` is what was answered so far
        (see `actions/work.py`) after this action, and it replaces what was reported `before`."""
        report: dict[str, Any] = {"handover": None, "customer": None, "calls": [], "work": work} | self._report
        if self._recorder is not None:
            report["calls"] = self._recorder.calls
        if before is not None or any(report.values()):
            self.dispatcher.utter_message(report=report)

    # --- what happened before ---

    def begins(self, action: str) -> bool:
        """Whether no action but this one has answered the customer's message yet. Rasa shows a form's validation the
        form itself as running already."""
        own = action.removeprefix("validate_")
        for event in self.events_backwards():
            if event.get("event") == "user":
                return True
            if event.get("event") in {"action", "action_execution_rejected"} and event.get("name") != own:
                return False
        return True

    def events_backwards(self) -> Iterator[Event]:
        return _backwards(self.tracker)


def spoken_language(tracker: Tracker) -> Language:
    """The language to answer in.

    A message of words speaks for itself. A bare number, an address, a code or a button goes on in the language last
    written under the same locale; choosing another locale in the widget starts anew in that one.
    """
    message = tracker.latest_message or {}
    locale = (message.get("metadata") or {}).get("locale")
    if (found := _written_language(message)) is not None:
        return found
    for event in _backwards(tracker):
        if event.get("event") != "user":
            continue
        parsed = {**(event.get("parse_data") or {}), "text": event.get("text")}
        if (event.get("metadata") or {}).get("locale") != locale:
            break
        if (found := _written_language(parsed)) is not None:
            return found
    return language_of(locale)


def _written_language(message: dict[str, Any]) -> Language | None:
    text = str(message.get("text") or "")
    language = message.get("language")
    if text.startswith("/") or not has_words(text) or is_value(text, message.get("entities") or ()):
        return None
    return language if language in LANGUAGES else None


def _backwards(tracker: Tracker) -> Iterator[Event]:
    return reversed(tracker.events or [])


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
