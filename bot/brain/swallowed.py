"""The last net under a turn: what Rasa caught and only logged.

Guarantee: an error that Rasa's processor or its fail-safe tracker store writes to the log during a turn fails
that turn, whatever raised it (a response that cannot be generated, an unknown event, a follow-up action that
does not exist). Rasa offers no other place to learn of these. If these two loggers were silenced, the
specific records (`action_endpoint`, `wording_nlg`, `tracker_store`) would still be kept.
"""

from __future__ import annotations

import logging

from bot.brain.turn import record_failure

WATCHED = ("rasa.core.processor", "rasa.core.tracker_store")


class SwallowedErrors(logging.Handler):
    """Puts errors that are logged during a turn on the turn's record."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Called in the task that logs, hence in the context of the turn."""
        cause = f" ({type(record.exc_info[1]).__name__})" if record.exc_info and record.exc_info[1] else ""
        record_failure(record.getMessage().split(".")[0] + cause)


def watch_swallowed_errors() -> None:
    """Start watching. Calling it again changes nothing."""
    for name in WATCHED:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, SwallowedErrors) for handler in logger.handlers):
            logger.addHandler(SwallowedErrors())
