"""Checks what an action server answers, once and with a schema that is compiled once.

Guarantee: a result passes exactly if it passes Rasa's own schema. Rasa checks it too, but checks its schema
anew against the schema of schemas each time, which costs 15 ms per action, more than all the rest of a
message. So the action link checks (`problem`), and Rasa's check is switched off (`check_here_only`): the one
place where a method of Rasa is replaced, because Rasa offers no way in. Without that call everything works,
only slower.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction


def problem(result: Any) -> str | None:
    """Why Rasa could not use this result, or None."""
    error = best_match(_validator().iter_errors(result))
    return None if error is None else f"unusable result: {error.message[:200]}"


def check_here_only() -> None:
    """From now on Rasa takes results as they come from `ActionEndpoint`, which has checked them."""
    RemoteAction._validate_action_result = _checked_already


def _checked_already(action: RemoteAction, result: dict[str, Any]) -> bool:
    return True


@lru_cache(maxsize=1)
def _validator() -> Validator:
    schema = RemoteAction.action_response_format_spec()
    checker = validator_for(schema)
    checker.check_schema(schema)
    return checker(schema)
