"""Which number of ours a client has us dial from, and whom it has us dial."""

from __future__ import annotations

from callcore import errors, numbers
from dispatch.http import reading
from sip_config import configurations, schema


def named(configuration: configurations.Configuration, written: str) -> schema.Number:
    """The number of ours that a client named as `from`.

    Raises:
        Invalid: it is none, or places no calls.
    """
    found = configuration.numbers.get(normal(written))
    if found is None:
        raise reading.Invalid([("from", "this is no number of the configuration")])
    return checked(configuration, found)


def checked(configuration: configurations.Configuration, number: schema.Number) -> schema.Number:
    """A number of ours, once it is known that it places calls.

    Raises:
        Invalid: it places none.
    """
    if not number.places_calls or configuration.outbound(number) is None:
        raise reading.Invalid(
            [("from", "this number places no calls: see its `direction`, and `outbound` of its trunk")]
        )
    return number


def normal(written: str) -> str:
    """A number as E.164; what is none stays as it is, for the gate to tell."""
    text = written.strip()
    if ":" in text or not text.startswith("+"):
        return text
    try:
        return numbers.parse(text)
    except errors.InvalidNumber:
        return text
