"""How a call at the phone came to its end."""

from __future__ import annotations

import dataclasses
import enum

from lab.softphone.headers import Headers


class EndedBy(enum.StrEnum):
    """Who or what ended a call."""

    PHONE = "phone"
    """This phone hung up."""
    PEER = "peer"
    """The other side hung up."""
    REJECTED = "rejected"
    """The INVITE was refused, by whichever side it went to."""
    CANCELLED = "cancelled"
    """The caller gave up before the answer."""
    TIMEOUT = "timeout"
    """The other side did not answer a request, or never acknowledged our answer."""
    CLOSED = "closed"
    """The phone was closed and the other side did not answer in time."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ending:
    """The end of a call."""

    by: EndedBy
    at_s: float
    """Seconds since the INVITE."""
    code: int | None = None
    """The final status of an INVITE that was not answered with 2xx."""
    phrase: str = ""
    headers: Headers = dataclasses.field(default_factory=Headers)
    """Those of the message that ended it: a refusal, or the other side's BYE."""
