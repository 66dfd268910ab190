"""A real brain and a real action server on free ports, with the tiny assistant of `tests/fixtures/brain`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.brain.train import train_if_changed
from tests.fixtures.brain.server import ROOT, Brain, Process, free_port

FIXTURE = ROOT / "tests" / "fixtures" / "brain"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny assistant, trained."""
    root = tmp_path_factory.mktemp("assistant")
    shutil.copytree(FIXTURE, root, dirs_exist_ok=True)
    return train_if_changed(root, root / "models")


@pytest.fixture(scope="module")
def brain(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brain]:
    folder = tmp_path_factory.mktemp("brain")
    ports = free_port(), free_port()
    environment = {
        **os.environ,
        "KLARTEXT_ACTIONS_URL": f"http://127.0.0.1:{ports[1]}",
        "KLARTEXT_DATABASE_URL": f"sqlite:///{folder / 'klartext.db'}",
        "KLARTEXT_BRAIN_TIMEOUT": "2",
        "BRAIN_FIXTURE_DIR": str(folder),
        "RASA_TELEMETRY_ENABLED": "false",
        "SANIC_HOST": "127.0.0.1",
    }
    actions = Process(
        ["rasa_sdk", "--actions", "tests.fixtures.brain.actions", "-p", str(ports[1])],
        environment,
        folder / "actions.txt",
        f"http://127.0.0.1:{ports[1]}/health",
    )
    url = f"http://127.0.0.1:{ports[0]}"
    rasa = Process(
        [
            *["rasa", "run", "-i", "127.0.0.1", "-p", str(ports[0]), "--model", str(model)],
            *["--endpoints", str(FIXTURE / "endpoints.yml"), "--credentials", "credentials.yml"],
        ],
        environment,
        folder / "brain.txt",
        f"{url}/webhooks/klartext/ready",
    )
    try:
        actions.wait_ready()
        rasa.wait_ready()
        yield Brain(url, folder, actions)
    finally:
        rasa.stop()
        actions.stop()
