"""How much one customer may send: a few messages a second, and ten seconds' worth of them at once."""

from __future__ import annotations

import time
from collections import OrderedDict

_BURST_SECONDS = 10.0
# Conversations remembered over HTTP; whoever is forgotten begins with a full allowance.
_REMEMBERED = 10_000


class Allowance:
    """A bucket that fills by `rate` a second; `most` at once, or ten seconds' worth."""

    __slots__ = ("_filled_at", "_most", "_rate", "_tokens")

    def __init__(self, rate: float, most: float | None = None) -> None:
        self._rate = rate
        self._most = rate * _BURST_SECONDS if most is None else most
        self._tokens, self._filled_at = self._most, time.monotonic()

    def take(self) -> bool:
        """Use one; False if none is left."""
        now = time.monotonic()
        self._tokens = min(self._most, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Allowances:
    """One for each conversation or address, where no connection stands for it."""

    def __init__(self, rate: float, most: float | None = None) -> None:
        self._rate, self._most = rate, most
        self._known: OrderedDict[str, Allowance] = OrderedDict()

    def take(self, who: str) -> bool:
        """Use one of theirs; False if none is left."""
        found = self._known.pop(who, None) or Allowance(self._rate, self._most)
        self._known[who] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found.take()
