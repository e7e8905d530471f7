"""The small values that settings are made of: durations, addresses, numbers, names."""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import ipaddress
import re
import zoneinfo
from typing import Annotated

import pydantic
import pydantic_core

from callcore import errors, numbers
from sip_config import conditions, problems
from sip_config.templates import metadata_names

_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)", re.ASCII)
_UNITS_US = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000}
_MOST_UNITS = 1_000_000  # as many digits as a duration may be written with
_MAX_URI = 255  # longer than any that a PBX takes
_HOST = re.compile(
    r"(?:(?P<name>(?=[^:]{1,253}(?::|$))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)|\[(?P<v6>[0-9a-f:.]{2,45})\])(?::(?P<port>\d{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_MAX_PORT = 65_535
_MAX_METADATA = 1_000  # characters of one value; a call may have fifty


def wrong(message: str) -> pydantic_core.PydanticCustomError:
    """An error for a person: its text is shown as it is."""
    return pydantic_core.PydanticCustomError("wrong_value", "{text}", {"text": message})


def matching(pattern: str, otherwise: str) -> pydantic.AfterValidator:
    """That the whole of a text looks so; else what to tell."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise wrong(otherwise)
        return value

    return pydantic.AfterValidator(check)


def _duration(value: object) -> dt.timedelta:
    if isinstance(value, dt.timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("write a duration with its unit, such as `500ms`, `30s`, `15m` or `2h`")
    return dt.timedelta(microseconds=int(decimal.Decimal(match[1]) * _UNITS_US[match[2]]))


def duration_text(value: dt.timedelta) -> str:
    """A duration as an author would write it, in the largest unit that keeps it short; reads back as the same."""
    microseconds = value // dt.timedelta(microseconds=1)
    fitting = {unit: size for unit, size in _UNITS_US.items() if microseconds < size * _MOST_UNITS}
    for unit, size in fitting.items():
        if microseconds >= size and microseconds % size == 0:
            return f"{microseconds // size}{unit}"
    for unit, size in fitting.items():
        if microseconds and microseconds * 1000 % size == 0:
            return f"{decimal.Decimal(microseconds) / size:f}{unit}"
    return f"{decimal.Decimal(microseconds) / 1_000_000:f}s"


def between(least: dt.timedelta, most: dt.timedelta) -> pydantic.AfterValidator:
    """A duration's bounds, both of them allowed."""

    def check(value: dt.timedelta) -> dt.timedelta:
        if not least <= value <= most:
            raise wrong(f"must be between `{duration_text(least)}` and `{duration_text(most)}`")
        return value

    return pydantic.AfterValidator(check)


def _e164(value: str) -> str:
    try:
        if value.strip().startswith("+"):
            return numbers.parse(value)
    except errors.InvalidNumber:
        pass
    raise wrong("write the number in E.164 form, such as `+12015550123`")


def _destination(value: str) -> str:
    text = value.strip()
    if text.lower().startswith(("sip:", "sips:")):
        try:
            if len(text) <= _MAX_URI and text.isascii() and text.isprintable() and "?" not in text:
                numbers.parse_uri(text)
                return text
        except errors.InvalidSipUri:
            pass
        raise wrong("write a SIP address such as `sip:reception@pbx.example.com`")
    try:
        return _e164(text)
    except pydantic_core.PydanticCustomError:
        raise wrong("write a number such as `+12015550123`, or an address such as `sip:me@pbx.example.com`") from None


def _condition(text: str) -> str:
    try:
        conditions.compile(text)
    except conditions.Invalid as error:
        raise pydantic_core.PydanticCustomError(
            "wrong_text", "{text}", {"text": error.mistakes[0].message, "mistakes": error.mistakes}
        ) from None
    return text


def _metadata_text(text: str) -> str:
    if len(text) > _MAX_METADATA or not text.isprintable():
        raise wrong(f"write one line of at most {_MAX_METADATA} characters")
    if message := metadata_names.wrong(text):
        raise wrong(message)
    return text


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value.strip(), strict=False))
    except ValueError:
        # A host name would be compared with what the caller's own From header says, so it protects nothing.
        raise wrong("write an IP address or a network, such as `203.0.113.7` or `203.0.113.0/24`") from None


