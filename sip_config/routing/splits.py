"""Which agent of an A/B test a caller gets: always the same one, and each its share of the callers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

_RANGE = 1 << 64
_GOLDEN = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio; odd


def choose(split: Mapping[str, int], *, dialed: str, caller: str | None, call: str) -> str:
    """The agent's id.

    Callers are spread by the golden ratio (Knuth, vol. 3, section 6.4), which lays the numbers of one block more evenly
    than chance would. Each of our numbers spreads them from another point, so that two tests are not the same test.

    Args:
        split: percentages by agent.
        dialed: our number.
        caller: E.164; None where it is not known.
        call: what else tells this call from others; decides where the caller is not known.
    """
    place = (int(caller.lstrip("+")) * _GOLDEN + _hash(dialed)) % _RANGE if caller else _hash(f"{dialed} {call}")
    share = place * sum(split.values()) // _RANGE
    for agent_id, percent in split.items():
        if share < percent:
            return agent_id
        share -= percent
    return next(iter(split))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
