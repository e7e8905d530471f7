"""What a destination is, and whether a number of its kind may be dialed at all.

Everything here goes by the number's own plan and never by a prefix: +1 is two dozen countries, and within one of them
some numbers cost a hundred times as much as others.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Collection, Sequence

import phonenumbers

from callcore import emergencies, errors, numbers, user_parts

EMERGENCY_NUMBER = "emergency_number"
NUMBER_TYPE_FORBIDDEN = "number_type_forbidden"
COUNTRY_FORBIDDEN = "country_forbidden"
SIP_HOST_FORBIDDEN = "sip_host_forbidden"

_NO_COUNTRY = "001"  # what the plan calls satellite and international networks
_ALLOWED = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.VOIP,
    }
)
_USUAL_PORTS = frozenset({None, 5060, 5061})  # RFC 3261 section 19.1.2
_PAY_PER_CALL = re.compile(r"\+1\d{3}976\d{4}", re.ASCII)  # of every area of +1, and no type of its own in the plan


@dataclasses.dataclass(frozen=True, kw_only=True)
class Policy:
    """Where calls may go."""

    countries: frozenset[str]
    """ISO 3166."""
    regions: tuple[str, ...]
    """Ours, ISO 3166, likeliest first: whose emergency numbers we have, and whose a national number is."""
    sip_hosts: Collection[str] | None
    """Of `sip:` URIs, with a port where it is not the usual one; None: any."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Destination:
    """Whom a call is for."""

    number: str | None
    """E.164; None for a SIP address whose user is none, such as an extension."""
    user: str | None = None
    """Of a SIP address, without escapes and separators."""
    host: str | None = None
    """Of a SIP address, in small letters, with its port where it is not the usual one."""

    @property
    def callee(self) -> str:
        """The same for every way to write who is called: E.164, else a `sip:` URI."""
        return self.number or f"sip:{(self.user or '').casefold()}@{self.host}"


def check(to: str, policy: Policy) -> Destination:
    """What a destination is, if it may be dialed.

    Args:
        to: a number in E.164 form exactly as it is dialed, or a `sip:` or `sips:` URI with a user.
        policy: where calls may go.

    Raises:
        InvalidNumber: neither, or no plan has numbers of that length.
        PolicyRefused: it must not be dialed. The message holds no number.
    """
    uri = _uri(to) if ":" in to else None
    user = user_parts.plain(uri.user or "") if uri else user_parts.plain(to)
    if emergencies.is_reached_by(user, policy.regions):
        raise errors.PolicyRefused("Emergency numbers are not dialed.", code=EMERGENCY_NUMBER)
    number = _of_user(user, policy.regions) if uri else _e164(to)
    if number is not None:
        _check_number(number, policy.countries)
    if uri is not None and policy.sip_hosts is not None:
        _check_host(uri, policy.sip_hosts)
    if uri is None:
        return Destination(number=number)
    return Destination(number=number, user=user, host=uri.host.lower() if uri.port in _USUAL_PORTS else _host(uri))


def number_in(to: str, regions: Sequence[str]) -> str | None:
    """The number that a destination reaches, E.164; None where it has none, or is no destination."""
    try:
        uri = _uri(to) if ":" in to else None
        return _of_user(user_parts.plain(uri.user or ""), regions) if uri else numbers.parse(to)
    except (errors.InvalidNumber, errors.PolicyRefused):
        return None


@functools.lru_cache(maxsize=4096)  # asked about every number of ours at every dial
def region_of(number: str) -> str | None:
    """The country of a number in E.164 form, ISO 3166; None where it is of none, or of no network that is known."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    return None if region == _NO_COUNTRY else region


def _uri(to: str) -> numbers.SipUri:
    try:
        uri = numbers.parse_uri(to)
    except errors.InvalidSipUri:
        uri = None
    if uri is None or uri.scheme == "tel" or not uri.user:
        raise errors.InvalidNumber("A SIP address to call has the form sip:user@host.")
    return uri


def _e164(to: str) -> str:
    number = numbers.parse(to) if numbers.is_e164(to) else None
    if number != to:  # judged and dialed must be the same: a plan may drop digits that a carrier does not
        raise errors.InvalidNumber
    return number


def _of_user(user: str, regions: Sequence[str]) -> str | None:
    """The number in a user part that was made plain; None for an extension or a name.

    Raises:
        InvalidNumber: it has a plus sign, and no plan has numbers of that length.
        PolicyRefused: more digits than an extension has, and no number that its country gives out.
    """
    first = user_parts.dialed_first(user)
    number = _number(first, regions) if user_parts.is_digits(first) else None
    if number is None and user_parts.is_too_long(user):
        raise _forbidden_type()
    return number


def _number(digits: str, regions: Sequence[str]) -> str | None:
    if digits.startswith("+"):
        return numbers.parse(digits)
    for region in (*regions, None):
        try:
            return numbers.parse(digits, region=region)
        except errors.InvalidNumber:
            continue
    return None


def _check_number(number: str, countries: Collection[str]) -> None:
    parsed = phonenumbers.parse(number, None)
    region = phonenumbers.region_code_for_number(parsed)
    is_allowed = phonenumbers.number_type(parsed) in _ALLOWED and not _PAY_PER_CALL.fullmatch(number)
    if region == _NO_COUNTRY or not is_allowed:
        raise _forbidden_type()
    if region not in countries:
        raise errors.PolicyRefused(
            f"Numbers of {region} are not called: `dialing.allow_countries` has other countries, or says nothing, and "
            "then they are those of our own numbers.",
            code=COUNTRY_FORBIDDEN,
        )


def _forbidden_type() -> errors.PolicyRefused:
    return errors.PolicyRefused(
        "Only fixed lines, mobile, toll-free and internet phones are called: no premium, shared-cost, company-wide, "
        "personal, pager, voicemail and satellite numbers, and none that no network gives out.",
        code=NUMBER_TYPE_FORBIDDEN,
    )


def _check_host(uri: numbers.SipUri, allowed: Collection[str]) -> None:
    names = {_host(uri)}
    if uri.port in _USUAL_PORTS:
        names |= {uri.host.lower()} | {f"{uri.host.lower()}:{port}" for port in _USUAL_PORTS if port}
    if names.isdisjoint(host.lower() for host in allowed):
        raise errors.PolicyRefused(
            "SIP addresses at this host may not be called: neither `dialing.allow_sip_hosts` nor a trunk names it.",
            code=SIP_HOST_FORBIDDEN,
        )


def _host(uri: numbers.SipUri) -> str:
    return f"{uri.host}:{uri.port}".lower() if uri.port is not None else uri.host.lower()
