"""What the two ends of a call tell each other beside the audio (INFO, RFC 6086)."""

from __future__ import annotations

import dataclasses
import re

from lab.softphone import messages
from lab.softphone.headers import Headers

DTMF_RELAY = "application/dtmf-relay"
"""The body names a key and how long it was pressed; many PBXs send keys like this."""
_SIGNAL = re.compile(rb"^\s*Signal\s*=\s*([0-9*#A-D])\s*$", re.IGNORECASE | re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Info:
    """One INFO that reached the phone."""

    at_s: float
    """Seconds since the INVITE."""
    content_type: str
    """Empty where there is no body."""
    body: bytes
    headers: Headers

    @classmethod
    def of(cls, request: messages.Request, *, at_s: float) -> Info:
        kind = (request.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return cls(at_s=at_s, content_type=kind, body=request.body, headers=request.headers)

    @property
    def digit(self) -> str | None:
        """The key that it tells of; None if it tells of something else."""
        match = _SIGNAL.search(self.body) if self.content_type == DTMF_RELAY else None
        return match[1].decode().upper() if match else None


def dtmf_relay(digit: str, *, duration_ms: int = 160) -> bytes:
    """The body that tells of one key."""
    return f"Signal={digit}\r\nDuration={duration_ms}\r\n".encode()
