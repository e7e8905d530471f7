"""Which SIP headers are ours to set besides those that the protocol itself writes."""

from __future__ import annotations

_OF_THE_PROTOCOL = frozenset(
    {
        *("via", "from", "to", "call-id", "cseq", "contact", "route", "record-route", "max-forwards", "path"),
        *("content-type", "content-length", "content-encoding", "content-disposition", "mime-version"),
        *("require", "proxy-require", "supported", "unsupported", "allow", "allow-events", "accept", "event"),
        *("expires", "min-se", "session-expires", "rseq", "rack", "subscription-state", "replaces", "refer-to"),
        *("authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "identity"),
        *("v", "f", "t", "i", "m", "c", "l", "e", "k", "u", "o", "x", "r", "y"),  # the same, written short
    }
)
"""In small letters: RFC 3261 section 20, RFC 3262, RFC 3515, RFC 3891, RFC 4028, RFC 6665, RFC 8224."""


def is_reserved(name: str) -> bool:
    """Whether a header steers the call itself, so that nobody may set it: a second one would break it, or lead it away.

    Args:
        name: of the header, in any letter case.
    """
    return name.lower() in _OF_THE_PROTOCOL
