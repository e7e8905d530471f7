"""`{{callerNumber}}` and the other names that a number's metadata may hold, and how they are filled in.

This is not Jinja: a value is copied as it is, whatever it looks like, and nothing is computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sip_config import problems

CALLER, DIALED, FORWARDED_FROM = NAMES = ("callerNumber", "dialedNumber", "forwardedFromNumber")

_HOLE = re.compile(r"\{\{\s*([A-Za-z_][\w.]{0,63})\s*\}\}", re.ASCII)


def wrong(text: str) -> str | None:
    """What is wrong with a value that an author wrote."""
    for name in _HOLE.findall(text):
        if name not in NAMES:
            return f"unknown name `{name}`{problems.nearest(name, NAMES)}"
    if "{{" in _HOLE.sub("", text):
        return f"`{{{{` begins one of the names {', '.join(NAMES)}, which ends with `}}}}`"
    return None


def has_names(text: str) -> bool:
    """Whether a value differs from call to call."""
    return _HOLE.search(text) is not None


def fill(text: str, values: Mapping[str, str]) -> str:
    """The value for one call; a name without a value leaves nothing."""
    return _HOLE.sub(lambda match: values.get(match[1], ""), text)
