"""The ways in which carriers write one of our numbers when they call it."""

from __future__ import annotations

import phonenumbers

_INTERNATIONAL_PREFIXES = ("00", "011")  # ITU-T E.164, and North America


def of(e164: str, country: str | None) -> tuple[str, ...]:
    """A number as E.164, with international prefixes, and, for a number of the given country, as that country dials it.

    A missing plus and punctuation are not listed: LiveKit sees through them where it compares a trunk's numbers.
    """
    found = [e164, *(prefix + e164.removeprefix("+") for prefix in _INTERNATIONAL_PREFIXES)]
    parsed = phonenumbers.parse(e164)
    if country is not None and phonenumbers.region_code_for_number(parsed) == country:
        national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        found.append(phonenumbers.normalize_digits_only(national))
    return tuple(found)
