"""Nothing private reaches the worker's standard output, whoever logs it."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from worker import logs

pytestmark = pytest.mark.unit


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    quiet = {name: logging.getLogger(name).level for name in logs._QUIET}
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    logs.configure("INFO")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)


def lines(output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_lines_are_json_with_their_fields(output: io.StringIO) -> None:
    logging.getLogger("worker.jobs").warning("no answer after %d s", 3, extra={"room": "call_1", "calls": 2})
    (line,) = lines(output)
    assert {"event": "no answer after 3 s", "level": "warning", "room": "call_1", "calls": 2}.items() <= line.items()
    assert line["logger"] == "worker.jobs"
    assert str(line["at"]).endswith("Z")


@pytest.mark.parametrize("name", ["worker", "livekit.agents", "some.library"])
def test_numbers_tokens_and_private_fields_are_hidden(name: str, output: io.StringIO) -> None:
    logger = logging.getLogger(name)
    logger.warning(
        "a call from %s with Authorization: Bearer %s",
        "+12015550123",
        "abc.def.ghi",
        extra={"pii_transcript": "my name is Anna", "peer": "sip:bob@pbx.example", "deep": [{"token": "xyzzy"}]},
    )
    try:
        raise ValueError("+12015550123 is engaged")
    except ValueError:
        logger.exception("failed with key tl_demo_0123456789abcdef")
    shown = output.getvalue()
    for secret in ("2015550123", "abc.def", "Anna", "bob", "xyzzy", "0123456789abcdef"):
        assert secret not in shown
    warned, failed = lines(output)
    assert warned["pii_transcript"] == "•••"
    assert "Traceback" in str(failed["exception"])


def test_what_is_below_the_level_is_not_shown(output: io.StringIO) -> None:
    logging.getLogger("worker").debug("nothing")
    logging.getLogger("livekit.agents").debug("nothing")
    assert output.getvalue() == ""


def test_what_a_voice_could_not_say_is_hidden(output: io.StringIO) -> None:
    fault = "no audio frames were pushed for text: My name\nis Anna, retrying in Rome."
    logger = logging.getLogger("livekit.agents")
    logger.warning("failed to synthesize speech: %s, retrying in %ss", fault, 0.1)
    try:
        raise ValueError(fault)
    except ValueError:
        logger.exception("failed")
    first, second = lines(output)
    assert first["event"] == "failed to synthesize speech: no audio frames were pushed for text: •••, retrying in 0.1s"
    assert "Anna" not in json.dumps(second)
    assert "ValueError: no audio frames" in str(second["exception"])
