"""The confusion matrix and the reliability diagram of docs/understanding.md.

Guarantee: same answers, same pictures. Written as PNG of moderate size; colours are told apart also without colour
vision, and every number that matters is also in the text.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt

from bench.nlu.figures import Answers, bins

OUTSIDE = "(out of scope)"
METADATA = {"Software": None}


def confusion(answers: Answers, path: Path) -> None:
    """Draws the true intents (rows) and the best readings (columns), as shares of each row."""
    truth = np.where(answers.in_scope, answers.truth, OUTSIDE)
    names = [*sorted({*truth, *answers.best} - {OUTSIDE, ""}), OUTSIDE]
    index = {name: row for row, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    given = answers.answered if answers.answered is not None else np.ones(len(truth), dtype=bool)
    for true, best, known, answered in zip(truth, answers.best, answers.in_scope, given, strict=True):
        # What is outside the scope has no reading of its own: turned away is right.
        read = best if known or answered else OUTSIDE
        counts[index[true], index.get(read, index[OUTSIDE])] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(11, 10), dpi=80)
    axes.imshow(np.sqrt(shares), cmap="cividis", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "black" if shares[row, column] > 0.3 else "white"
        axes.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", fontsize=6, color=colour)
    axes.set_xlabel("best reading")
    axes.set_ylabel("true intent")
    axes.set_title("Own examples, five folds: best reading by true intent, in per cent")
    figure.tight_layout()
    figure.savefig(path, metadata=METADATA)
    plt.close(figure)


def reliability(answers: Answers, path: Path) -> None:
    """Draws how often readings of each confidence are right."""
    found = bins(answers.confidence, answers.right)
    figure, axes = plt.subplots(figsize=(6, 5), dpi=80)
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfect")
    axes.plot([sure for sure, _, _ in found], [share for _, share, _ in found], "o-", label="measured")
    most = max(count for _, _, count in found)
    axes.bar(
        [sure for sure, _, _ in found],
        [0.25 * count / most for _, _, count in found],
        width=0.04,
        alpha=0.3,
        label="number of examples",
    )
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence")
    axes.set_ylabel("share right")
    axes.set_title("Own examples, five folds: confidence and truth")
    axes.legend(loc="upper left")
    figure.tight_layout()
    figure.savefig(path, metadata=METADATA)
    plt.close(figure)
