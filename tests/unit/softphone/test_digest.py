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


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out_as_printed(algorithm: str, response: str) -> None:
    asked = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    headers = digest.answer(
        dataclasses.replace(CHALLENGE, headers=softphone.Headers.of(("WWW-Authenticate", asked))),
        method="GET",
        uri="/dir/index.html",
        credentials=digest.Credentials(username="Mufasa", password="Circle of Life"),
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    answered = headers.get("Authorization") or ""
    assert f'response="{response}"' in answered
    assert f"algorithm={algorithm}" in answered


def test_the_first_of_several_challenges_that_the_phone_knows_is_answered() -> None:
    headers = softphone.Headers.of(
        ("WWW-Authenticate", 'Digest realm="a", nonce="x", algorithm=SHA-512-256'),
        ("WWW-Authenticate", 'Digest realm="a", nonce="y", algorithm=SHA-256'),
        ("WWW-Authenticate", 'Digest realm="a", nonce="z", algorithm=MD5'),
    )
    challenge = dataclasses.replace(CHALLENGE, headers=headers)
    answered = digest.answer(challenge, method="INVITE", uri="sip:a@b", credentials=CREDENTIALS)
    assert 'nonce="y"' in (answered.get("Authorization") or "")


def test_a_challenge_is_told_from_a_plain_refusal() -> None:
    assert digest.challenges(CHALLENGE)
    assert not digest.challenges(dataclasses.replace(CHALLENGE, headers=softphone.Headers()))
    assert not digest.challenges(dataclasses.replace(CHALLENGE, code=403))


def test_what_is_written_is_read_again() -> None:
    challenge = digest.Challenge(
        realm="lab", nonce="n", algorithm=softphone.Algorithm.SHA_256, has_qop=False, opaque="o", is_stale=True
    )
    assert digest.Challenge.read(challenge.write()) == challenge
    assert digest.Challenge.read(digest.Challenge(realm="lab", nonce="n").write()) == digest.Challenge(
        realm="lab", nonce="n"
    )


@pytest.mark.parametrize(
    "header", ["Basic abc", 'Digest username="u"', 'Digest username="u", realm="r", nonce="n", uri="x", nc=zz']
)
def test_what_is_no_proof_is_none(header: str) -> None:
    assert digest.Proof.read(header) is None


def test_another_algorithm_is_refused() -> None:
    headers = softphone.Headers.of(("WWW-Authenticate", 'Digest realm="a", nonce="b", algorithm=SHA-512-256'))
    with pytest.raises(softphone.MalformedMessage):
        digest.answer(
            dataclasses.replace(CHALLENGE, headers=headers), method="INVITE", uri="sip:a@b", credentials=CREDENTIALS
        )


def test_the_password_is_not_in_the_repr() -> None:
    assert "Circle" not in repr(CREDENTIALS)
