"""The same files give the same model; a model is whole or not there."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.brain import train
from bot.brain.train import KEPT_MODELS, TrainingFailed, fingerprint, train_if_changed


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, content in {
        "config.yml": "recipe: default.v1\n",
        "domain.yml": "version: '3.1'\n",
        "data/nlu/a.yml": "nlu: []\n",
        "data/rules/a.yml": "rules: []\n",
        "data/wording/a.yml": "x: {de: x, en: x}\n",
        "bot/nlu/part.py": "x = 1\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    return tmp_path


@pytest.mark.parametrize(
    "changed", ["config.yml", "domain.yml", "data/nlu/a.yml", "data/rules/new.yml", "bot/nlu/part.py"]
)
def test_what_a_model_depends_on_changes_its_name(root: Path, changed: str) -> None:
    before = fingerprint(root)
    assert fingerprint(root) == before
    with (root / changed).open("a") as file:
        file.write("# changed\n")
    assert fingerprint(root) != before


def test_the_error_bound_reaches_the_configuration_and_the_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "config.yml").write_text("pipeline:\n  - name: part\n    error_bound: 0.03\n")
    assert fingerprint(root, 0.03) == fingerprint(root)
    assert fingerprint(root, 0.01) != fingerprint(root)
    keeping = root / "python"
    keeping.write_text(
        "#!/bin/sh\nwhile [ $# -gt 0 ]; do\n"
        f'  [ "$1" = --config ] && cp "$2" "{root}/seen.yml"\n'
        '  [ "$1" = --out ] && touch "$2/new.tar.gz"\n  shift\ndone\n'
    )
    keeping.chmod(0o755)
    monkeypatch.setattr(train.sys, "executable", str(keeping))
    model = train_if_changed(root, root / "models", 0.01)
    assert fingerprint(root, 0.01).startswith(model.name.removeprefix("klartext-").removesuffix(".tar.gz"))
    assert "    error_bound: 0.01\n" in (root / "seen.yml").read_text()


@pytest.mark.parametrize("changed", ["data/wording/a.yml", "bot/nlu/__pycache__/part.pyc", "README.md"])
def test_what_it_does_not_depend_on_does_not(root: Path, changed: str) -> None:
    before = fingerprint(root)
    (root / changed).parent.mkdir(parents=True, exist_ok=True)
    (root / changed).write_text("changed")
    assert fingerprint(root) == before


def test_a_model_that_is_there_is_taken_and_made_the_newest(root: Path) -> None:
    models = root / "models"
    models.mkdir()
    there = models / f"klartext-{fingerprint(root)[:16]}.tar.gz"
    for number, path in enumerate([there, *(models / f"klartext-{n:016}.tar.gz" for n in range(5))]):
        path.write_bytes(b"model")
        os.utime(path, (1000 + number, 1000 + number))
    (models / "of-someone-else.tar.gz").write_bytes(b"model")
    assert train_if_changed(root, models) == there
    kept = sorted(models.glob("klartext-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    assert len(kept) == KEPT_MODELS
    assert kept[-1] == there
    assert (models / "of-someone-else.tar.gz").exists()


def test_of_several_at_once_one_trains(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = root / "python"
    counting.write_text(
        f'#!/bin/sh\necho trained >> "{root}/trainings"\nsleep 0.5\nwhile [ $# -gt 0 ]; do\n'
        '  [ "$1" = --out ] && touch "$2/new.tar.gz"\n  shift\ndone\n'
    )
    counting.chmod(0o755)
    monkeypatch.setattr(train.sys, "executable", str(counting))
    with ThreadPoolExecutor(4) as several:
        models = list(several.map(lambda _: train_if_changed(root, root / "models"), range(4)))
    assert len(set(models)) == 1
    assert (root / "trainings").read_text() == "trained\n"


def test_failed_training_tells_why_and_leaves_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = root / "python"
    failing.write_text('#!/bin/sh\necho half > "$(dirname "$0")/seen"\necho the reason >&2\nexit 1\n')
    failing.chmod(0o755)
    monkeypatch.setattr(train.sys, "executable", str(failing))
    with pytest.raises(TrainingFailed, match="the reason"):
        train_if_changed(root, root / "models")
    assert (root / "seen").exists()
    assert list((root / "models").iterdir()) == []
