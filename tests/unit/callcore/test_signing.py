"""Signatures of webhooks: the published vectors, the reference library, and whatever a stranger may send."""

from __future__ import annotations

import base64
import contextlib
import copy
import datetime as dt
import pickle
import random

import hypothesis
import pytest
from hypothesis import strategies

from callcore import errors, signing
from tests.unit.callcore import referenced, signed

pytestmark = pytest.mark.unit

ONE_ID, ONE_AT, ONE_BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
ONE_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
TWO_ID, TWO_AT = "evt_call_1_7", 1767323045
TWO_BODY = (
    '{"type":"call.completed","timestamp":"2026-01-02T03:04:05Z","data":{"call_id":"call_1","name":"Zoë"}}'.encode()
)
TWO_FIRST = "v1,GTBCZ8pa8ISVFOMwG/EhpaKNLRFGi/8cuY5x1WdHXAA="
TWO_SECOND = "v1,Qb/f3OD+olThU2qOwZ3I5/R/CsJpA/jUjNSJqcoUei4="
TEXT = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

Headers = dict[str, str]


def utc(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


THEN = utc(TWO_AT)


def headers(**changes: str | None) -> Headers:
    """Those of the second vector, while its secrets change over."""
    given = {"id": TWO_ID, "timestamp": str(TWO_AT), "signature": f"{TWO_SECOND} {TWO_FIRST}", **changes}
    return {f"webhook-{name}": value for name, value in given.items() if value is not None}


def verify(given: Headers, now: dt.datetime = THEN, body: bytes = TWO_BODY) -> str:
    return signing.verify(given, body, [signed.FIRST], now)


def reason(given: Headers, now: dt.datetime = THEN, body: bytes = TWO_BODY) -> signing.Refusal:
    with pytest.raises(signing.SignatureRefused) as refused:
        verify(given, now, body)
    return refused.value.reason


def test_the_published_vector() -> None:
    made = signing.sign(ONE_ID, utc(ONE_AT), ONE_BODY, [signed.FIRST])
    assert made == {"webhook-id": ONE_ID, "webhook-timestamp": str(ONE_AT), "webhook-signature": ONE_SIGNATURE}
    assert signing.verify(made, ONE_BODY, [signed.FIRST], utc(ONE_AT)) == ONE_ID


def test_a_vector_beyond_ascii_with_two_secrets_the_new_one_first() -> None:
    assert len(TWO_BODY) == 102
    made = signing.sign(TWO_ID, THEN, TWO_BODY, [signed.SECOND, signed.FIRST])
    assert made["webhook-signature"] == f"{TWO_SECOND} {TWO_FIRST}"
    for secret in (signed.FIRST, signed.SECOND):
        assert signing.verify(made, TWO_BODY, [secret], THEN) == TWO_ID


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    eastern = utc(ONE_AT).astimezone(dt.timezone(dt.timedelta(hours=-5))) + dt.timedelta(milliseconds=999)
    assert signing.sign(ONE_ID, eastern, ONE_BODY, [signed.FIRST])["webhook-signature"] == ONE_SIGNATURE


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
def test_each_header_is_needed(name: str) -> None:
    assert reason(headers(**{name: None})) is signing.Refusal.MISSING_HEADER
    assert reason(headers(**{name: ""})) is signing.Refusal.MISSING_HEADER


def test_names_of_headers_are_in_any_case_and_each_stands_there_once() -> None:
    given = {name.upper(): value for name, value in headers().items()}
    assert verify(given) == TWO_ID
    assert reason({**given, **headers()}) is signing.Refusal.REPEATED_HEADER


@pytest.mark.parametrize(
    "timestamp", ["hello", "1767323045.9", "+1767323045", "01767323045", "١٧", "1e9", "-1", "9" * 40]
)
def test_a_time_is_whole_seconds_in_digits(timestamp: str) -> None:
    assert reason(headers(timestamp=timestamp)) is signing.Refusal.BAD_TIMESTAMP


@pytest.mark.parametrize(
    ("late_s", "expected"),
    [(301, signing.Refusal.TOO_OLD), (-301, signing.Refusal.TOO_NEW), (10**6, signing.Refusal.TOO_OLD)],
)
def test_five_minutes_each_way_and_no_more(late_s: int, expected: signing.Refusal) -> None:
    assert reason(headers(), utc(TWO_AT + late_s)) is expected
    assert verify(headers(), utc(TWO_AT + (300 if late_s > 0 else -300))) == TWO_ID


@pytest.mark.parametrize("message_id", ["evt.1", "evt 1", "évt", "x" * 257, "evt\n"])
def test_an_id_has_no_dot_and_only_printable_ascii(message_id: str) -> None:
    assert reason(headers(id=message_id)) is signing.Refusal.BAD_ID
    with pytest.raises(errors.BadInput, match="without a dot"):
        signing.sign(message_id, THEN, b"", [signed.FIRST])


def test_one_good_signature_among_others_is_enough() -> None:
    others = "v1,AAAA v2,x v1a,hn abc  v1,x,y v1, é"
    assert verify(headers(signature=f"{others} {TWO_FIRST} {others}")) == TWO_ID


@pytest.mark.parametrize(
    "signature", ["abc", "v1", TWO_FIRST.replace("v1", "v1a"), TWO_FIRST.replace("v1", "v2"), "é", " "]
)
def test_a_signature_of_no_version_that_is_known(signature: str) -> None:
    assert reason(headers(signature=signature)) is signing.Refusal.UNKNOWN_VERSION


@pytest.mark.parametrize(
    "signature", ["v1,", "v1,x,y", "v1,é", "v1,\udc80", TWO_FIRST[:-1], TWO_FIRST + "=", TWO_SECOND]
)
def test_a_signature_that_is_another(signature: str) -> None:
    assert reason(headers(signature=signature)) is signing.Refusal.MISMATCH


def test_a_body_that_is_another_or_no_text() -> None:
    assert reason(headers(), body=TWO_BODY + b"\n") is signing.Refusal.MISMATCH
    assert reason(headers(), body=b"\xff\xfe") is signing.Refusal.BAD_BODY
    with pytest.raises(errors.BadInput, match="not UTF-8"):
        signing.sign(TWO_ID, THEN, b"\xff", [signed.FIRST])


def test_without_a_secret_nothing_is_signed_or_believed() -> None:
    with pytest.raises(errors.BadInput, match="no secret"):
        signing.sign(TWO_ID, THEN, TWO_BODY, [])
    with pytest.raises(signing.SignatureRefused) as refused:
        signing.verify(headers(), TWO_BODY, [], THEN)
    assert refused.value.reason is signing.Refusal.NO_KEY


@pytest.mark.parametrize("text", [TEXT, f"whsec_{TEXT}", f" whsec_{TEXT}\n"])
def test_a_secret_with_and_without_its_prefix(text: str) -> None:
    assert signing.Secret.parse(text) == signed.FIRST
    assert signing.Secret.parse(signing.Secret.parse(text).reveal()) == signed.FIRST


def test_a_secret_with_and_without_its_padding() -> None:
    text = base64.b64encode(bytes(32)).decode()
    assert signing.Secret.parse(text) == signing.Secret.parse(text.rstrip("=")) == signing.Secret(bytes(32))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 bytes"),
        ("whsec_", "0 bytes"),
        (base64.b64encode(bytes(23)).decode(), "23 bytes"),
        (base64.b64encode(bytes(65)).decode(), "65 bytes"),
        ("correct horse battery staple, that is", "not base64"),
        (TEXT[:-1] + "é", "not base64"),
        (TEXT.replace("9", "-"), "not base64"),
        (TEXT[:-3], "not base64"),
        ("whsk_" + TEXT, "not base64"),
    ],
)
def test_what_is_no_secret_is_refused_without_showing_it(text: str, message: str) -> None:
    with pytest.raises(errors.BadInput, match=message) as refused:
        signing.Secret.parse(text)
    assert refused.value.__cause__ is None
    assert not text or text not in refused.value.message


