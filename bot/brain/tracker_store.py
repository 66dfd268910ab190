"""Rasa's tracker store: bounded, and inside a turn part of that turn.

Guarantee: inside a turn it hands out the memory the turn starts from and takes the memory it leads to,
without touching a database: the channel reads before and stores after, together with the answer, so a turn
that fails leaves nothing. Rasa wraps every tracker store in one that goes on in memory after an error; here
an error is put on the turn's record first, which fails the turn. Outside a turn (`rasa shell`) it keeps
bounded trackers in this process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain import snapshot
from bot.brain.quick_tracker import QuickTracker
from bot.brain.turn import Saved, current_turn, record_failure

# Conversations kept in this process outside of turns; the one unused for longest goes first.
CONVERSATIONS_KEPT = 1000


class BoundedTrackerStore(TrackerStore):
    """Named in `endpoints.yml`. Events are not streamed to a broker: the edge publishes what happened."""

    def __init__(self, domain: Domain | None = None, event_broker: EventBroker | None = None, **_: Any) -> None:
        super().__init__(domain, event_broker)
        self._kept: OrderedDict[str, str] = OrderedDict()

    def init_tracker(self, sender_id: str) -> QuickTracker:
        """A tracker without a past."""
        return QuickTracker(sender_id, self.domain.slots, max_event_history=self.max_event_history)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a conversation, or None if there is no memory of it."""
        turn = current_turn()
        memory = turn.newest_memory() if turn is not None else self._kept.get(sender_id)
        if memory is None:
            return None
        try:
            return snapshot.restore(self.init_tracker(sender_id), memory)
        except Exception as error:
            record_failure(f"memory cannot be read: {error}")
            raise

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Take the tracker's state: for the channel to store, or into this process outside of a turn."""
        turn = current_turn()
        try:
            memory = snapshot.take(tracker)
        except Exception as error:
            record_failure(f"memory cannot be written: {error}")
            raise
        if turn is not None:
            turn.saved = Saved(tracker, memory)
            return
        self._kept[tracker.sender_id] = memory
        self._kept.move_to_end(tracker.sender_id)
        if len(self._kept) > CONVERSATIONS_KEPT:
            self._kept.popitem(last=False)

    async def keys(self) -> Iterable[str]:
        """Conversations kept in this process."""
        return list(self._kept)
