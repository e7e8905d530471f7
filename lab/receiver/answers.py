"""What a receiver answers, and how it fails to."""

from __future__ import annotations

import dataclasses
import enum
import gzip
import json
from collections.abc import Mapping
from typing import Self

_PIECE = bytes(1 << 20)


class Fault(enum.StrEnum):
    """What comes in the place of an answer."""

    HANG = "hang"
    """Nothing, until the sender gives up."""
    RESET = "reset"
    """The connection is reset (RST) once the request is read."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer to one request."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Beside `Content-Type: application/json`, or in its place."""
    after_s: float = 0.0
    """The first byte leaves so long after the request has come."""
    drips_s: float = 0.0
    """If not 0, every byte of the body leaves so long after the one before it."""
    fault: Fault | None = None
    """Comes in the place of all this, after `after_s`."""

    @classmethod
    def of(cls, document: object, *, status: int = 200, after_s: float = 0.0) -> Self:
        """An answer in JSON."""
        return cls(status=status, body=json.dumps(document).encode(), after_s=after_s)

    @classmethod
    def bomb(cls, inflated_bytes: int = 50 * len(_PIECE)) -> Self:
        """An answer of spaces that takes a thousandth of its size on the wire; of JSON, it would be none."""
        whole, rest = divmod(inflated_bytes, len(_PIECE))
        piece = b" " * len(_PIECE)
        # Members of gzip may follow one another (RFC 1952 section 2.2).
        body = gzip.compress(piece) * whole + gzip.compress(piece[:rest])
        return cls(body=body, headers={"Content-Encoding": "gzip"})


OK = Answer()
HANGS = Answer(fault=Fault.HANG)
RESETS = Answer(fault=Fault.RESET)
