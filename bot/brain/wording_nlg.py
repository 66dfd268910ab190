"""Rasa's `utter_…` actions say texts of `data/wording`, in the language of the customer's message.

Guarantee: `utter_x` says wording `utter_x` whole, in German or English, with the buttons that the domain
lists for it (the payload stands in the domain, the title is a wording key). A text that does not exist, or
needs a value that no slot and no action gives, fails the turn: it is recorded and raised.
"""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.brain.turn import record_failure
from bot.transparency.wording import LANGUAGES, Wording, wording


def message_language(tracker: DialogueStateTracker) -> str:
    """Language of the newest message: recognised, else the customer's locale, else German."""
    message = tracker.latest_message
    if message is not None:
        for found in (message.parse_data.get("language"), (message.metadata or {}).get("locale")):
            if found in LANGUAGES:
                return found
    return "de"


class WordingGenerator(TemplatedNaturalLanguageGenerator):
    """Named in `endpoints.yml`. Being a template generator, it is given the domain's responses with each model."""

    def __init__(
        self,
        endpoint_config: EndpointConfig | None = None,
        domain: Domain | None = None,
        texts: Wording | None = None,
    ) -> None:
        super().__init__(domain.responses if domain else {})
        self._texts = texts

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **values: Any
    ) -> dict[str, Any]:
        """Text and buttons of `utter_action`. Raises `WordingError`, with the failure recorded."""
        try:
            return self._say(utter_action, tracker, values)
        except Exception as error:
            record_failure(f"response {utter_action}: {error}")
            raise

    def _say(self, utter_action: str, tracker: DialogueStateTracker, values: dict[str, Any]) -> dict[str, Any]:
        texts = self._texts or wording()
        language = message_language(tracker)
        filled = {
            name: value
            for name, value in {**tracker.current_slot_values(), **values}.items()
            if value is not None and name not in {"key", "language"}
        }
        message: dict[str, Any] = {"text": texts.say(utter_action, language, **filled)}
        variants = self.responses.get(utter_action) or [{}]
        buttons = variants[0].get("buttons") or []
        if buttons:
            message["buttons"] = [
                {"title": texts.say(button["title"], language, **filled), "payload": button["payload"]}
                for button in buttons
            ]
        return message
