"""How much one customer may send: a few messages a second, and ten seconds' worth of them at once.

And how many conversations one address may begin. Each process counts for itself.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

_BURST_SECONDS = 10.0
# Conversations remembered over HTTP; whoever is forgotten begins with a full allowance.
_REMEMBERED = 10_000
# Conversations from one address: so many at once, as from a school or a mobile network behind one address, and one more
# after so many seconds.
_BEGUN_AT_ONCE, _BEGUN_AGAIN = 100.0, 5.0
# In bits: an IPv6 customer has a whole network of this length to choose addresses from.
_IPV6_CUSTOMER = 64


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


class Beginnings:
    """How many conversations one address may begin, over whichever line."""

    def __init__(self) -> None:
        self._each = Allowances(1 / _BEGUN_AGAIN, _BEGUN_AT_ONCE)

    def take(self, address: str) -> bool:
        """Begin one; False if too many have begun there.

        An address that is not the world's stands for nobody in particular: behind a proxy that is not named in the
        settings, all customers have it.
        """
        try:
            parsed = ip_address(address)
        except ValueError:
            return self._each.take(address)
        if not parsed.is_global:
            return True
        if isinstance(parsed, IPv6Address):
            return self._each.take(str(ip_network((parsed, _IPV6_CUSTOMER), strict=False)))
        return self._each.take(address)
