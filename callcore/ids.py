"""Identifiers that sort by time of making and say what they name: `call_01k…`, `evt_01k…`.

The body is a ULID in lower case: 48 bits of milliseconds, 80 random bits, Crockford base 32 (github.com/ulid/spec).
No dots, because a dot separates the parts of a signed webhook.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets

CALL, EVENT, SPOOL, WORKER, CONFIG, TRANSFER = "call", "evt", "spool", "wrk", "cfg", "tr"
CONTACT, RESERVATION = "ct", "res"
DELIVERY, REPORT, TEST = "dlv", "rpt", "test"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_BODY_LENGTH = 26
_SHAPE = re.compile(rf"[a-z]+_[{_ALPHABET}]{{{_BODY_LENGTH}}}")


def new(kind: str, now: dt.datetime) -> str:
    """A fresh id of a kind, sortable by `now`."""
    value = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    body = "".join(_ALPHABET[(value >> shift) & 31] for shift in range(5 * (_BODY_LENGTH - 1), -1, -5))
    return f"{kind}_{body}"


def is_id(kind: str, text: str) -> bool:
    """Whether a text has the shape of an id of this kind."""
    return text.startswith(f"{kind}_") and _SHAPE.fullmatch(text) is not None
