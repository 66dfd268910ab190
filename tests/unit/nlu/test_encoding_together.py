"""Texts of one moment are encoded in one go, each task gets its own vector, and nothing depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from bot.nlu import encoder
from bot.nlu.encoder import DIMENSIONS, EncodeTogether, encode, moment_of


class CountingEncoder:
    """Gives every text a vector of its length, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.broken = False

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked.append(list(texts))
        if self.broken:
            raise RuntimeError("no weights")
        return np.array([[len(text)] * DIMENSIONS for text in texts], dtype=np.float32)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    stand_in = CountingEncoder()

    class Cache:
        currsize = 1

        def __call__(self) -> CountingEncoder:
            return stand_in

        def cache_info(self) -> Cache:
            return self

    monkeypatch.setattr(encoder, "_encoder", Cache())
    return stand_in


async def turn(together: EncodeTogether, text: str) -> float:
    await together.ahead(text)
    return float(encode([text])[0, 0])


async def test_texts_of_one_moment_are_one_call_and_everybody_gets_the_own_vector(loaded: CountingEncoder) -> None:
    together = EncodeTogether()
    texts = ["ja", "Hallo", "ja", "", "Wo ist meine Rechnung?"]
    assert await asyncio.gather(*(turn(together, text) for text in texts)) == [len(text) for text in texts]
    assert loaded.asked == [["ja", "Hallo", "Wo ist meine Rechnung?"]]


async def test_what_is_worked_out_for_a_moment_is_asked_for_once_and_everybody_gets_the_own_row(
    loaded: CountingEncoder,
) -> None:
    together, owner, walks = EncodeTogether(), object(), 0

    def doubled(vectors: np.ndarray) -> np.ndarray:
        nonlocal walks
        walks += 1
        return vectors * 2

    async def work(text: str) -> float:
        await together.ahead(text)
        moment = moment_of(text)
        assert moment is not None
        assert moment_of("another") is None
        return float(moment.worked_out(owner, text, doubled)[0])

    assert await asyncio.gather(*(work(text) for text in ("ja", "Hallo", "ja"))) == [4, 10, 4]
    assert walks == 1
    # A later moment is another one, and so is another owner's work.
    assert await work("ja") == 4
    await together.ahead("ja")
    moment = moment_of("ja")
    assert moment is not None
    assert [float(moment.worked_out(object(), "ja", doubled)[0]) for _ in range(2)] == [4, 4]
    assert walks == 4


async def test_another_text_than_was_read_ahead_is_encoded(loaded: CountingEncoder) -> None:
    await EncodeTogether().ahead("Hallo")
    assert encode(["Hallo", "Guten Tag"])[:, 0].tolist() == [5, 9]
    assert loaded.asked == [["Hallo"], ["Guten Tag"]]


async def test_an_error_leaves_the_text_to_whoever_needs_it(loaded: CountingEncoder) -> None:
    loaded.broken = True
    together = EncodeTogether()
    await asyncio.gather(together.ahead("eins"), together.ahead("zwei"))
    loaded.broken = False
    assert encode(["eins"])[0, 0] == 4


async def test_who_hangs_up_disturbs_nobody(loaded: CountingEncoder) -> None:
    together = EncodeTogether()
    gone, stays = (asyncio.create_task(turn(together, text)) for text in ("weg", "bleibt"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 6


async def test_without_a_loaded_encoder_nothing_is_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty:
        currsize = 0

        def cache_info(self) -> Empty:
            return self

    monkeypatch.setattr(encoder, "_encoder", Empty())
    await EncodeTogether().ahead("Hallo")
