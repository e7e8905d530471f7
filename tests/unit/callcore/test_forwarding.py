"""Whose phone sent the call on, by headers that anybody may have written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore import contract, forwarding

pytestmark = pytest.mark.unit

ACME = "sip:+12015550100@carrier.example"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"<{ACME}>", ACME),
        (f"<{ACME};user=phone>;reason=unconditional;counter=1;privacy=off;screen=no", ACME),
        (f'"Acme, Inc. <main>" <{ACME}>;reason=no-answer', ACME),
        (f'"say \\"hi\\"" <{ACME}> ; reason = "user-busy"', ACME),
        (f"{ACME};reason=unconditional", ACME),
        ("<tel:+12015550100>;reason=deflection", "tel:+12015550100"),
        # The latest diversion is on top, the first one at the bottom.
        (f"<sip:+12015550103@b.example>;reason=user-busy, <{ACME}>;reason=unconditional", ACME),
        (f"<{ACME}>;privacy=full", None),
        (f'<{ACME}>;privacy="uri"', None),
        ("<sip:anonymous@anonymous.invalid>;reason=unconditional", None),
        ("", None),
        ("<>", None),
        (f"<{ACME}", None),
        (f'"Acme <{ACME}>', None),
        (f"<{ACME}>, ", None),
        (f"<{ACME}> <{ACME}>", None),
        (f"<{ACME}>\r\nX-Evil: 1", None),
        ("<sip:" + "1" * 600 + "@carrier.example>", None),
        (", ".join([f"<{ACME}>"] * 51), None),
        (f"<{ACME}>;x=" + "y" * 9000, None),
        ("<javascript:alert(1)>", None),
        ("Robert'); DROP TABLE calls;--", None),
    ],
)
def test_diversion(header: str, expected: str | None) -> None:
    assert forwarding.from_diversion(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"<{ACME}?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1, <sip:+12015550101@us>;index=1.1", ACME),
        (f"<sip:+12015550101@us;cause=302>;index=1.1;mp=1, <{ACME}>;index=1", ACME),
        (f"<{ACME}>;index=1", ACME),
        (f"<{ACME}>;index=0", ACME),
        # LiveKit keeps the last of several headers: where it all began is lost.
        ("<sip:+12015550101@us;cause=302>;index=1.1", None),
        (f"<{ACME}>", None),
        (f"<{ACME}?Privacy=history&Reason=SIP%3Bcause%3D486>;index=1, <sip:+12015550101@us>;index=1.1", None),
        (f"<{ACME}?Reason=%>;index=1", ACME),
        (f"<{ACME}?Reason=%ff%00>;index=1", ACME),
        ("<sip:+12015550100@carrier.example>;index=" + "1." * 2000, None),
    ],
)
def test_history(header: str, expected: str | None) -> None:
    assert forwarding.from_history(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("+12015550100", "+12015550100"),
        ("12015550100", "12015550100"),
        ("2015550100", "2015550100"),
        (f"<{ACME}>", ACME),
        ("Acme", None),
        ("anonymous", None),
        ("+266696687", None),
    ],
)
def test_a_carriers_own_header(header: str, expected: str | None) -> None:
    assert forwarding.from_address(header) == expected


@pytest.mark.parametrize(
    ("name", "header", "is_number"),
    [
        (contract.DIVERSION_ATTRIBUTE, '"Lee" <sip:+12015550100@pstn.twilio.com>;reason=unconditional;counter=1', True),
        (
            contract.DIVERSION_ATTRIBUTE,
            "<sip:+12015550100@sip.telnyx.com;user=phone>;privacy=off;screen=no;reason=unknown;counter=1",
            True,
        ),
        (contract.DIVERSION_ATTRIBUTE, '"Bob, Jr." <sip:2015550100@10.0.0.5>;reason=no-answer', True),  # Asterisk
        (
            contract.DIVERSION_ATTRIBUTE,  # Cisco, twice diverted
            "<sip:2001@10.1.1.1>;privacy=off;reason=no-answer;screen=yes,"
            '"Main" <sip:+12015550100@10.1.1.1>;privacy=off;reason=unconditional;screen=yes',
            True,
        ),
        (contract.DIVERSION_ATTRIBUTE, '"Alice" <sip:2001@10.1.1.1>;reason=unconditional', False),  # an extension
        (
            contract.HISTORY_ATTRIBUTE,  # Microsoft Teams counts from zero
            "<sip:+12015550100@sip.pstnhub.microsoft.com:5061;user=phone?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved"
            "%22&Privacy=none>;index=0,<sip:+12015550111@sbc.example.com;transport=tls>;index=0.1",
            True,
        ),
        (
            contract.HISTORY_ATTRIBUTE,  # Avaya
            '"Smith, Bob" <sip:+12015550100@avaya.example>;index=1, "Smith, Bob" <sip:+12015550100@avaya.example?'
            'Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%20Here%22&Reason=Redirection%3Bcause%3DCFI>;index=1.1, "Hunt"'
            " <sip:3001@avaya.example>;index=1.2",
            True,
        ),
        (
            contract.HISTORY_ATTRIBUTE,  # Genesys
            "<sip:+12015550100@byoc.mypurecloud.com>;index=1,<sip:+12015550111@x;cause=302>;index=1.1;rc=1",
            True,
        ),
    ],
)
def test_headers_as_real_systems_write_them(name: str, header: str, is_number: bool) -> None:
    found = forwarding.e164(forwarding.forwarded_from({name: header}), dialed="+12015550199", region="US")
    assert found == ("+12015550100" if is_number else None)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", 0),
        ("<sip:+12015550100@carrier.example>;reason=unconditional", 0),
        ("<sip:+12015550100@carrier.example>;reason=unconditional;counter=2", 2),
        ("<sip:+12015550100@carrier.example>; Counter = 2 ;reason=unconditional", 2),
        ("<sip:a@b.example>;counter=1, <sip:+12015550100@carrier.example>;counter=3", 3),
        ("<sip:a@b.example>;counter=99", 99),
        ("<sip:a@b.example>;counter=100", 0),
        ("<sip:a@b.example>;counter=-1", 0),
        ("<sip:a@b.example>;counter=\u0663", 0),
        ("<sip:a@b.example;counter=3>", 0),
        ('"counter=5" <sip:a@b.example>', 0),
        ("<sip:a@b.example>;counter=3, <sip:broken", 0),
    ],
)
def test_how_often_a_call_was_sent_on(header: str, expected: int) -> None:
    assert forwarding.hops({contract.DIVERSION_ATTRIBUTE: header}) == expected


def test_diversion_counts_before_history_and_that_before_a_carriers_own() -> None:
    attributes = {
        contract.FORWARDED_ATTRIBUTE: "+12015550103",
        contract.HISTORY_ATTRIBUTE: "<sip:+12015550102@h>;index=1",
        contract.DIVERSION_ATTRIBUTE: "<sip:+12015550101@h>",
    }
    told = []
    while attributes:
        told.append(forwarding.forwarded_from(attributes))
        attributes.popitem()
    assert told == ["sip:+12015550101@h", "sip:+12015550102@h", "+12015550103"]
    assert forwarding.forwarded_from({}) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("sip:+12015550100@h", "+12015550100"),
        ("sip:%2B12015550100@h", "+12015550100"),
        ("sip:+12015550100;npdi=yes@h;user=phone", "+12015550100"),
        ("2015550100", "+12015550100"),
        ("sip:front-desk@pbx.example.com", None),
        ("+12015550199", None),
        (None, None),
    ],
)
def test_as_a_number_unless_it_is_the_one_that_was_dialed(raw: str | None, expected: str | None) -> None:
    assert forwarding.e164(raw, dialed="+12015550199", region="US") == expected


PIECES = st.sampled_from((*'<>",;\\=?%a ', "%3B", "sip:", "tel:", "+12015550100", "@h", "index=1", ";counter=1"))


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join)))
def test_nothing_that_a_header_says_raises(header: str) -> None:
    for name in (contract.DIVERSION_ATTRIBUTE, contract.HISTORY_ATTRIBUTE, contract.FORWARDED_ATTRIBUTE):
        found = forwarding.forwarded_from({name: header})
        assert found is None or (0 < len(found) <= 512 and found.isprintable())
        forwarding.e164(found, dialed=None, region="US")
    assert 0 <= forwarding.hops({contract.DIVERSION_ATTRIBUTE: header}) <= 99
