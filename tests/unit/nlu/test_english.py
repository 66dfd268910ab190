"""The encoder for English computes what its makers' code does, takes any text, and is used only where it helps."""

from __future__ import annotations

import numpy as np
import pytest
from rasa.shared.nlu.training_data.loading import load_data

from bot.nlu import choice
from bot.nlu.choice import choose, lower_by_more_than_chance
from bot.nlu.english import available, encode_english
from bot.nlu.kernel import ENGLISH, MULTILINGUAL
from bot.nlu.model import Options
from bot.settings import ROOT

installed = pytest.mark.skipif(not available(), reason="the extra 'english' is not installed")


def own_examples(first: str, second: str, language: str) -> tuple[list[str], list[str]]:
    """Returns the examples of two intents in one language."""
    found = [
        (str(example.get("text")), str(example.get("intent")))
        for example in load_data(str(ROOT / "data" / "nlu")).intent_examples
        if example.get("intent") in (first, second)
    ]
    other = "en" if language == "de" else "de"
    some = [pair for pair in found if choice.recognise(pair[0], default=other) == language]
    return [text for text, _ in some], [intent for _, intent in some]


@installed
def test_likeness_is_that_of_the_published_model() -> None:
    # The three sentences and their likeness stand in the model's own documentation.
    vectors = encode_english(["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."])
    expected = [[1, 0.6660, 0.1046], [0.6660, 1, 0.1411], [0.1046, 0.1411, 1]]
    assert np.abs(vectors @ vectors.T - expected).max() < 0.001


@installed
@pytest.mark.parametrize(
    "text", ["x" * 5000, "word " * 3000, "日本語 Привет", "😀😀", "_#%&", "naïve café", "\u200b\u200b."]
)
def test_any_text_becomes_a_vector(text: str) -> None:
    assert np.linalg.norm(encode_english([text])[0]) == pytest.approx(1, abs=1e-4)


def test_a_text_without_content_is_no_vector() -> None:
    assert not encode_english(["", "  "]).any()


@installed
def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    texts = ["my internet is down", "where is my invoice", "call me back please", "my internet is down again today"]
    together = encode_english(texts)
    assert max(np.abs(encode_english([text])[0] - row).max() for text, row in zip(texts, together, strict=True)) < 1e-4


def test_a_lower_loss_must_be_more_than_chance() -> None:
    before, noise = np.full(400, 0.5), np.random.default_rng(4).normal(size=400)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    standard_error = 1 / np.sqrt(400)
    assert not lower_by_more_than_chance(before, before)
    assert not lower_by_more_than_chance(before, before + noise)
    assert not lower_by_more_than_chance(before, before + noise - 1.5 * standard_error)
    assert lower_by_more_than_chance(before, before + noise - 1.8 * standard_error)
    assert not lower_by_more_than_chance(before, before + noise + 1.8 * standard_error)


@installed
def test_german_data_never_ask_for_the_encoder_for_english(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, intents = own_examples("talk_to_human", "bot_challenge", "de")
    monkeypatch.setattr(choice, "_losses", lambda *_: pytest.fail("measured, although the data are not English"))
    assert len(texts) > 500
    assert choose(texts, intents, Options()) == Options()


@installed
@pytest.mark.parametrize("better", [True, False])
def test_english_data_get_the_encoders_that_were_less_surprised(monkeypatch: pytest.MonkeyPatch, better: bool) -> None:
    texts, intents = own_examples("talk_to_human", "bot_challenge", "en")

    def losses(texts: list[str], intents: list[str], options: Options) -> np.ndarray:
        return np.full(len(texts), 0.1 if better and ENGLISH in options.encoders else 0.2)

    monkeypatch.setattr(choice, "_losses", losses)
    assert len(texts) > 300
    expected = Options(encoders=(MULTILINGUAL, ENGLISH), adapted=True) if better else Options()
    assert choose(texts, intents, Options()) == expected


def test_without_the_package_the_multilingual_encoder_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, intents = own_examples("talk_to_human", "bot_challenge", "en")
    monkeypatch.setattr(choice, "available", lambda: False)
    monkeypatch.setattr(choice, "_losses", lambda *_: pytest.fail("measured without the package"))
    assert choose(texts, intents, Options()) == Options()