def test_a_legacy_secret_is_its_own_key() -> None:
    assert signing.Secret.legacy("old secret\n").key == b"old secret"
    assert signing.Secret.legacy("0" * 32).key == b"0" * 32
    assert signing.Secret.legacy("whsec_" + base64.b64encode(b"a shorter one").decode()).key == b"a shorter one"
    assert signing.Secret.legacy(f"whsec_{TEXT}") == signed.FIRST


@pytest.mark.parametrize("text", ["", "seven_7", "whsec_", "whsec_!!!!!!!!!!!!", "whsec_AAAA", "surrogate \udc80"])
def test_what_is_no_legacy_secret_either(text: str) -> None:
    with pytest.raises(errors.BadInput):
        signing.Secret.legacy(text)


def test_a_secret_shows_itself_only_when_told_to() -> None:
    secret = signing.Secret.fresh()
    assert len(secret.key) == 32
    assert secret != signing.Secret.fresh()
    assert {str(secret), repr(secret), f"{secret}", repr([secret])} == {"Secret()", "[Secret()]"}
    assert copy.copy(secret) == pickle.loads(pickle.dumps(secret)) == secret  # noqa: S301


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(referenced.CASES)
def test_it_signs_and_accepts_as_the_reference_does(case: referenced.Case) -> None:
    assert referenced.difference(case) is None


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(
    given=strategies.dictionaries(
        strategies.sampled_from([*headers(), "Webhook-Id", "x"]),
        strategies.text(strategies.characters(exclude_categories=[])) | strategies.sampled_from([*headers().values()]),
    ),
    body=strategies.binary() | strategies.just(TWO_BODY),
)
def test_whatever_a_stranger_sends_is_refused_and_nothing_worse(given: Headers, body: bytes) -> None:
    ours = sorted((name.lower(), value) for name, value in given.items() if name != "x")
    held = ours == sorted(headers().items()) and body == TWO_BODY
    with contextlib.nullcontext() if held else pytest.raises(signing.SignatureRefused):
        signing.verify(given, body, [signed.FIRST], THEN)


def test_five_hundred_spoiled_ones_are_refused() -> None:
    chance = random.Random(20261121)
    for _ in range(500):
        how, webhook = signed.spoiled(chance)
        with pytest.raises(signing.SignatureRefused):
            pytest.fail(f"{how}: {signing.verify(webhook.headers, webhook.body, webhook.secrets, signed.NOW)}")


def test_what_is_spoiled_was_good_before() -> None:
    chance = random.Random(20261121)
    for _ in range(100):
        webhook = signed.whole(chance)
        message_id = signing.verify(webhook.headers, webhook.body, webhook.secrets, signed.NOW)
        assert message_id == webhook.headers["webhook-id"]
