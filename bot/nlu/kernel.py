"""How alike two texts are: the sentence encoder for meaning, word and character n-grams for exact wording.

Guarantee: `TextKernel` is deterministic, symmetric and positive definite for any texts, so that ridge regression on
it always has one solution. State is plain arrays and a vocabulary; loading executes nothing.

Maths: k(a, b) = exp(g (cos(e_a - m, e_b - m) - 1)) + w cos(words) + c cos(characters), where e is the encoder's
vector, m the mean of the training vectors, and words and characters are tf-idf vectors. The first term is a Gaussian
kernel on the unit sphere: meaning counts among near neighbours only, so that one intent may have several clusters.
With a second encoder, for English, it is the mean of the two encoders' terms. Where maps were learned for the data
(`adaptation`), each encoder's centred vectors pass through its map first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.adaptation import mapped
from bot.nlu.encoder import centred, encode
from bot.nlu.english import encode_english
from bot.nlu.terms import Terms
from bot.nlu.text import clean, fold, mask_digits

Array = NDArray[np.float32]

_WORD = re.compile(r"\w+|#\d")

# Texts compared with others in one go.
_BLOCK = 1000

MULTILINGUAL, ENGLISH = "multilingual", "english"
_ENCODERS: dict[str, Callable[[Sequence[str]], Array]] = {MULTILINGUAL: encode, ENGLISH: encode_english}


@dataclass(frozen=True)
class Views:
    """Texts as the kernel sees them; one row per text."""

    meanings: tuple[Array, ...]  # one per encoder
    words: sparse.csr_matrix
    characters: sparse.csr_matrix

    def __len__(self) -> int:
        return len(self.meanings[0])

    def rows(self, chosen: NDArray[np.int64] | slice) -> Views:
        meanings = tuple(meaning[chosen] for meaning in self.meanings)
        return Views(meanings, self.words[chosen], self.characters[chosen])

    def through(self, maps: Sequence[Array]) -> Views:
        """Returns the same texts with each encoder's meanings after its map."""
        return replace(self, meanings=tuple(mapped(*pair) for pair in zip(self.meanings, maps, strict=True)))


class TextKernel:
    """The kernel over one set of training texts. `fit` first, or `restore`."""

    def __init__(
        self, sharpness: float, word_weight: float, character_weight: float, encoders: Sequence[str] = (MULTILINGUAL,)
    ) -> None:
        self.encoders = tuple(encoders)
        self.sharpness, self.word_weight, self.character_weight = sharpness, word_weight, character_weight
        shared = {"lowercase": False, "sublinear_tf": True}
        self._words = Terms(TfidfVectorizer(ngram_range=(1, 2), tokenizer=_WORD.findall, token_pattern=None, **shared))
        self._characters = Terms(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared))
        self._means: list[Array] = []
        # One per encoder, once learned; without them, meanings stay as they are.
        self.maps: list[Array] = []

    def fit(self, texts: Sequence[str]) -> Views:
        """Learns vocabulary and mean from `texts`, without their intents, and returns their views, before any map."""
        surfaces = [_surface(text) for text in texts]
        vectors = [self._encoded(encoder, texts) for encoder in self.encoders]
        self._means = [one.mean(axis=0) for one in vectors]
        meanings = tuple(centred(one, mean) for one, mean in zip(vectors, self._means, strict=True))
        # n-grams of a single text tell nothing about another one; few texts keep them all.
        fewest = 2 if len(texts) > 200 else 1
        return Views(meanings, self._words.fit(surfaces, 1), self._characters.fit(surfaces, fewest))

    def views(self, texts: Sequence[str]) -> Views:
        """Returns the views of other texts."""
        surfaces = [_surface(text) for text in texts]
        meanings = self.centred_meanings([self._encoded(encoder, texts) for encoder in self.encoders])
        return Views(meanings, self._words.rows(surfaces), self._characters.rows(surfaces))

    def centred_meanings(self, vectors: Sequence[Array]) -> tuple[Array, ...]:
        """Returns the meanings for vectors of other texts, one array per encoder."""
        meanings = tuple(centred(one, mean) for one, mean in zip(vectors, self._means, strict=True))
        return tuple(mapped(*pair) for pair in zip(meanings, self.maps, strict=True)) if self.maps else meanings

    def meaning(self, left: Sequence[Array], right: Sequence[Array]) -> Array:
        """Returns the encoders' part of the kernel for meanings as `Views` have them, one row per text of `left`."""
        mean: Array | None = None
        for ours, theirs in zip(left, right, strict=True):
            likeness = ours @ theirs.T
            likeness -= 1.0
            likeness *= self.sharpness
            np.exp(likeness, out=likeness)
            if len(left) > 1:
                likeness /= len(left)
            mean = likeness if mean is None else np.add(mean, likeness, out=mean)
        assert mean is not None
        return mean

    def _encoded(self, encoder: str, texts: Sequence[str]) -> Array:
        return _ENCODERS[encoder]([clean(text) for text in texts])

    def between(self, left: Views, right: Views) -> Array:
        """Returns k for each text of `left` (rows) and `right` (columns)."""
        likeness = self.meaning(left.meanings, right.meanings)
        for weight, a, b in (
            (self.word_weight, left.words, right.words),
            (self.character_weight, left.characters, right.characters),
        ):
            other = b.T.tocsc()
            for start in range(0, len(left), _BLOCK):  # in blocks: the product of sparse views is dense
                likeness[start : start + _BLOCK] += weight * (a[start : start + _BLOCK] @ other).toarray()
        return likeness

    def among(self, texts: Views) -> Array:
        """Returns k for each pair of `texts`, on and below the diagonal only: above it, the matrix is not filled.

        k is symmetric, so that this is all there is to know, and half of the work.
        """
        likeness = np.zeros((len(texts), len(texts)), dtype=np.float32)
        for start in range(0, len(texts), _BLOCK):
            stop = min(start + _BLOCK, len(texts))
            until = texts.rows(slice(stop))
            likeness[start:stop, :stop] = self.between(until.rows(slice(start, stop)), until)
        return likeness

    def state(self) -> tuple[dict[str, dict[str, int]], dict[str, Array]]:
        """Returns vocabularies and arrays for `restore`."""
        terms = {"words": self._words, "characters": self._characters}
        arrays = dict(zip(_names("mean", self.encoders), self._means, strict=True))
        arrays |= dict(zip(_names("map", self.encoders), self.maps, strict=False))
        arrays |= {f"idf_{name}": one.weights for name, one in terms.items()}
        return {name: one.vocabulary for name, one in terms.items()}, arrays

    def restore(self, vocabularies: dict[str, dict[str, int]], arrays: Mapping[str, Array]) -> None:
        """Takes over what `state` gave."""
        self._means = [arrays[name] for name in _names("mean", self.encoders)]
        self.maps = [arrays[name] for name in _names("map", self.encoders) if name in arrays]
        self._words.restore(vocabularies["words"], arrays["idf_words"])
        self._characters.restore(vocabularies["characters"], arrays["idf_characters"])


def _surface(text: str) -> str:
    return mask_digits(fold(clean(text)))


def _names(what: str, encoders: Sequence[str]) -> list[str]:
    return [f"{what}_{encoder}" for encoder in encoders]
