"""Takes personal data and secrets out of what is about to be logged. Pure, so that every process uses the same rules.

    text    phone numbers, users of SIP URIs and SIP identities, authorization values, tokens, passwords in URLs
    fields  anything under a key that has a `pii` segment or names a secret

The dialed number in a room name (`call_<dialed>_…`) stays: it is the operator's own, and rooms are found by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from callcore import numbers

HIDDEN = "•••"

_MAX_DEPTH = 8  # what lies deeper in a log field is shown as hidden

_SECRET_KEYS = frozenset(
    {"authorization", "password", "secret", "token", "apikey", "cookie", "credential", "credentials"}
)
_KEY_SEGMENT = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

_SECRETS = re.compile(
    r"(?P<header>\bauthorization[\"']?\s*[:=]\s*)[^\r\n]+"
    r"|(?P<bearer>\bbearer\s+)[^\s\"',}]+"
    r"|(?P<digest>\bdigest\s+)(?=\w+=)[^\r\n]+"
    r"|(?P<prefix>\b(?:tl_[A-Za-z0-9]+_|whsec_|whsk_|sk-))[\w+/=-]{6,}"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?P<before>\w://[^\s:/@]*:)[^\s@/]+(?=@)"
    r"|(?P<field>[\"']?(?:turn_?password|password|secret|api_?key|token)[\"']?\s*[:=]\s*[\"']?)[^\s\"',}&]+",
    re.IGNORECASE,
)
_SIP_USER = re.compile(
    r"(?P<scheme>\bsips?:)[^\s@<>\"']+(?=@)|(?P<identity>\bsip_(?!status(?:_code)?\b))[^\s\"',;)}\]]+", re.IGNORECASE
)
_E164 = re.compile(r"(?<!call_)\+[1-9](?:[ ().-]?\d){6,14}(?!\d)")
_BARE_NUMBER = re.compile(r"(?<![\w.+-])\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4,9}(?![\w.-])")


def text(value: str) -> str:
    """A text without phone numbers and secrets."""
    value = _SECRETS.sub(_keep_lead, value)
    value = _SIP_USER.sub(_keep_lead, value)
    value = _E164.sub(lambda match: numbers.redact("+" + re.sub(r"\D", "", match[0])), value)
    return _BARE_NUMBER.sub(HIDDEN, value)


def fields(values: Mapping[str, object]) -> dict[str, object]:
    """Fields of a log line without personal data and secrets, however deep they lie."""
    return {key: _field(key, value, 0) for key, value in values.items()}


def is_private(key: str) -> bool:
    """Whether what stands under this key is never shown."""
    segments = [segment.lower() for segment in _KEY_SEGMENT.findall(key)]
    if "pii" in segments or not _SECRET_KEYS.isdisjoint(segments):
        return True
    return "apikey" in "".join(segments) or segments == ["turnpassword"]


def _field(key: str, value: object, depth: int) -> object:
    if is_private(key):
        return HIDDEN
    return _value(value, depth)


def _value(value: object, depth: int) -> object:
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= _MAX_DEPTH:
        return HIDDEN
    if isinstance(value, Mapping):
        return {text(str(key)): _field(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [_value(item, depth + 1) for item in value]
    return text(str(value))


def _keep_lead(match: re.Match[str]) -> str:
    lead = next((part for part in match.groups() if part), "")
    return f"{lead}{HIDDEN}"
