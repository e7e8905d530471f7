"""What a destination is, and whether a number of its kind may be dialed at all.

Everything here goes by the number's own plan and never by a prefix: +1 is two dozen countries, and within one of them
some numbers cost a hundred times as much as others.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
import urllib.parse
from collections.abc import Collection, Sequence

import phonenumbers
from phonenumbers import shortnumberinfo

from callcore import errors, numbers

EMERGENCY_NUMBER = "emergency_number"
NUMBER_TYPE_FORBIDDEN = "number_type_forbidden"
COUNTRY_FORBIDDEN = "country_forbidden"
SIP_HOST_FORBIDDEN = "sip_host_forbidden"

_EMERGENCY = frozenset({"112", "911", "999", "000"})  # whatever the country: mobile networks know them everywhere
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
_LONGEST_EXTENSION = 7  # digits; more of them mean a number of some network
_LONGEST_SHORT_CODE = 5  # digits of an extension that may begin like an emergency number
_USUAL_PORTS = frozenset({None, 5060, 5061})  # RFC 3261 section 19.1.2

_SEPARATORS = re.compile(r"[\s().\-/_]")
_SERVICE_CODES = ("*", "#")  # what a user part begins with that first switches something, such as `*67` or `#31#`
_OUTSIDE_LINE = ("9", "0")  # what a switch may want before whom to call
_EMERGENCY_DIGITS = 3
_DIALED_FIRST = re.compile(r"\A(\+?\d+)[,;*#pwx].*", re.ASCII | re.IGNORECASE)  # what follows is pressed once answered
_PAY_PER_CALL = re.compile(r"\+1\d{3}976\d{4}", re.ASCII)  # of every area of +1, and no type of its own in the plan
_NO_DIGITS = re.compile(r"\D", re.ASCII)
_LETTER = re.compile(r"[^\W\d_]")
_RUNS = re.compile(r"\d+", re.ASCII)
_DIGITS = re.compile(r"\+?\d+", re.ASCII)
_ABROAD = re.compile(r"\A(?:00|011)(?=[1-9])", re.ASCII)
_MOST_ESCAPES = 4


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
    user = _plain(uri.user or "") if uri else _plain(to)
    if any(_is_emergency(text, policy.regions) for text in _readings(user)):
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
        return _of_user(_plain(uri.user or ""), regions) if uri else numbers.parse(to)
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
    if user.startswith(_SERVICE_CODES) and len(_NO_DIGITS.sub("", user)) > _LONGEST_EXTENSION:
        raise _forbidden_type()
    number = _number(_DIALED_FIRST.sub(r"\1", user), regions)
    if number is None and _digits_within(user) > _LONGEST_EXTENSION:
        raise _forbidden_type()
    return number


def _number(text: str, regions: Sequence[str]) -> str | None:
    if not _DIGITS.fullmatch(text):
        return None
    if text.startswith("+"):
        return numbers.parse(text)
    for region in (*regions, None):
        try:
            return numbers.parse(text, region=region)
        except errors.InvalidNumber:
            continue
    return None


def _digits_within(user: str) -> int:
    """How many digits a switch may dial of a user part: it may pass over anything else, but does not guess at names."""
    runs = _RUNS.findall(user)
    is_name = _LETTER.search(user) is not None and _DIALED_FIRST.fullmatch(user) is None
    return 0 if is_name and len(runs) != 1 else sum(map(len, runs))


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


def _plain(text: str) -> str:
    """What a switch would make of a user part: without escapes and separators, in ASCII digits."""
    for _ in range(_MOST_ESCAPES):
        text = urllib.parse.unquote(text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(_digit(char) for char in text if unicodedata.category(char) not in ("Cf", "Pd", "Cc"))
    return _SEPARATORS.sub("", text)


def _digit(char: str) -> str:
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)


def _readings(user: str) -> frozenset[str]:
    """What a switch may take a user part for: all of it, what is dialed first, or its digits if it is no name."""
    bare = frozenset() if _LETTER.search(user) else frozenset({_NO_DIGITS.sub("", user)})
    return bare | {user, _DIALED_FIRST.sub(r"\1", user)}


def _is_emergency(user: str, regions: Sequence[str]) -> bool:
    """Whether a user part that was made plain reaches an emergency service, as it is or behind a country code."""
    if user.startswith(_SERVICE_CODES):
        return _is_emergency_at(_NO_DIGITS.sub("", user)[-_EMERGENCY_DIGITS:], regions)
    if not _DIGITS.fullmatch(user):
        return False
    digits = _ABROAD.sub("", user).lstrip("+")
    codes = {phonenumbers.country_code_for_region(region) for region in regions}
    if user != digits:
        codes |= {int(digits[:length]) for length in (1, 2, 3)}
    if any(_is_emergency_at(text, regions) for text in (user, digits)) or _begins_as_emergency(user, regions):
        return True
    if user.startswith(_OUTSIDE_LINE) and _is_emergency_of(user[1:], regions):
        return True
    return any(
        _is_emergency_at(digits.removeprefix(str(code)), phonenumbers.region_codes_for_country_code(code))
        for code in codes
        if code and digits.startswith(str(code))
    )


def _is_emergency_at(digits: str, regions: Sequence[str]) -> bool:
    return digits in _EMERGENCY or _is_emergency_of(digits, regions)


def _is_emergency_of(digits: str, regions: Sequence[str]) -> bool:
    return any(shortnumberinfo.is_emergency_number(digits, region) for region in regions)


def _begins_as_emergency(digits: str, regions: Sequence[str]) -> bool:
    """A switch connects as soon as it has heard enough. An extension may begin like that, a longer text may not."""
    return _LONGEST_SHORT_CODE < len(digits) <= _LONGEST_EXTENSION and any(
        shortnumberinfo.connects_to_emergency_number(digits, region) for region in regions
    )
