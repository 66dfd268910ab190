"""How much one customer may send: a few messages a second, and ten seconds' worth of them at once."""

from __future__ import annotations

import time
from collections import OrderedDict

_BURST_SECONDS = 10.0
# Conversations remembered over HTTP; whoever is forgotten begins with a full allowance.
_REMEMBERED = 10_000


class Allowance:
    """A bucket that fills by `rate` a second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._tokens, self._filled_at = rate * _BURST_SECONDS, time.monotonic()

    def take(self) -> bool:
        """Use one; False if none is left."""
        now = time.monotonic()
        self._tokens = min(self._rate * _BURST_SECONDS, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Allowances:
    """One for each conversation, where no connection stands for it."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._known: OrderedDict[str, Allowance] = OrderedDict()

    def take(self, conversation_id: str) -> bool:
        """Use one of this conversation's; False if none is left."""
        found = self._known.pop(conversation_id, None) or Allowance(self._rate)
        self._known[conversation_id] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found.take()
