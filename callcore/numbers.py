"""Phone numbers as E.164 (ITU-T E.164: a plus sign and up to 15 digits), and the SIP URIs they travel in."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse

import phonenumbers

from callcore import errors

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_DIALABLE = re.compile(r"\+?[\d\s().\-/]{3,40}", re.ASCII)
_INTERNATIONAL_PREFIX = re.compile(r"\A(?:00|011)(?=[1-9]\d{6,})", re.ASCII)
_SIP_URI = re.compile(
    r"(?P<scheme>sips?|tel):(?:(?P<user>[^@;:\s<>]{1,128})(?:[;:][^@\s<>]*)?@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^;:?\s<>@]{1,253})"
    r"(?::(?P<port>\d{1,5}))?(?P<params>(?:;[^?\s<>]*)?)(?:\?\S*)?",
    re.IGNORECASE,
)
MAX_RAW_LENGTH = 512
"""Characters; longer than any number or URI that a phone network sends."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SipUri:
    """The parts of a `sip:`, `sips:` or `tel:` URI (RFC 3261 section 19.1, RFC 3966) that routing needs."""

    scheme: str
    user: str | None
    host: str
    port: int | None = None

    def __str__(self) -> str:
        at = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        return f"{self.scheme}:{at}{self.host}{port}"


def is_e164(text: str) -> bool:
    """Whether a text is already in E.164 form; says nothing about whether anybody has that number."""
    return _E164.fullmatch(text) is not None


def is_dialable(text: str) -> bool:
    """Whether a text is made of what numbers are written with; says nothing about whether it is a whole one."""
    return _DIALABLE.fullmatch(text) is not None


def parse(raw: str, *, region: str | None = None) -> str:
    """A number that a person or a carrier wrote, as E.164.

    Accepts blanks and punctuation, `00` and `011`, a national number where `region` (ISO 3166, such as `US`) says
    whose, and a missing plus where the digits are a full number of some country's plan. What needs such a guess has to
    be a number that its plan gives out: an extension or a local number without its area code is none.

    Raises:
        InvalidNumber: it is none. The message does not repeat the input.
    """
    text = raw.strip() if len(raw) <= MAX_RAW_LENGTH else ""
    if not _DIALABLE.fullmatch(text):
        raise errors.InvalidNumber
    digits = "+" * text.startswith("+") + re.sub(r"\D", "", text)
    digits = _INTERNATIONAL_PREFIX.sub("+", digits)
    if digits.startswith("+"):
        number = _parsed(digits, None, valid=False)
    else:
        number = _parsed(digits, region, valid=True) or _parsed(f"+{digits}", None, valid=True)
    if number is None:
        raise errors.InvalidNumber
    return number


def from_sip(raw: str, *, region: str | None = None) -> str:
    """The number in what a SIP peer sent: a bare user part, a `tel:` or a `sip:…;user=phone` URI.

    Raises:
        InvalidNumber: there is no number in it (`anonymous`, a name, nonsense).
    """
    return parse(user_part(raw), region=region)


def user_part(raw: str) -> str:
    """Whom a SIP peer's text means, without scheme, host and parameters; empty where it does not say."""
    text = raw.strip().strip("<>")[:MAX_RAW_LENGTH]
    if ":" in text:
        try:
            uri = parse_uri(text)
        except errors.InvalidSipUri:
            return ""
        text = uri.host if uri.scheme == "tel" else uri.user or ""
    return urllib.parse.unquote(text).split(";", 1)[0]


def parse_uri(raw: str) -> SipUri:
    """The parts of a SIP or tel URI.

    Raises:
        InvalidSipUri: it is none.
    """
    match = _SIP_URI.fullmatch(raw.strip()) if len(raw) <= MAX_RAW_LENGTH else None
    if match is None or (match["port"] and int(match["port"]) > 65535):
        raise errors.InvalidSipUri
    port = int(match["port"]) if match["port"] else None
    return SipUri(scheme=match["scheme"].lower(), user=match["user"], host=match["host"], port=port)


def redact(number: str) -> str:
    """A number for the eyes of an operator: enough to tell two callers apart, not enough to call one."""
    return f"{number[:5]}•••{number[-2:]}" if is_e164(number) else "•••"


def _parsed(text: str, region: str | None, *, valid: bool) -> str | None:
    """The number, if its plan gives it out (`valid`), or if it has as many digits as that country's numbers."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if valid:
        fits = phonenumbers.is_valid_number(parsed)
    else:
        fits = phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not fits:
        return None
    formatted = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return formatted if is_e164(formatted) else None
