import dataclasses

import pytest

from lab import softphone
from lab.softphone import digest, messages

pytestmark = pytest.mark.unit

# RFC 2617 section 3.5
CREDENTIALS = digest.Credentials(username="Mufasa", password="Circle Of Life")
CHALLENGE = messages.Response(
    code=401,
    phrase="Unauthorized",
    headers=softphone.Headers.of(
        (
            "WWW-Authenticate",
            'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
            'opaque="5ccc069c403ebaf9f0171e9517f40e41"',
        )
    ),
)


def test_the_example_of_rfc_2617_comes_out_as_printed() -> None:
    headers = digest.answer(CHALLENGE, method="GET", uri="/dir/index.html", credentials=CREDENTIALS, cnonce="0a4f113b")
    answered = headers.get("Authorization") or ""
    assert 'response="6629fae49393a05397450978507c4ef1"' in answered
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in answered
    assert "qop=auth, nc=00000001" in answered


def test_without_qop_the_older_formula_is_used() -> None:
    challenge = dataclasses.replace(
        CHALLENGE,
        code=407,
        headers=softphone.Headers.of(("Proxy-Authenticate", 'Digest realm="testrealm@host.com", nonce="abc"')),
    )
    headers = digest.answer(challenge, method="INVITE", uri="sip:a@b", credentials=CREDENTIALS)
    answered = headers.get("Proxy-Authorization") or ""
    # MD5(MD5("Mufasa:testrealm@host.com:Circle Of Life") ":abc:" MD5("INVITE:sip:a@b"))
    assert 'response="0a04857f821b4d89594f2d284dc978dd"' in answered
    assert "cnonce" not in answered


def test_a_challenge_is_told_from_a_plain_refusal() -> None:
    assert digest.is_challenge(CHALLENGE)
    assert not digest.is_challenge(dataclasses.replace(CHALLENGE, headers=softphone.Headers()))
    assert not digest.is_challenge(dataclasses.replace(CHALLENGE, code=403))


def test_another_algorithm_is_refused() -> None:
    headers = softphone.Headers.of(("WWW-Authenticate", 'Digest realm="a", nonce="b", algorithm=SHA-256'))
    with pytest.raises(softphone.MalformedMessage):
        digest.answer(
            dataclasses.replace(CHALLENGE, headers=headers), method="INVITE", uri="sip:a@b", credentials=CREDENTIALS
        )


def test_the_password_is_not_in_the_repr() -> None:
    assert "Circle" not in repr(CREDENTIALS)
