"""Finds every entity of a message: spaCy for vocabulary, patterns for numbers, addresses, days and times.

Guarantee: no text raises, overlapping readings are settled once (the surest wins), and the offsets fit the text as
typed. Only the first `text.MAX_CHARACTERS` characters are read. spaCy runs as a blank tokenizer, so no model is
downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import spacy
from spacy.matcher import PhraseMatcher

from bot.nlu.addresses import find_addresses
from bot.nlu.dates import find_dates, find_times
from bot.nlu.found import Found, readable, without_overlaps
from bot.nlu.identifiers import find_bare_numbers, find_identifiers
from bot.nlu.phrases import Vocabulary, load_vocabulary

# "FritzBox 7590 AX", "Speedport Smart 4": the model belongs to the device.
_MODEL = re.compile(r"\s*-?\s*(\d{4}(?:\s?(?:ax|ac|lte|fiber|cable))?|smart\s?\d?)\b", re.IGNORECASE)

_SPEED_WORD = re.compile(r"gbit|gigabit", re.IGNORECASE)


class EntityFinder:
    """Holds the vocabulary's matchers. Safe to share between threads: finding changes nothing."""

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._vocabulary = vocabulary or load_vocabulary()
        self._tokenizer = {language: spacy.blank(language) for language in ("de", "en")}
        self._matchers = {language: self._matcher(language) for language in self._tokenizer}
        self._values = {
            entity: {written.lower(): value for written, value in words.items()}
            for entity, words in self._vocabulary.words.items()
        }

    def find(self, text: str, language: str, today: date) -> list[Found]:
        """Returns the entities in the order of the text. `today` resolves "morgen"."""
        plain = readable(text)
        return without_overlaps(self._candidates(plain, language if language in self._tokenizer else "de", today))

    def place_of(self, postcode: str) -> str | None:
        """Returns the place of a postcode in the vocabulary."""
        return self._vocabulary.place_of.get(postcode)

    def _candidates(self, text: str, language: str, today: date) -> Iterator[Found]:
        has_digits = any(character.isdigit() for character in text)
        if has_digits or "@" in text:
            yield from find_identifiers(text)
        words = list(self._words(text, language))
        yield from (found for found in words if found.entity == "tariff")
        yield from find_dates(text, today)
        yield from find_times(text)
        yield from find_addresses(text)
        yield from (found for found in words if found.entity == "street")
        yield from (found for found in words if found.entity == "device")
        if has_digits or _SPEED_WORD.search(text):
            yield from find_bare_numbers(text)
        yield from (found for found in words if found.entity == "place")

    def _words(self, text: str, language: str) -> Iterator[Found]:
        nlp = self._tokenizer[language]
        document = nlp.make_doc(text)
        spans = [document[start:end] for _, start, end in self._matchers[language](document)]
        labels = {(start, end): label for label, start, end in self._matchers[language](document)}
        for span in sorted(spans, key=lambda span: -len(span.text)):
            entity = nlp.vocab.strings[labels[(span.start, span.end)]]
            value = self._values[entity].get(span.text.lower(), span.text)
            start, end = span.start_char, span.end_char
            model = _MODEL.match(text, end) if entity == "device" else None
            if model:
                value, end = f"{value} {re.sub(' +', ' ', model[1]).strip()}", model.end()
            yield Found(entity, value, start, end)

    def _matcher(self, language: str) -> PhraseMatcher:
        nlp = self._tokenizer[language]
        matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        for entity, words in self._vocabulary.words.items():
            matcher.add(entity, [nlp.make_doc(written) for written in words])
        return matcher
