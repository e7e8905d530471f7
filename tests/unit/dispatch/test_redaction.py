"""What may not be logged is not logged, whoever logs it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import structlog
from hypothesis import strategies

from callcore import redaction
from dispatch import logs

pytestmark = pytest.mark.unit

HIDDEN = (
    ("a call from +12015550123 came in", "2015550123"),
    ("+1 (201) 555-0123", "555-0123"),
    ("tel:+4915112345678", "15112345678"),
    ("caller 2015550123", "2015550123"),
    ("caller 201-555-0123", "555-0123"),
    ("sip:alice@pbx.example", "alice"),
    ("<sips:+12015550123@1.2.3.4;user=phone>", "2015550123"),
    ("participant sip_+12015550123 left", "2015550123"),
    ("participant sip_anonymous left", "anonymous"),
    ("room refused_+12015550166_k2", "2015550166"),
    ("Authorization: Bearer abc.def", "abc.def"),
    ("authorization=Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ('Proxy-Authorization: Digest username="bob", response="6629fae4"', "6629fae4"),
    ('got Digest username="bob", response="6629fae4"', "bob"),
    ("key tl_demo_0123456789abcdef", "0123456789abcdef"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJkZXZrZXkifQ.c2ln", "eyJpc3MiOiJkZXZrZXkifQ"),
    ("redis://user:hunter2@127.0.0.1", "hunter2"),
    ("{'turnPassword': 'xyzzy'}", "xyzzy"),
    ("password=hunter2&x=1", "hunter2"),
)
SHOWN = (
    "call_01k8r3v5m2c4d6e8f0g1h2j3k4 ended",
    "room call_+12015550100_x7",
    "2026-01-02T03:04:05.678901Z",
    "127.0.0.1:50600 answered in 123456 ns",
    "ST_HMM9FYJ3xvUi SDR_R6N987iminQV AJ_7c3Kd8sQ",
    "the token bucket is full",
    "GET /v1/calls/{id} 200",
    "sip_status_code=486 sip_status=Busy",
)


@pytest.mark.parametrize(("text", "secret"), HIDDEN)
def test_personal_data_and_secrets_are_taken_out(text: str, secret: str) -> None:
    assert secret not in redaction.text(text)
    assert redaction.HIDDEN in redaction.text(text)


@pytest.mark.parametrize("text", SHOWN)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert redaction.text(text) == text


def test_two_callers_can_still_be_told_apart() -> None:
    assert redaction.text("+12015550123") != redaction.text("+12015550124")


@hypothesis.given(
    before=strategies.text(alphabet=" ,;:<>(\"'=/\n", max_size=3),
    digits=strategies.text(alphabet="0123456789", min_size=9, max_size=14),
    after=strategies.text(alphabet=" ,;:<>)\"'@/\n", max_size=3),
)
@hypothesis.settings(max_examples=200, deadline=None)
def test_no_number_comes_through_whatever_stands_around_it(before: str, digits: str, after: str) -> None:
    number = f"+4{digits}"
    assert digits not in redaction.text(f"x{before} {number}{after}")


@pytest.mark.parametrize(
    "key",
    ["pii_name", "callerPii", "Authorization", "api_key", "apiKey", "livekit_api_secret", "turnPassword", "token"],
)
def test_private_fields_are_hidden_whole(key: str) -> None:
    assert redaction.fields({key: "anything", "deep": [{key: 7}]}) == {
        key: redaction.HIDDEN,
        "deep": [{key: redaction.HIDDEN}],
    }


@pytest.mark.parametrize("key", ["room", "call_id", "tokens", "keyboard", "happiness"])
def test_other_fields_are_not(key: str) -> None:
    assert redaction.fields({key: "anything"}) == {key: "anything"}


def test_numbers_are_found_however_deep_they_lie() -> None:
    deep: Any = "+12015550123"
    for _ in range(20):
        deep = {"x": [deep]}
    text = str(redaction.fields({"a": {"b": ("+12015550123", ValueError("of +12015550123"))}, "deep": deep}))
    assert "2015550123" not in text


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root, former = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    logs.configure("INFO", "testing")
    yield stream
    structlog.configure(**former)
    root.handlers = handlers
    root.setLevel(level)


def test_every_logger_writes_json_through_the_same_redaction(output: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(call_id="call_1")
    structlog.get_logger("ours").info("a call", caller="+12015550123", pii_words="hello")
    logging.getLogger("library").warning("from %s", "+12015550123", extra={"token": "abc", "peer": "sip:bob@x"})
    try:
        raise ValueError("no such number: +12015550123")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
        logging.getLogger("library").exception("failed")
    structlog.contextvars.clear_contextvars()
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["a call", "from +1201•••23", "failed", "failed"]
    assert all(line["call_id"] == "call_1" and line["environment"] == "testing" and line["at"] for line in lines)
    assert lines[0]["pii_words"] == lines[1]["token"] == redaction.HIDDEN
    assert all("Traceback" in line["exception"] for line in lines[2:])
    assert "2015550123" not in output.getvalue()
    assert "bob" not in output.getvalue()
