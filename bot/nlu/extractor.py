"""Rasa component: puts the entities that `entities.EntityFinder` finds on each message.

Guarantee: values are normalised, the IBAN's is masked and so is its `text`; existing entities stay. A payload of a
button ("/intent{...}") is left to Rasa. Needs no annotated training data and no training.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.entities import EntityFinder
from bot.nlu.found import Found
from bot.nlu.phrases import HERE, load_vocabulary


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ServiceEntityExtractor(GraphComponent):
    """Entities of customer service: numbers, addresses, days, devices. Reads `language` if a component set it."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._finder = EntityFinder(load_vocabulary(Path(config["vocabulary"] or HERE)))
        self._time_zone = ZoneInfo(config["time_zone"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`vocabulary`: folder with places.yml, streets.yml, devices.yml, tariffs.yml; `time_zone`: of "heute"."""
        return {"vocabulary": None, "time_zone": "Europe/Berlin"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ServiceEntityExtractor:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        today = datetime.now(self._time_zone).date()
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith(INTENT_MESSAGE_PREFIX):
                continue
            found = self._finder.find(text, message.get("language") or "de", today)
            entities = [*(message.get(ENTITIES) or []), *(self._as_rasa(text, entity) for entity in found)]
            message.set(ENTITIES, entities, add_to_output=True)
        return messages

    def _as_rasa(self, text: str, found: Found) -> dict[str, Any]:
        entity: dict[str, Any] = {
            "entity": found.entity,
            "value": found.value,
            "text": found.value if found.entity == "iban" else text[found.start : found.end],
            "start": found.start,
            "end": found.end,
            "extractor": type(self).__name__,
        }
        if found.entity == "postcode" and (place := self._finder.place_of(found.value)):
            entity["place"] = place
        return entity
