"""Whose phone sent a call on to us: the headers Diversion (RFC 5806) and History-Info (RFC 7044), and carriers' own.

All of it is the caller's network's text. What cannot be read, is endless or is to be kept private counts as nothing.
"""

from __future__ import annotations

import dataclasses
import re
import urllib.parse
from collections.abc import Mapping

from callcore import callers, calls, contract, errors, numbers

_MAX_HEADER = 8192  # a long chain of forwards takes one; SIP over UDP carries eight in all
_MAX_ENTRIES = 50
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>"]*>|[^",<>]+|.', re.DOTALL)
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*))?')
_FIRST = frozenset({"1", "0"})  # RFC 7044 section 10.3; zero is how some count
_COUNTER = re.compile(r"\d{1,2}", re.ASCII)  # RFC 5806 section 4: 1*2DIGIT
_PRIVATE = frozenset({"full", "uri"})  # RFC 5806 section 6: the diverting party's number is not for us


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One value of such a header."""

    address: str
    """A URI without its headers, or a bare number."""
    headers: Mapping[str, str]
    """What the URI wants as headers (RFC 3261 section 19.1.1), names in small letters."""
    parameters: Mapping[str, str]
    """What follows the address, names in small letters."""


def forwarded_from(attributes: Mapping[str, str]) -> str | None:
    """The number or URI that was dialed at first, before anybody sent the call on; None where none is told.

    Args:
        attributes: of the caller's participant, with the headers as our trunks put them there. Where a header
            is repeated LiveKit keeps the first, which is the latest diversion and the earliest history.
    """
    return (
        from_diversion(attributes.get(contract.DIVERSION_ATTRIBUTE, ""))
        or from_history(attributes.get(contract.HISTORY_ATTRIBUTE, ""))
        or from_address(attributes.get(contract.FORWARDED_ATTRIBUTE, ""))
    )


def hops(attributes: Mapping[str, str]) -> int:
    """How often a call was sent on before, as the Diversion header counts it (`counter`, RFC 5806 section 4).

    We count on it to know a call again that we sent out and that came back: whatever is between may have put entries
    of its own on top, and the highest number is the one of the longest way.

    Args:
        attributes: as in `forwarded_from`.
    """
    counters = (
        entry.parameters.get("counter", "") for entry in _entries(attributes.get(contract.DIVERSION_ATTRIBUTE, ""))
    )
    return max((int(counter) for counter in counters if _COUNTER.fullmatch(counter)), default=0)


def e164(raw: str | None, *, dialed: str | None, region: str | None) -> str | None:
    """What `forwarded_from` gave as E.164; None where it is no phone number, or the very one that was dialed.

    Args:
        raw: a number or URI.
        dialed: our own number, E.164. A history begins with it where nobody sent the call on.
        region: whose national numbers to expect (ISO 3166).
    """
    try:
        number = numbers.from_sip(raw or "", region=region)
    except errors.InvalidNumber:
        return None
    return None if number == dialed else number


def from_diversion(header: str) -> str | None:
    """The first diverting party: each one puts itself on top (RFC 5806 section 4), so it is the last entry."""
    found = _entries(header)
    if not found or found[-1].parameters.get("privacy") in _PRIVATE:
        return None
    return _usable(found[-1])


def from_history(header: str) -> str | None:
    """The first target: the entry with the index `1` (RFC 7044 section 10.3).

    Where that entry is lost, nobody can tell it. The first target may be ourselves, where nobody sent the call on.
    """
    for entry in _entries(header):
        if entry.parameters.get("index") in _FIRST:
            return None if "history" in entry.headers.get("privacy", "") else _usable(entry)
    return None


def from_address(header: str) -> str | None:
    """What a carrier's own header says: a number or URI, alone or in brackets."""
    found = _entries(header)
    return _usable(found[-1]) if found else None


def _entries(header: str) -> list[Entry]:
    """The values of a header, in its order; none where any of it is malformed."""
    header = header.replace("\t", " ")
    if len(header) > _MAX_HEADER or not header.isprintable():
        return []
    groups: list[list[str]] = [[]]
    for piece in _TOKENS.findall(header):
        if piece == ",":
            groups.append([])
        elif piece in ('"', "<", ">"):  # one that is not closed
            return []
        else:
            groups[-1].append(piece)
    if len(groups) > _MAX_ENTRIES:
        return []
    found = [_entry(tokens) for tokens in groups]
    return [entry for entry in found if entry is not None] if None not in found else []


def _entry(tokens: list[str]) -> Entry | None:
    """A name-addr or addr-spec with its parameters (RFC 3261 section 25.1)."""
    bracketed = [position for position, token in enumerate(tokens) if token.startswith("<")]
    if len(bracketed) > 1:
        return None
    if bracketed:
        uri, rest = tokens[bracketed[0]].strip("<>"), "".join(tokens[bracketed[0] + 1 :])
    else:  # without brackets everything after a semicolon belongs to the header
        uri, semicolon, rest = "".join(tokens).partition(";")
        rest = semicolon + rest
    address, _, query = uri.strip().partition("?")
    return Entry(address=address, headers=_headers(query), parameters=_parameters(rest)) if address else None


def _headers(query: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {name.lower(): urllib.parse.unquote(value).lower() for name, _, value in pairs}


def _parameters(text: str) -> dict[str, str]:
    return {name.lower(): value.strip('"').lower() for name, value in _PARAMETER.findall(text)}


def _usable(entry: Entry) -> str | None:
    """The address, if it may be somebody's: no nonsense, nobody who wants to stay unknown."""
    address = entry.address
    if len(address) > numbers.MAX_RAW_LENGTH or callers.classify(address, None).caller_id is calls.CallerId.WITHHELD:
        return None
    if ":" not in address:
        return address if numbers.is_dialable(address) else None
    try:
        return str(numbers.parse_uri(address))
    except errors.InvalidSipUri:
        return None
