"""The intent model: kernel ridge regression over `kernel.TextKernel`, with calibrated probabilities.

Guarantee: `fit` is deterministic; every probability used for calibration or thresholds comes from a solution that did
not know the example's intent, nor that of any text nearly the same (cross-validation by intent, near duplicates kept
together). State goes to JSON and plain arrays only, so loading
executes nothing. `fit` raises ValueError for data without at least two intents; `probabilities` accepts any text.

Maths: targets y are +1 for the own intent and -1 for the others, m their mean. The scores of a text x are
s(x) = m + k(x, X) a with (K + D) a = Y - m, D diagonal: the ridge, larger for examples of frequent intents so that
rare ones are heard. Probabilities are p = softmax(s / T); the temperature T minimises the log loss of the
cross-validated scores. One Cholesky factorisation solves for all intents at once.

The solutions without a fold h need no factorisation of their own: with C = (K + D)^-1 and targets centred by the mean
of the others, the scores of the held-out examples are y_h - (C_hh)^-1 (C y)_h: what a regression on the others gives.
Of the held-out intents it knows only how frequent each is, for D. Where maps are learned (`adaptation`), or where a
part of the examples carries the solution for all, each fold has maps and a factorisation of its own instead.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.model_selection import StratifiedShuffleSplit

from bot.nlu.adaptation import learn_map
from bot.nlu.encoder import moment_of
from bot.nlu.folds import deal, near_duplicates
from bot.nlu.kernel import MULTILINGUAL, Array, TextKernel, Views
from bot.nlu.text import clean

# Examples compared with those that carry the solution in one go.
_BLOCK = 4000


@dataclass(frozen=True)
class Options:
    """The kernel's weights and the regression's regularisation. The defaults suit 100 to 20,000 examples."""

    sharpness: float = 2.0
    word_weight: float = 0.2
    character_weight: float = 0.2
    ridge: float = 0.1
    balance: float = 0.5  # 0 counts examples, 1 counts intents
    folds: int = 5
    # Texts of one intent whose meanings are more alike than this cosine are never on both sides of a fold.
    near_duplicate: float = 0.85
    # Which sentence encoders say how alike two texts are; `choice` decides that for given examples.
    encoders: tuple[str, ...] = (MULTILINGUAL,)
    # Whether meanings pass through maps learned from the examples; `choice` decides that, too.
    adapted: bool = False
    # Above this many examples, one held-out fifth replaces the folds ...
    most_folded: int = 12000
    # ... and above this many, that many examples stand for all (the kernel matrix takes 4 bytes a pair).
    most_anchors: int = 16000
    seed: int = 20


@dataclass(frozen=True)
class HeldOut:
    """What models that did not know their intents said about training examples: the basis of calibration and bands."""

    labels: tuple[str, ...]
    rows: NDArray[np.int64]  # which training examples
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        return float((self.probabilities.argmax(axis=1) == self.truth).mean())

    def only(self, chosen: NDArray[np.bool_]) -> HeldOut:
        """Returns the examples chosen by a mask over all training examples."""
        return self.without(~chosen[self.rows])

    def without(self, left_out: NDArray[np.bool_]) -> HeldOut:
        """Returns the examples but those of a mask over these here."""
        kept = ~left_out
        return HeldOut(self.labels, self.rows[kept], self.truth[kept], self.probabilities[kept])


class IntentModel:
    """A trained model. Make one with `fit` or `load`."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.labels: tuple[str, ...] = ()
        self.temperature = 1.0
        self._kernel = TextKernel(
            self.options.sharpness, self.options.word_weight, self.options.character_weight, self.options.encoders
        )
        # The encoders' part stays a sum over training examples; the n-grams' part collapses into weights.
        self._meanings: tuple[Array, ...] = ()
        self._shares: Array = np.zeros((0, 0), dtype=np.float32)
        self._words: Array = np.zeros((0, 0), dtype=np.float32)
        self._characters: Array = np.zeros((0, 0), dtype=np.float32)
        self._prior: Array = np.zeros(0, dtype=np.float32)

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> HeldOut:
        """Trains on all examples and returns what held-out solutions said about them."""
        counts = Counter(intents)
        if len(counts) < 2:
            raise ValueError("Training needs examples of at least two intents.")
        self.labels = tuple(sorted(counts))
        index = {label: row for row, label in enumerate(self.labels)}
        truth = np.array([index[intent] for intent in intents])
        views = self._kernel.fit(texts)
        if self.options.adapted or len(texts) > self.options.most_anchors:
            held, scores = self._fit_apart(views, truth)
        else:
            held, scores = self._fit_together(views, truth)
        self.temperature = _fit_temperature(scores, truth[held])
        return HeldOut(self.labels, held, truth[held], softmax(scores / self.temperature, axis=1))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Returns one row per text, one column per label in `labels`, each row summing to 1."""
        return softmax(self.scores(texts) / self.temperature, axis=1)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Returns the regression's values, near +1 for the own intent and -1 for the others."""
        views = self._kernel.views(texts)
        scores = self._meant(texts, views) + views.words @ self._words
        scores += views.characters @ self._characters
        return np.asarray(scores + self._prior, dtype=np.float64)

    def _meant(self, texts: Sequence[str], views: Views) -> Array:
        """Returns what the encoders add to the scores.

        For a text that was encoded ahead with others, it is worked out for all of them in one go: the training
        examples' meanings, some 20 MB, then pass through the processor once.
        """
        if len(texts) == 1 and self._kernel.encoders == (MULTILINGUAL,):
            text = clean(texts[0])
            if (moment := moment_of(text)) is not None:
                return moment.worked_out(self, text, self._meant_by)[np.newaxis]
        return self._by_meanings(views.meanings)

    def _meant_by(self, vectors: Array) -> Array:
        return self._by_meanings(self._kernel.centred_meanings([vectors]))

    def _by_meanings(self, meanings: Sequence[Array]) -> Array:
        return np.asarray(self._kernel.meaning(meanings, self._meanings) @ self._shares)

    def save(self, folder: Path) -> None:
        """Writes two files into `folder`, which must exist."""
        vocabularies, arrays = self._kernel.state()
        state = {"labels": self.labels, "temperature": self.temperature, "options": asdict(self.options)}
        state |= {"vocabularies": vocabularies}
        (folder / "intents.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        np.savez(
            folder / "intents.npz",
            **arrays,
            **{f"meaning_{number}": meaning.astype(np.float16) for number, meaning in enumerate(self._meanings)},
            shares=self._shares,
            weights_words=self._words.astype(np.float16),
            weights_characters=self._characters.astype(np.float16),
            prior=self._prior,
        )

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Reads what `save` wrote. Raises OSError when the files are missing, ValueError when they are not ours."""
        state = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        model = cls(Options(**state["options"] | {"encoders": tuple(state["options"]["encoders"])}))
        model.labels = tuple(state["labels"])
        model.temperature = float(state["temperature"])
        with np.load(folder / "intents.npz", allow_pickle=False) as arrays:
            model._kernel.restore(state["vocabularies"], arrays)
            names = [f"meaning_{number}" for number, _ in enumerate(model.options.encoders)]
            model._meanings = tuple(arrays[name].astype(np.float32) for name in names)
            model._shares, model._prior = arrays["shares"], arrays["prior"]
            model._words = arrays["weights_words"].astype(np.float32)
            model._characters = arrays["weights_characters"].astype(np.float32)
        return model

    def _fit_together(self, views: Views, truth: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """One factorisation gives the solution and those without each fold."""
        folds = list(self._splits(views, truth))
        matrix = self._kernel.among(views)  # below the diagonal: all that the factorisation reads
        matrix[np.diag_indices_from(matrix)] += self._ridge(truth)
        factor = linalg.cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        targets = self._targets(truth)
        # One more column: what a constant taken from all targets takes from the solution.
        right = np.column_stack([targets, np.ones(len(truth), dtype=np.float32)])
        solution = linalg.cho_solve(factor, right, overwrite_b=True, check_finite=False)
        own, constant = solution[:, :-1], solution[:, -1:]
        prior = targets.mean(axis=0)
        self._keep(views, own - constant * prior, prior)
        inverse, failed = linalg.lapack.spotri(factor[0], lower=True, overwrite_c=True)
        if failed:
            raise linalg.LinAlgError("The kernel matrix cannot be inverted.")
        scores = []
        for known, held in folds:
            without = targets[known].mean(axis=0)
            block = np.tril(inverse[np.ix_(held, held)])
            ours = linalg.cho_factor(block, lower=True, overwrite_a=True, check_finite=False)
            missed = linalg.cho_solve(ours, own[held] - constant[held] * without, check_finite=False)
            scores.append(targets[held] - missed)
        return np.concatenate([held for _, held in folds]), np.concatenate(scores).astype(np.float64)

    def _fit_apart(self, views: Views, truth: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Each fold is learned without the held-out examples from the beginning."""
        rows, scores = [], []
        for known, held in self._splits(views, truth):
            learned = views.through(self._maps(views, truth, known)) if self.options.adapted else views
            anchors, shares, prior = self._solved(learned, truth, known)
            for block in np.array_split(held, 1 + len(held) // _BLOCK):
                rows.append(block)
                scores.append(self._kernel.between(learned.rows(block), anchors) @ shares + prior)
        everything = np.arange(len(truth))
        if self.options.adapted:
            self._kernel.maps = self._maps(views, truth, everything)
            views = views.through(self._kernel.maps)
        self._keep(*self._solved(views, truth, everything))
        return np.concatenate(rows), np.concatenate(scores).astype(np.float64)

    def _maps(self, views: Views, truth: NDArray[np.int64], known: NDArray[np.int64]) -> list[Array]:
        return [
            learn_map(meanings[known], truth[known], len(self.labels), self.options.seed) for meanings in views.meanings
        ]

    def _solved(self, views: Views, truth: NDArray[np.int64], known: NDArray[np.int64]) -> tuple[Views, Array, Array]:
        """Returns the regression on the known examples: the texts its sum runs over, their shares, and the prior."""
        targets = self._targets(truth[known])
        prior = targets.mean(axis=0)
        if len(truth) > self.options.most_anchors:
            return *self._anchored(views, truth, known, targets - prior), prior
        anchors = views.rows(known)
        matrix = self._kernel.among(anchors)
        matrix[np.diag_indices_from(matrix)] += self._ridge(truth[known])
        factor = linalg.cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        return anchors, linalg.cho_solve(factor, targets - prior, check_finite=False), prior

    def _anchored(
        self, views: Views, truth: NDArray[np.int64], known: NDArray[np.int64], targets: Array
    ) -> tuple[Views, Array]:
        """Least squares over the known examples, with the solution a sum over some of them (subset of regressors)."""
        half = self.options.most_anchors // 2  # the normal equations cost as much again as the kernel matrix
        split = StratifiedShuffleSplit(1, train_size=half, random_state=self.options.seed)
        chosen, _ = next(split.split(known, truth[known]))
        anchors = views.rows(known[np.sort(chosen)])
        normal = self._kernel.between(anchors, anchors) * self.options.ridge
        normal[np.diag_indices_from(normal)] += 1e-3
        right = np.zeros((half, len(self.labels)), dtype=np.float32)
        for block in np.array_split(np.arange(len(known)), 1 + len(known) // _BLOCK):
            likeness = self._kernel.between(views.rows(known[block]), anchors)
            normal += likeness.T @ likeness
            right += likeness.T @ targets[block]
        factor = linalg.cho_factor(normal, lower=True, overwrite_a=True, check_finite=False)
        return anchors, linalg.cho_solve(factor, right, check_finite=False)

    def _splits(self, views: Views, truth: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yields which examples are known and which held out, fold by fold."""
        groups = near_duplicates(views.meanings[0], truth, self.options.near_duplicate)
        fold_of = deal(groups, truth, self.options.folds, self.options.seed)
        for fold in range(self.options.folds if len(truth) <= self.options.most_folded else 1):
            held = fold_of == fold
            if held.any() and not held.all():
                yield np.flatnonzero(~held), np.flatnonzero(held)

    def _targets(self, truth: NDArray[np.int64]) -> Array:
        targets = np.full((len(truth), len(self.labels)), -1.0, dtype=np.float32)
        targets[np.arange(len(truth)), truth] = 1.0
        return targets

    def _ridge(self, truth: NDArray[np.int64]) -> Array:
        """Returns each example's ridge, larger for those of frequent intents."""
        counts = np.bincount(truth, minlength=len(self.labels)).astype(np.float32)
        ridge: Array = self.options.ridge * (counts / np.median(counts[counts > 0])) ** self.options.balance
        return ridge[truth]

    def _keep(self, views: Views, shares: Array, prior: Array) -> None:
        self._meanings, self._shares, self._prior = views.meanings, shares, prior
        self._words = self.options.word_weight * (views.words.T @ shares)
        self._characters = self.options.character_weight * (views.characters.T @ shares)


def _fit_temperature(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    rows = np.arange(len(truth))

    def log_loss(log_temperature: float) -> float:
        return -float(log_softmax(scores / np.exp(log_temperature), axis=1)[rows, truth].mean())

    return float(np.exp(minimize_scalar(log_loss, bounds=(-5.0, 3.0), method="bounded").x))
