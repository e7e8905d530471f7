"""Cursors: opaque to clients, a call's id inside."""

from __future__ import annotations

import base64
import binascii

from callcore import ids
from dispatch import reading


def encode(call_id: str) -> str:
    return base64.urlsafe_b64encode(call_id.encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    """The id in a cursor.

    Raises:
        Invalid: this is not a cursor of ours.
    """
    try:
        padding = "=" * (-len(cursor) % 4)
        call_id = base64.b64decode(cursor + padding, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        call_id = ""
    if not ids.is_id(ids.CALL, call_id) or encode(call_id) != cursor:
        raise reading.Invalid([("cursor", "is not a cursor of this list")])
    return call_id