def _host(value: str) -> str:
    match = _HOST.fullmatch(value.strip())
    try:
        if match is None or match["v6"]:
            ipaddress.IPv6Address(match["v6"] if match else value.strip())
        if match is None or match["port"] is None or 0 < int(match["port"]) <= _MAX_PORT:
            return value.strip()
    except ValueError:
        pass
    raise wrong("write a host or IP address, with `:port` where it is not the usual one, and nothing before it")


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise wrong(f"no time zone of the IANA database{problems.nearest(value, _time_zones())}")
    return value


Duration = Annotated[
    dt.timedelta,
    pydantic.BeforeValidator(_duration, json_schema_input_type=str),
    pydantic.PlainSerializer(duration_text, return_type=str, when_used="json"),
    pydantic.Field(examples=["30s"]),
]
"""A number with its unit: `500ms`, `30s`, `15m`, `2h`, `90d`."""

E164 = Annotated[str, pydantic.AfterValidator(_e164)]
"""A phone number with plus sign and country code; blanks and punctuation are dropped."""

Destination = Annotated[str, pydantic.AfterValidator(_destination)]
"""Where a call may be connected to: a number in E.164 form, or a `sip:` or `sips:` URI without headers."""

Condition = Annotated[
    str, pydantic.AfterValidator(_condition), pydantic.Field(examples=["is_business_hours && caller != ''"])
]
"""A condition in CEL; it compiles."""

MetadataKey = Annotated[
    str,
    matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", "use letters, digits, `_`, `.` and `-`, 64 at most, a letter first"),
]
"""A key of a session's metadata."""

MetadataText = Annotated[str, pydantic.AfterValidator(_metadata_text)]
"""A value of a session's metadata on one line, in which `{{callerNumber}}` and its like are filled in for each call."""

Phrase = Annotated[
    str,
    matching(r"(?=.{1,60}$)[^\W_](?:[\w.'&/+ -]*[\w.+])?", "write a word or a few: letters, digits and - . ' & / +"),
]
"""A word, or a few."""

Spoken = Annotated[
    str,
    pydantic.StringConstraints(strip_whitespace=True),
    matching(r"[^\x00-\x1f\x7f]{1,200}", "write what is to be said: one line of at most 200 characters"),
]
"""What a voice reads aloud."""

StaticText = Annotated[str, matching(r"[^\x00-\x1f\x7f]{0,1000}", "write one line of at most 1000 characters")]
"""A value of metadata that is the same for every call."""

Network = Annotated[str, pydantic.AfterValidator(_network)]
"""An IP address or network."""

TimeZone = Annotated[str, pydantic.AfterValidator(_time_zone)]
"""A name of the IANA time zone database."""

Country = Annotated[str, matching(r"[A-Z]{2}", "write two capital letters of ISO 3166, such as `US`")]
"""Two letters of ISO 3166."""

Slug = Annotated[str, matching(r"[a-z0-9][a-z0-9-]{0,62}", "use small letters, digits and hyphens only, 63 at most")]
"""Small letters, digits and hyphens, up to 63: safe in file names, URLs and LiveKit's metadata."""

Language = Annotated[
    str, matching(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", "write a language tag, such as `en-US` or `de`")
]
"""A language tag (RFC 5646)."""

HeaderName = Annotated[str, matching(r"[A-Za-z0-9!%*_+`'~.-]{1,64}", "write the name of a SIP header")]
"""Name of a SIP header: a token of RFC 3261 section 25.1."""

Host = Annotated[str, pydantic.AfterValidator(_host)]
"""A host name or IP address, with or without a port."""

HeaderText = Annotated[str, matching(r"[^\r\n\x00]{0,500}", "write one line of at most 500 characters")]
"""Value of a SIP header, on one line."""

Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A name or label."""

LongText = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=50_000)]
"""Something to say or to follow."""
