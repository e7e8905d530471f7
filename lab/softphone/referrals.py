"""What the other side of a call asked for by a REFER, and what the phone made of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lab.softphone import messages, uris
from lab.softphone.headers import Headers

if TYPE_CHECKING:
    from lab.softphone import calls


@dataclasses.dataclass(frozen=True, kw_only=True)
class Notification:
    """One NOTIFY that the phone sent."""

    at_s: float
    """Seconds since the INVITE of the call."""
    code: int | None
    """The status that it told; None: it had no body."""
    answer: int | None
    """The status that it was answered with; None: it was not."""


@dataclasses.dataclass(kw_only=True)
class Referral:
    """One REFER that reached the phone."""

    at_s: float
    """Seconds since the INVITE of the call."""
    refer_to: str
    """The URI that it names; empty if it names none."""
    referred_by: str | None
    """The Referred-By header as it stands (RFC 3892)."""
    headers: Headers
    """All headers of the REFER."""
    cseq: int
    call: calls.Call | None = None
    """The call that the phone placed instead; None if it placed none."""
    notifications: list[Notification] = dataclasses.field(default_factory=list)
    """Oldest first, each as soon as it is answered or given up."""

    @classmethod
    def of(cls, request: messages.Request, *, at_s: float) -> Referral:
        refer_to = request.headers.get("Refer-To")
        return cls(
            at_s=at_s,
            refer_to="" if refer_to is None else uris.bare(refer_to),
            referred_by=request.headers.get("Referred-By"),
            headers=request.headers,
            cseq=request.cseq,
        )
