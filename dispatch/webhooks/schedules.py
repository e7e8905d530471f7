"""When a webhook that did not arrive is tried again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import email.utils
import random
import re
from collections.abc import Mapping

RETRY_AFTER = "Retry-After"

_JITTER = 0.1  # share of a delay: after an outage not everything comes at the same moment
_MOST = dt.timedelta(hours=24)
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The seconds before each attempt, counted from the end of the one before it."""

    delays_s: tuple[float, ...]
    """The first is nothing."""

    def delay(self, attempt: int, rng: random.Random) -> dt.timedelta | None:
        """How long to wait before an attempt, counted from 0; None where there is no such attempt."""
        if attempt >= len(self.delays_s):
            return None
        return dt.timedelta(seconds=self.delays_s[attempt] * rng.uniform(1 - _JITTER, 1 + _JITTER))

    def asked(self, attempt: int, headers: Mapping[str, str], now: dt.datetime) -> dt.timedelta | None:
        """How long an endpoint asks us to wait before an attempt, within bounds; None where it does not.

        It may ask for twice the delay of the schedule at most, and for a day at most.
        """
        wanted = _retry_after(headers.get(RETRY_AFTER), now)
        if wanted is None or attempt >= len(self.delays_s):
            return None
        most = min(_MOST, 2 * dt.timedelta(seconds=self.delays_s[attempt]))
        return min(max(wanted, dt.timedelta()), most)


def _retry_after(value: str | None, now: dt.datetime) -> dt.timedelta | None:
    """Seconds or an HTTP date (RFC 9110 section 10.2.3); None for anything else."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return dt.timedelta(seconds=int(value))
    try:
        moment = email.utils.parsedate_to_datetime(value)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)) - now
    except (ValueError, OverflowError):
        return None
