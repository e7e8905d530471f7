"""Cursors: opaque to clients; inside is the id or the name of the last thing that they have seen."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from dispatch.http import reading


def encode(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def decode(cursor: str, *, is_name: Callable[[str], bool] = bool) -> str:
    """The id or name in a cursor.

    Raises:
        Invalid: this is not a cursor of ours, or what is in it is no name by `is_name`.
    """
    try:
        padding = "=" * (-len(cursor) % 4)
        name = base64.b64decode(cursor + padding, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        name = ""
    if not is_name(name) or encode(name) != cursor:
        raise reading.Invalid([("cursor", "is not a cursor of this list")])
    return name
