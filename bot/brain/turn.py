"""The turn that is being answered now, known to every part of Rasa that takes part in it.

Guarantee: whatever fails inside a turn is on its record, also where Rasa itself goes on as if nothing had
happened; the channel refuses to answer a turn with a failure on record. Outside a turn (`rasa shell`, `rasa
test`) there is no record and Rasa behaves as usual.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from bot.service.brain_protocol import HandoverReason, TurnRequest

if TYPE_CHECKING:
    from rasa.shared.core.trackers import DialogueStateTracker


class TurnFailed(Exception):
    """This turn has no answer. Nothing of it was kept, so the same turn may be asked again."""

    # Why a person is needed if asking again does not help.
    reason: ClassVar[HandoverReason] = "assistant_unavailable"


class ActionsAway(TurnFailed):
    """The action server, the only way to the customer data, does not answer."""

    reason: ClassVar[HandoverReason] = "system_unavailable"


@dataclass
class ActionCall:
    """One call of the action server."""

    action: str
    result: str  # "ok", "rejected" or what went wrong
    milliseconds: float


@dataclass(frozen=True)
class Saved:
    """What Rasa saved last: the tracker, and the memory made of it."""

    tracker: DialogueStateTracker
    memory: str


@dataclass
class Turn:
    """Record of one turn. It lives in the task that answers the turn and is dropped with it."""

    request: TurnRequest
    # Memory this turn starts from; None is a conversation without a past.
    memory: str | None = None
    # Where this turn leads: set by the tracker store, stored by the channel together with the answer.
    saved: Saved | None = None
    failures: list[TurnFailed] = field(default_factory=list)
    action_calls: list[ActionCall] = field(default_factory=list)
    # Set when the outcome is decided. Jobs that inherited this context must not write into it any more.
    closed: bool = False

    def newest_memory(self) -> str | None:
        """What Rasa saved in this turn, else what the turn started from."""
        return self.saved.memory if self.saved is not None else self.memory

    def fail(self, failure: TurnFailed) -> None:
        """Put a failure on record. The turn goes on until Rasa returns, and is then thrown away."""
        self.failures.append(failure)

    def check(self) -> None:
        """Raise `TurnFailed` with the first failure on record, if there is one."""
        if self.failures:
            raise self.failures[0]


_current: ContextVar[Turn | None] = ContextVar("klartext_turn", default=None)


def begin(turn: Turn) -> None:
    """Make `turn` the current one of this task. Called once, at the start of the task that answers it."""
    _current.set(turn)


def current_turn() -> Turn | None:
    """The turn this task is answering, or None outside of one."""
    turn = _current.get()
    return None if turn is None or turn.closed else turn


def record_failure(what: str) -> None:
    """Put a failure on the current turn's record; outside a turn there is nothing to record."""
    turn = current_turn()
    if turn is not None:
        turn.fail(TurnFailed(what))
