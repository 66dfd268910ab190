"""`python -m bot.brain.lean …`: Rasa's own command line, without TensorFlow where the assistant does not use it.

Rasa imports TensorFlow at its start for components of which this assistant uses none: half of the brain's memory and
half of its start. Here those packages are stood in for by modules that hold just enough for Rasa's classes to be
defined; whoever tries to compute with one gets `LeftOut`. Nothing of Rasa is changed, and an assistant whose
`config.yml` names a component that may need TensorFlow gets the real one.

`rasa run`, `rasa train`, `rasa shell` and `rasa test` work as ever, with TensorFlow.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import itertools
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from bot.logs import mask_output
from bot.nlu.processor import use_processor
from bot.settings import ROOT

# New objects before the garbage collector looks at them, while everything is loaded.
_SELDOM = 100_000
# With what Rasa imports beside it for the same components.
LEFT_OUT = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras", "transformers"})
# Of Rasa's own components, those that do without.
_WITHOUT = frozenset({"RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy"})


class LeftOut(RuntimeError):
    """Something needs TensorFlow, which was left out. Start with `rasa` instead of `python -m bot.brain.lean`."""


class _Kind(type):
    """What `tensorflow.anything` is: a base class, a decorator, an annotation."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent

    def __getitem__(cls, _item: Any) -> Any:
        return Absent


class Absent(metaclass=_Kind):
    """Stands in for everything in a package that was left out."""

    def __new__(cls, *arguments: Any, **_options: Any) -> Any:
        """As a decorator it leaves the function as it is; anything else would be a use."""
        if cls is Absent and len(arguments) == 1 and callable(arguments[0]):
            return arguments[0]
        raise LeftOut(f"{cls.__name__} needs TensorFlow, and config.yml names nothing that does")


class _Module(ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the packages left out, and nothing else."""

    def find_spec(self, fullname: str, _path: Any = None, _target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """As the import system asks for it."""
        if fullname.partition(".")[0] in LEFT_OUT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """An empty package that has every name."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def does_without(config: Path) -> bool:
    """Whether an assistant's `config.yml` names only our own components and those known to do without TensorFlow."""
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    named = [entry["name"] for part in ("pipeline", "policies") for entry in content.get(part) or ()]
    return all(name.startswith("bot.") or name in _WITHOUT for name in named)


def leave_out() -> None:
    """From now on the packages are stood in for.

    Raises:
        RuntimeError: one is there already.
    """
    if LEFT_OUT & sys.modules.keys():
        raise RuntimeError("TensorFlow is imported already")
    sys.meta_path.insert(0, _Finder())


def _configuration(arguments: Sequence[str]) -> Path:
    """The file that a training names, else the assistant's own."""
    named = [value for option, value in itertools.pairwise(arguments) if option in {"-c", "--config"}]
    return Path(named[0]) if named else ROOT / "config.yml"


def main(arguments: Sequence[str]) -> None:
    """Run Rasa's command line with these arguments."""
    use_processor()
    if does_without(_configuration(arguments)):
        leave_out()
    mask_output()
    # Rasa's modules and data are hundreds of thousands of objects that stay. Python would look at all of them again and
    # again while they come; a brain that is ready goes back to Python's own habit (`bot.loop.settle`).
    gc.set_threshold(_SELDOM, 50, 100)
    sys.argv = ["rasa", *arguments]
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
