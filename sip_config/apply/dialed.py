"""What LiveKit compares when it looks for the trunk of a dialed number."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"\+?[\d\- ()]+")
_NO_DIGIT = re.compile(r"\D")


def key(number: str) -> str:
    """Equal for two spellings that LiveKit takes for the same number: it drops the plus and punctuation."""
    return _NO_DIGIT.sub("", number) if _NUMBER.fullmatch(number) else number


def keys(numbers: Iterable[str]) -> frozenset[str]:
    """The keys of several numbers."""
    return frozenset(map(key, numbers))
