"""Which SIP headers nobody may set by hand: those that a request works by, and those that say whose call it is."""

from __future__ import annotations

_OF_THE_PROTOCOL = """
accept accept-encoding accept-language allow allow-events authentication-info authorization call-id contact cseq date
event expires from in-reply-to join max-breadth max-forwards mime-version min-expires min-se path proxy-authenticate
proxy-authorization proxy-require rack recv-info record-route refer-sub refer-to referred-by replaces require
retry-after route rseq security-client security-server security-verify server service-route session-expires sip-etag
sip-if-match subscription-state supported target-dialog timestamp to unsupported user-agent via warning www-authenticate
"""
"""RFC 3261 section 20 and its extensions, but for what is only said to people, such as `Subject` and `Alert-Info`."""

_OF_IDENTITY = """
diversion history-info identity identity-info p-access-network-info p-asserted-identity p-called-party-id
p-charging-vector p-preferred-identity privacy remote-party-id
"""
"""Who calls, for whom, and by which way: RFC 3323, RFC 3325, RFC 5806, RFC 7044, RFC 7315, RFC 8224."""

_RESERVED = frozenset((_OF_THE_PROTOCOL + _OF_IDENTITY).split())


def is_reserved(name: str) -> bool:
    """Whether a header must not be set by hand: a second one would break the call, lead it away, or give a false name.

    Args:
        name: of the header, in any letter case; one letter is the short form of another (RFC 3261 section 7.3.3).
    """
    lower = name.lower()
    return len(lower) == 1 or lower in _RESERVED or lower.startswith("content-")
