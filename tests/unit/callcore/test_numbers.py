"""Numbers as people, carriers and attackers write them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore import errors, numbers

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+12015550123", None, "+12015550123"),
        ("+18005550123", None, "+18005550123"),  # `00` within a number is no prefix
        ("12015550123", None, "+12015550123"),
        ("0012015550123", None, "+12015550123"),
        ("01112015550123", None, "+12015550123"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("2015550123", "US", "+12015550123"),
        ("+44 20 7946 0958", None, "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("12015550123", "DE", "+12015550123"),  # possible as a German number, but none
    ],
)
def test_a_number_in_any_usual_spelling(raw: str, region: str | None, expected: str) -> None:
    assert numbers.parse(raw, region=region) == expected


@pytest.mark.parametrize(
    "raw",
    ["", "anonymous", "911", "+1", "++12015550123", "٠١٢٣٤٥٦٧٨٩", "1" * 600, "+12015550123;drop", "restricted", "\x00"],
)
def test_what_is_no_number_is_refused_without_repeating_it(raw: str) -> None:
    with pytest.raises(errors.InvalidNumber) as caught:
        numbers.parse(raw)
    assert not raw or len(raw) < 4 or raw not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("5550123", "US"),  # a local number: nobody can call it from elsewhere
        ("+15550123", None),
        ("0000000000", "US"),
        ("10012", "DE"),
        ("5001", "GB"),
        ("101", "US"),
        ("911", "US"),
        ("112", "DE"),
    ],
)
def test_extensions_and_local_numbers_are_none(raw: str, region: str | None) -> None:
    with pytest.raises(errors.InvalidNumber):
        numbers.parse(raw, region=region)


@pytest.mark.parametrize(
    "raw",
    [
        "sip:+12015550123@carrier.example;user=phone",
        "<sip:+12015550123@10.0.0.1:5060>",
        "tel:+12015550123",
        "tel:+1-201-555-0123;phone-context=+1",
        "12015550123",
        "+12015550123;npdi=yes",
        "sips:0012015550123@h",
        "%2B12015550123",
        "tel:%2B12015550123",
    ],
)
def test_the_number_in_what_a_sip_peer_sends(raw: str) -> None:
    assert numbers.from_sip(raw) == "+12015550123"


def test_a_sip_uri_is_taken_apart() -> None:
    uri = numbers.parse_uri("sip:support@pbx.example.com:5070;transport=tcp")
    assert (uri.scheme, uri.user, uri.host, uri.port) == ("sip", "support", "pbx.example.com", 5070)
    assert str(uri) == "sip:support@pbx.example.com:5070"


@pytest.mark.parametrize("raw", ["support@pbx", "http://x", "sip:", "sip:a@b:99999", "sip:a b@c", "x" * 600])
def test_what_is_no_sip_uri_is_refused(raw: str) -> None:
    with pytest.raises(errors.InvalidSipUri):
        numbers.parse_uri(raw)


def test_a_redacted_number_cannot_be_called() -> None:
    assert numbers.redact("+12015550123") == "+1201•••23"
    assert numbers.redact("anything else") == "•••"


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_clear_refusal(raw: str) -> None:
    for parse in (numbers.parse, numbers.from_sip):
        with contextlib.suppress(errors.InvalidNumber, errors.InvalidSipUri):
            assert numbers.is_e164(parse(raw))
