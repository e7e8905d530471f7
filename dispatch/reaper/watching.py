"""How long something has been so."""

from __future__ import annotations

from collections.abc import Hashable


class Watch:
    """Ages of what is seen round after round; what is not seen in a round begins anew.

    Ages count from the first sight of this process. So after a start nothing is older than the start, and workers
    have had the time to report and to deliver what they kept while dispatch was out.

    Args:
        before: the watch of the round before; None where that one saw nothing or there was none.
    """

    def __init__(self, before: Watch | None = None) -> None:
        self._since = before._seen if before is not None else {}
        self._seen: dict[Hashable, float] = {}

    def age_s(self, thing: Hashable, now_s: float) -> float:
        """Seconds since this was first seen without a break."""
        since = self._since.get(thing, now_s)
        self._seen[thing] = since
        return now_s - since

    def carry(self, thing: Hashable) -> None:
        """Let this be as old as before, until it is looked at: the round may break off before it comes to it."""
        if thing in self._since:
            self._seen[thing] = self._since[thing]

    def forget(self, thing: Hashable) -> None:
        """This was looked at and is not so."""
        self._seen.pop(thing, None)
