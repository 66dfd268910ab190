"""`docs/self-service.md`: every request of the domain has its row, and each row names a level that its action keeps."""

from __future__ import annotations

import re
from typing import get_args

import yaml
from rasa_sdk.executor import ActionExecutor

from actions.base import Service
from actions.crm.models import IdentityLevel
from bot.settings import ROOT

DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
# What people say without wanting anything done.
TALK = {
    *("greet", "goodbye", "thank", "affirm", "deny", "inform", "nlu_fallback", "out_of_scope", "insult", "threat"),
}
ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)


def rows() -> dict[str, list[str]]:
    """The columns behind the intent, by intent."""
    text = (ROOT / "docs" / "self-service.md").read_text(encoding="utf-8")
    found = [(intent, columns) for named, *columns in ROW.findall(text) for intent in re.findall(r"\w+", named)]
    assert len(dict(found)) == len(found), "an intent has two rows"
    return {intent: [column.strip() for column in columns] for intent, columns in found}


def test_every_request_has_a_row_with_every_column() -> None:
    described = rows()
    assert set(DOMAIN["intents"]) - TALK - set(described) == set()
    assert set(described) - set(DOMAIN["intents"]) == set()
    assert [intent for intent, columns in described.items() if not all(columns)] == []


def test_the_level_in_a_row_is_the_one_its_action_names() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    kinds = {type(action.__self__) for action in executor.actions.values()}
    described = rows()
    levels = {intent: set(re.findall(r"\w+", columns[1])) for intent, columns in described.items()}
    assert [intent for intent, named in levels.items() if not named & set(get_args(IdentityLevel))] == []
    # A row may name more than its action: what is told before the proof.
    wrong = [kind.intent for kind in kinds if issubclass(kind, Service) and kind.identity not in levels[kind.intent]]
    assert wrong == []
