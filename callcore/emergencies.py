"""Emergency numbers, by the tables of short numbers, however they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

import phonenumbers
from phonenumbers import shortnumberinfo

from callcore import user_parts

_EVERYWHERE = frozenset({"112", "911", "999", "000"})  # whatever the country: mobile networks know them everywhere
_DIGITS = 3
_OUTSIDE_LINE = ("9", "0")  # what a switch may want before whom to call
_LONGEST_SHORT_CODE = 5  # digits of an extension that may begin like an emergency number
_ABROAD = re.compile(r"\A(?:00|011)(?=[1-9])", re.ASCII)


def is_reached_by(user: str, regions: Sequence[str]) -> bool:
    """Whether an emergency service may answer.

    Args:
        user: what is dialed, as `user_parts.plain` leaves it.
        regions: ours, ISO 3166: whose emergency numbers we have.
    """
    bare = () if user_parts.is_name(user) else (user_parts.digits(user),)
    return any(_is_reached_by(text, regions) for text in {user, user_parts.dialed_first(user), *bare})


def _is_reached_by(user: str, regions: Sequence[str]) -> bool:
    """As it is, behind a country code, or behind what gets an outside line."""
    if user.startswith(user_parts.SERVICE_CODES):
        return _is_emergency(user_parts.digits(user)[-_DIGITS:], regions)
    if not user_parts.is_digits(user):
        return False
    digits = _ABROAD.sub("", user).lstrip("+")
    codes = {phonenumbers.country_code_for_region(region) for region in regions}
    if user != digits:
        codes |= {int(digits[:length]) for length in (1, 2, 3)}
    if any(_is_emergency(text, regions) for text in (user, digits)) or _begins_as_emergency(user, regions):
        return True
    if user.startswith(_OUTSIDE_LINE) and _is_of(user[1:], regions):
        return True
    return any(
        _is_emergency(digits.removeprefix(str(code)), phonenumbers.region_codes_for_country_code(code))
        for code in codes
        if code and digits.startswith(str(code))
    )


def _is_emergency(digits: str, regions: Sequence[str]) -> bool:
    return digits in _EVERYWHERE or _is_of(digits, regions)


def _is_of(digits: str, regions: Sequence[str]) -> bool:
    return any(shortnumberinfo.is_emergency_number(digits, region) for region in regions)


def _begins_as_emergency(digits: str, regions: Sequence[str]) -> bool:
    """A switch connects as soon as it has heard enough. An extension may begin like that, a longer text may not."""
    return _LONGEST_SHORT_CODE < len(digits) <= user_parts.LONGEST_EXTENSION and any(
        shortnumberinfo.connects_to_emergency_number(digits, region) for region in regions
    )
