"""Help with routers and Wi-Fi, by topic and device; public.

The texts are the company's own and say as of when they were reviewed. What they do not solve goes on as a fault or to a
person.
"""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions import law
from actions.base import Service
from actions.choices import button, choice
from actions.form import Ask, Done, Form, Step
from actions.patterns import any_of
from actions.phrases import does_not_know
from actions.turn import Event, Turn

TOPIC, DEVICE = "router_topic", "router_device"
# A router of the customer's own: what the law gives.
OWN = "own"
# Topics, and the devices that each has a text of its own for: `router_<topic>_<device>`.
TOPICS: dict[str, tuple[str, ...]] = {
    "wifi_password": ("fritzbox", "router", "ont"),
    "wifi_weak": ("router",),
    "restart": ("router", "ont", "repeater"),
    "lights": ("fritzbox", "ont", "router"),
    "setup": ("fritzbox", "ont", "repeater", "router"),
    "reset": ("fritzbox", "ont", "router"),
    OWN: ("router",),
}
DEVICES = ("fritzbox", "ont", "repeater", "router")
_TOPIC_WORDS = (
    (OWN, any_of(r"\beigene[nrms]?\b", r"\bmy own\b", r"\bown (router|modem)\b", r"router passt")),
    (
        "wifi_password",
        any_of(
            r"passw\w*",
            r"kennwort",
            r"schlüssel",
            r"\bkey\b",
            r"\bssid\b",
            r"wlan-?name",
            r"network name",
            r"umbenenn",
            r"rename",
        ),
    ),
    ("reset", any_of(r"werks\w*", r"zurücksetz\w*", r"\breset\w*", r"factory")),
    ("restart", any_of(r"neu ?start\w*", r"\bre(start|boot)\w*")),
    (
        "lights",
        any_of(
            r"lamp\w*", r"leucht\w*", r"\bleds?\b", r"blink\w*", r"\blights?\b", r"\brot\b", r"\bred\b", r"licht\w*"
        ),
    ),
    (
        "wifi_weak",
        any_of(
            r"reichweite",
            r"schwach\w*",
            r"empfang",
            r"signal",
            r"\bweak\b",
            r"range",
            r"coverage",
            r"küche",
            r"keller",
            r"oben",
            r"zimmer",
            r"room",
            r"upstairs",
            r"schlecht\w*",
            r"abbr\w*",
            r"drops?",
        ),
    ),
    (
        "setup",
        any_of(
            r"einricht\w*",
            r"\bricht\w*\b.{0,40}\bein\b",
            r"\bschlie\w*\b.{0,40}\ban\b",
            r"anschlie\w*",
            r"installier\w*",
            r"verbind\w*",
            r"konfigur\w*",
            r"set ?up",
            r"install",
            r"connect",
            r"configure",
            r"zugangsdaten",
            r"neue\w* router",
            r"new router",
        ),
    ),
)
_DEVICE_WORDS = (
    ("fritzbox", any_of(r"fri?t?z")),
    ("ont", any_of(r"\bont\b", r"glasfaser", r"fibre", r"fiber", r"modem")),
    ("repeater", any_of(r"repeater", r"verstärker", r"extender", r"powerline", r"mesh", r"dlan")),
    ("router", any_of(r"router", r"speedport", r"box", r"ander\w*", r"other", r"else")),
)


def topic_in(text: str) -> str | None:
    """What it is about, by the words used."""
    return next((topic for topic, words in _TOPIC_WORDS if words.search(text)), None)


def device_in(text: str) -> str | None:
    """Which device it is about, by the words used."""
    return next((device for device, words in _DEVICE_WORDS if words.search(text)), None)


def text_key(topic: str, device: str) -> str:
    """The text for a device, or that for any router where the device makes no difference."""
    if topic == OWN:
        return "law_73_router"
    return f"router_{topic}_{device if device in TOPICS[topic] else 'router'}"


class RouterHelp(Service):
    """What to do, for this topic and device."""

    action_name = "action_router_help"
    identity = "none"
    intent = "router_help"

    async def serve(self, turn: Turn) -> list[Event]:
        if not self.resumed(turn):
            said = "" if turn.from_button else turn.text
            device = device_in(turn.entity("device") or said) if said else None
            return [SlotSet(TOPIC, topic_in(said)), SlotSet(DEVICE, device), *self.ask_with("router_form")]
        topic = turn.slot(TOPIC) or "restart"
        source = law.source(turn, "73") if topic == OWN else turn.source_reviewed("devices")
        turn.say(text_key(topic, turn.slot(DEVICE) or "router"), sources=[source])
        turn.say(
            "router_further",
            buttons=[
                turn.button("intent_title_report_fault", "/report_fault"),
                turn.button("button_other_topic", "/router_help"),
                turn.person(),
            ],
        )
        return [SlotSet(TOPIC, None), SlotSet(DEVICE, None)]


class RouterForm(Form):
    """Topic, then device where it makes a difference."""

    action_name = "validate_router_form"
    slots = (TOPIC, DEVICE)
    own_intents = frozenset({"router_help", "slow_internet"})

    async def open(self, turn: Turn) -> Step:
        return self._go_on(turn, turn.slot(TOPIC), turn.slot(DEVICE))

    def is_plain_answer(self, turn: Turn, slot: str) -> bool:
        if slot == DEVICE and does_not_know(turn.text):
            return True
        return len(turn.text.split()) <= 3 and (topic_in if slot == TOPIC else device_in)(turn.text) is not None

    async def take(self, turn: Turn, slot: str) -> Step | None:
        said = choice(turn)
        if said is None and turn.from_button:
            return None
        if slot == TOPIC:
            topic = said or topic_in(turn.text)
            device = turn.slot(DEVICE) or (None if said else device_in(turn.entity("device") or turn.text))
            return self._go_on(turn, topic, device) if topic in TOPICS else None
        device = said or device_in(turn.entity("device") or turn.text)
        if device is None and does_not_know(turn.text):
            device = "router"  # what holds for any
        return self._go_on(turn, turn.slot(TOPIC), device) if device in DEVICES else None

    def ask(self, turn: Turn, slot: str) -> None:
        if slot == TOPIC:
            topics = [button(turn, f"router_topic_{topic}", topic) for topic in TOPICS]
            turn.say("router_ask_topic", buttons=[*topics, turn.person()])
        else:
            devices = [button(turn, f"router_device_{device}", device) for device in DEVICES]
            turn.say("router_ask_device", buttons=[*devices, turn.person()])

    def explain(self, turn: Turn, slot: str) -> None:
        self.ask(turn, slot)

    def _go_on(self, turn: Turn, topic: str | None, device: str | None) -> Step:
        memory = {TOPIC: topic, DEVICE: device}
        if topic is None:
            self.ask(turn, TOPIC)
            return Ask(TOPIC, memory)
        if device is None and len(TOPICS[topic]) > 1:
            self.ask(turn, DEVICE)
            return Ask(DEVICE, memory)
        return Done(serve=True, memory=memory)
