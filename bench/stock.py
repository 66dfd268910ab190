"""Stock Rasa to compare with: what `rasa init` gives, trained on the same examples, served over its REST channel with
its SQLite tracker store.

It needs its own environment (its tracker store does not work with SQLAlchemy 2), made once with Rasa's own pins in
`var/bench/stock-venv`. Projects and models are kept by a fingerprint of all that goes into the training, and the time
that the training took is kept beside the model: it is measured once and shown again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import yaml

from bench.assistants import Silence
from bench.klartext import client_session, plain_environment
from bench.plan import FIXED_INTENTS
from bench.processes import Process, free_ports
from bot.settings import ROOT
from bot.transparency.wording import wording

RASA = "rasa==3.6.21"
_KEPT = ROOT / "var" / "bench"
_PYTHON = _KEPT / "stock-venv" / "bin" / "python"
_CHANNELS = "rest:\n"
_DEFAULTS = re.compile(r"^#(   ?[ -].*)$", re.MULTILINE)
_TRACKERS = "tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: trackers.db\n"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """A stock assistant, trained."""

    folder: Path
    model: Path
    # How long `rasa train` took when it was trained, and what the machine's load was then.
    seconds: float
    load: float
    epochs: int | None


@dataclass
class Stock:
    """A running stock Rasa."""

    url: str
    http: aiohttp.ClientSession
    processes: dict[str, Process] = field(default_factory=dict)

    def customer(self) -> RestCustomer:
        """A new customer of the REST channel."""
        return RestCustomer(self.http, self.url)


class RestCustomer:
    """A customer who posts to the REST channel; a new conversation is a new sender."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = f"{url}/webhooks/rest/webhook"
        self._sender = ""

    async def begin(self, language: str) -> None:
        """Become somebody else."""
        self._sender = uuid.uuid4().hex

    async def say(self, text: str) -> str:
        """Post a message; the response holds the answer. An empty one counts too: it took its time."""
        async with self._http.post(self._url, json={"sender": self._sender, "message": text}) as response:
            if response.status != 200:
                raise Silence(f"{text!r}: HTTP {response.status}")
            said = await response.json()
            return str(said[0].get("text")) if said else ""

    async def leave(self) -> None:
        """Nothing to let go of."""


def prepare(say: Say) -> None:
    """Make the environment if there is none yet. Downloads about 1.5 GB."""
    if not _PYTHON.is_file():
        say("Installing stock Rasa with its own pins, once …")
        uv = str(Path(sys.executable).with_name("uv"))
        _run([uv, "venv", "--python", sys.executable, str(_PYTHON.parent.parent)], ROOT)
        _run([uv, "pip", "install", "--python", str(_PYTHON), RASA], ROOT)


def train(epochs: int | None, load: float, say: Say) -> Trained:
    """The trained assistant for the examples as they are now.

    `epochs`: other than the default of 100. The assistant is as large and as fast then, only worse.
    """
    files = dict(_project(epochs))
    digest = hashlib.sha256(RASA.encode())
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    folder = _KEPT / "stock" / digest.hexdigest()[:16]
    record, model = folder / "training.json", folder / "models" / "stock.tar.gz"
    if not (record.is_file() and model.is_file()):
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        say("Training stock Rasa, once for these examples; this takes many minutes …")
        began = time.perf_counter()
        _run([str(_PYTHON), "-m", "rasa", "train", "--fixed-model-name", "stock"], folder)
        record.write_bytes(msgspec.json.encode({"seconds": time.perf_counter() - began, "load": load}))
    known: dict[str, Any] = msgspec.json.decode(record.read_bytes())
    return Trained(folder, model, known["seconds"], known["load"], epochs)


@asynccontextmanager
async def open_stock(trained: Trained) -> AsyncIterator[Stock]:
    """Serve it as `rasa run` does, with an empty tracker store."""
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="klartext-bench-stock-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        http = await stack.enter_async_context(client_session())
        (folder / "credentials.yml").write_text(_CHANNELS)
        (folder / "endpoints.yml").write_text(_TRACKERS)
        port = free_ports(1)[0]
        command = [str(_PYTHON), "-m", "rasa", "run", "--model", str(trained.model), "--port", str(port)]
        command += ["--interface", "127.0.0.1", "--credentials", "credentials.yml", "--endpoints", "endpoints.yml"]
        process = await Process.start("rasa", command, _environment(), folder / "rasa.log", folder)
        stack.push_async_callback(process.stop)
        url = f"http://127.0.0.1:{port}"
        # Rasa listens before its model is loaded, but answers only afterwards.
        await process.wait_until(url)
        yield Stock(url, http, {"rasa": process})


def _project(epochs: int | None) -> Iterator[tuple[str, bytes]]:
    """The files of the project: Rasa's own configuration, our examples, simple responses and rules."""
    template = next(_PYTHON.parent.parent.glob("lib/*/site-packages/rasa/cli/initial_project/config.yml"))
    # The defaults stand there as comments: said aloud they are the same, and their epochs can be changed.
    config = yaml.safe_load(_DEFAULTS.sub(r"\1", template.read_text(encoding="utf-8")))
    config.update(assistant_id="stock", language="de")
    if epochs is not None:
        for component in (*config["pipeline"], *config["policies"]):
            if "epochs" in component:
                component["epochs"] = epochs
    yield "config.yml", _yaml(config)
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    known = [intent for intent in domain["intents"] if intent != "nlu_fallback"]
    say = wording().say
    texts = {intent: _text(say, intent) for intent in FIXED_INTENTS}
    yield (
        "domain.yml",
        _yaml(
            {
                "version": "3.1",
                "intents": known,
                "responses": {f"utter_{intent}": [{"text": text}] for intent, text in texts.items()}
                | {"utter_default": [{"text": say("utter_deny", "de")}]},
                "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
            }
        ),
    )
    steps = [(intent, f"utter_{intent}") for intent in texts]
    rules = [{"rule": i, "steps": [{"intent": i}, {"action": a}]} for i, a in steps[2:]]
    stories = [
        {"story": f"{first} {second}", "steps": [{"intent": first}, {"action": a}, {"intent": second}, {"action": b}]}
        for first, a in steps[:2]
        for second, b in steps[:2]
    ]
    yield "data/rules.yml", _yaml({"version": "3.1", "rules": rules})
    yield "data/stories.yml", _yaml({"version": "3.1", "stories": stories})
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        yield f"data/nlu/{path.name}", path.read_bytes()


def _text(say: Callable[..., str], intent: str) -> str:
    try:
        return say(f"utter_{intent}", "de")
    except KeyError:
        return say(intent, "de")


def _yaml(value: object) -> bytes:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False).encode()


def _environment() -> dict[str, str]:
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    environment = {**plain_environment(), **quiet}
    environment.pop("PYTHONPATH", None)
    return environment


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 (fixed commands)
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-4000:]}")
