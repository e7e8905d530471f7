"""How often each address failed to show a good key of late. Only failures are limited: a good key always enters, so
nobody behind the same proxy can lock others out.
"""

from __future__ import annotations

import collections
import ipaddress

from callcore import clock

MOST = 20
WINDOW_S = 60.0
_ADDRESSES = 10_000  # remembered at once; a flood from more than that pushes out the oldest
_V6_NETWORK = 64  # bits: what one subscriber has, and can choose addresses from


class FailedTries:
    """Counts by address, in bounded memory."""

    def __init__(self, timepiece: clock.Clock) -> None:
        self._clock = timepiece
        self._by_network: collections.OrderedDict[str, collections.deque[float]] = collections.OrderedDict()

    def note(self, address: str | None) -> float | None:
        """A try failed; the seconds until the next one counts, where the address has had all of its tries."""
        network, now = _network(address), self._clock.monotonic()
        tries = self._by_network.pop(network, None) or collections.deque(maxlen=MOST)
        self._by_network[network] = tries
        if len(self._by_network) > _ADDRESSES:
            self._by_network.popitem(last=False)
        wait_s = tries[0] + WINDOW_S - now if len(tries) == MOST else 0.0
        if wait_s > 0:
            return wait_s
        tries.append(now)
        return None


def _network(address: str | None) -> str:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""  # a socket without addresses: all of its clients are one
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed.packed, _V6_NETWORK), strict=False))
    return str(parsed)
