"""The small values that settings are made of: durations, addresses, numbers, names."""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import re
import zoneinfo
from typing import Annotated

import pydantic
import pydantic_core

from callcore import errors, numbers
from sip_config import problems

_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)", re.ASCII)
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def wrong(message: str) -> pydantic_core.PydanticCustomError:
    """An error for a person: its text is shown as it is."""
    return pydantic_core.PydanticCustomError("wrong_value", "{text}", {"text": message})


def _matching(pattern: str, otherwise: str) -> pydantic.AfterValidator:
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
    return dt.timedelta(seconds=float(match[1]) * _UNITS_S[match[2]])


def _e164(value: str) -> str:
    try:
        if value.strip().startswith("+"):
            return numbers.parse(value)
    except errors.InvalidNumber:
        pass
    raise wrong("write the number in E.164 form, such as `+12015550123`")


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value.strip(), strict=False))
    except ValueError:
        # A host name would be compared with what the caller's own From header says, so it protects nothing.
        raise wrong("write an IP address or a network, such as `203.0.113.7` or `203.0.113.0/24`") from None


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise wrong(f"no time zone of the IANA database{problems.nearest(value, _time_zones())}")
    return value


Duration = Annotated[
    dt.timedelta, pydantic.BeforeValidator(_duration, json_schema_input_type=str), pydantic.Field(examples=["30s"])
]
"""A number with its unit: `500ms`, `30s`, `15m`, `2h`, `90d`."""

E164 = Annotated[str, pydantic.AfterValidator(_e164)]
"""A phone number with plus sign and country code; blanks and punctuation are dropped."""

Network = Annotated[str, pydantic.AfterValidator(_network)]
"""An IP address or network."""

TimeZone = Annotated[str, pydantic.AfterValidator(_time_zone)]
"""A name of the IANA time zone database."""

Country = Annotated[str, _matching(r"[A-Z]{2}", "write two capital letters of ISO 3166, such as `US`")]
"""Two letters of ISO 3166."""

Slug = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]{0,62}", "use small letters, digits and hyphens only, 63 at most")]
"""Small letters, digits and hyphens, up to 63: safe in file names, URLs and LiveKit's metadata."""

Language = Annotated[
    str, _matching(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", "write a language tag, such as `en-US` or `de`")
]
"""A language tag (RFC 5646)."""

HeaderName = Annotated[str, _matching(r"[A-Za-z0-9!%*_+`'~.-]{1,64}", "write the name of a SIP header")]
"""Name of a SIP header: a token of RFC 3261 section 25.1."""

Host = Annotated[
    str,
    _matching(r"[A-Za-z0-9.\-\[\]:]{1,253}", "write a host or IP address, with `:port` where it is not the usual one"),
]
"""A host name or IP address, with or without a port."""

HeaderText = Annotated[str, _matching(r"[^\r\n\x00]{0,500}", "write one line of at most 500 characters")]
"""Value of a SIP header, on one line."""

Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A name or label."""

LongText = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=50_000)]
"""Something to say or to follow."""
