"""Known, withheld or unusable: what a network may send as its caller."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore import callers, calls

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "raw",
    ["+12015550123", "12015550123", "2015550123", "sip:+12015550123@h;user=phone", "<tel:+1-201-555-0123>"],
)
def test_known(raw: str) -> None:
    assert callers.classify(raw, "US") == callers.Caller(number="+12015550123", caller_id=calls.CallerId.KNOWN)


@pytest.mark.parametrize(
    "raw",
    [
        *(None, "", "  ", "anonymous", "Anonymous", "RESTRICTED", "unavailable", "private", "unknown", "+266696687"),
        *("sip:anonymous@anonymous.invalid", "<sip:anonymous@carrier.example>", "sip:@anonymous.invalid"),
        *("+", "+anonymous", "Private Number", "anonymous_caller", "Unknown%20Caller", "sip:unknown-number@h"),
        *("sip:c8oqz84zk7z@anonymous.invalid", "sip:Restricted:5060@carrier.example", "anonymous;user=phone"),
    ],
)
def test_withheld(raw: str | None) -> None:
    assert callers.classify(raw, "US") == callers.WITHHELD


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "Alice",
            "sip:alice@pbx.example.com",
            "12",
            "+1" * 400,
            "9" * 20_000,
            "{{ organization }}",
            "\x00",
            "'; DROP--",
        ),
        *("101", "5550123", "911", "+911", "sip:2001@pbx", "id", "caller", "Private Dental Care", "anonymous tip line"),
    ],
)
def test_unusable(raw: str) -> None:
    assert callers.classify(raw, "US") == callers.UNUSABLE


@given(st.text(max_size=600))
def test_every_text_is_one_of_them(raw: str) -> None:
    found = callers.classify(raw, None)
    assert (found.number is not None) == (found.caller_id is calls.CallerId.KNOWN)
