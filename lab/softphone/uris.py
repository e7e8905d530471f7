"""SIP URIs and the addresses that wrap them: `"Name" <sip:user@host:port>;tag=x` (RFC 3261 sections 19.1 and 20)."""

from __future__ import annotations

import dataclasses
import re

from lab.softphone import errors

Address = tuple[str, int]
"""An IP address and a UDP port."""

_DEFAULT_PORT = 5060
_URI = re.compile(r"sips?:(?:(?P<user>[^@]*)@)?(?P<host>[^:;?@\s]+)(?::(?P<port>\d+))?(?P<rest>[;?].*)?", re.IGNORECASE)
_ADDRESS = re.compile(r'(?:\s*"(?:\\.|[^"\\])*")?[^<"]*<([^>]*)>(.*)', re.DOTALL)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Uri:
    """A sip: URI, as far as a phone has to understand it."""

    user: str
    host: str
    port: int | None

    @property
    def address(self) -> Address:
        """Where to send a request for it."""
        return self.host, self.port or _DEFAULT_PORT


def parse(text: str) -> Uri:
    """Reads a bare URI.

    Raises:
        MalformedMessage: it is not a sip: or sips: URI.
    """
    match = _URI.fullmatch(text.strip())
    if match is None:
        raise errors.MalformedMessage("not a SIP URI")
    port = match["port"]
    return Uri(user=match["user"] or "", host=match["host"], port=int(port) if port else None)


def is_sip(text: str) -> bool:
    """Whether `parse` can read it."""
    return _URI.fullmatch(text.strip()) is not None


def bare(header: str) -> str:
    """The URI inside a From, To, Contact, Route or Record-Route value."""
    match = _ADDRESS.match(header)
    return match[1] if match else header.partition(";")[0].strip()


def parameter(header: str, name: str) -> str | None:
    """A parameter of a header value, such as the tag of a From; empty if it has no value, None if it is absent."""
    match = _ADDRESS.match(header)
    tail = match[2] if match else header.partition(";")[2]
    for part in tail.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == name.lower():
            return value.strip().strip('"')
    return None
