"""Rasa component: recognises German or English for each message, as output property `language`.

Guarantee: every message gets "de" or "en". Only evidence in the text overrides the locale the channel reported; a
short, mixed or unreadable text keeps that locale, and without one the component's `default`.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.lexicon import word_scores
from bot.nlu.text import clean, fold

LANGUAGES = ("de", "en")
LANGUAGE = "language"

_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
# Letter groups that are frequent in one language and rare in the other; they decide about words not in any list.
_GERMAN_SHAPE = re.compile(r"sch|ung\b|keit|heit|lich|^ge.*t$|cht|tz|ck(?=en|t)|ei(?=[snt])|pf|ieren$|wo?rt|zu")
_ENGLISH_SHAPE = re.compile(r"th|tion|ing$|wh|ough|ee|oo|ly$|ed$|sh(?!$)|ay$|ow|ea|y$|'(?:s|t|m|ve|re|ll|d)$")
# A clear majority is needed before the text overrules the locale.
_MARGIN = 0.75


def recognise(text: str, locale: str | None = None, default: str = "de") -> str:
    """Returns the language of `text`, or what the locale says when the text does not tell."""
    fallback = (locale or default)[:2].lower()
    if fallback not in LANGUAGES:
        fallback = default
    cleaned = clean(text).lower()
    score = 1.5 if re.search("[äöüß]", cleaned) else 0.0
    known = word_scores()
    for word in _WORD.findall(cleaned)[:60]:
        weight = known.get(fold(word))
        if weight is None and len(word) > 3:
            folded = fold(word)
            weight = 0.3 * (bool(_GERMAN_SHAPE.search(folded)) - bool(_ENGLISH_SHAPE.search(folded)))
        score += weight or 0.0
    if score >= _MARGIN:
        return "de"
    if score <= -_MARGIN:
        return "en"
    return fallback


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LanguageRecognizer(GraphComponent):
    """Sets `language` on each message. Registered as an extractor because it reads texts and needs no training."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._default = config["default"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`default`: the language when neither the text nor the message's metadata tell."""
        return {"default": "de"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageRecognizer:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            locale = (message.get("metadata") or {}).get("locale")
            # A button's payload is no text of the customer.
            own_words = "" if text.startswith(INTENT_MESSAGE_PREFIX) else text
            message.set(LANGUAGE, recognise(own_words, locale, self._default), add_to_output=True)
        return messages
