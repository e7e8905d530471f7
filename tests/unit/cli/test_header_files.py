"""Headers that somebody kept, in whatever form their tools wrote them."""

from __future__ import annotations

import json

import pytest

from callcore import errors
from cli import header_files

pytestmark = pytest.mark.unit

KEPT = {"webhook-id": "evt_1", "Webhook-Signature": "v1,a= v1,b=", "Host": "127.0.0.1:8090"}
LINES = [f"{name}: {value}" for name, value in KEPT.items()]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(LINES),
        "\r\n".join(["POST /status?a:b HTTP/1.1", *LINES, "", '{"type":"call.status"}']),
        "\n".join(["> POST / HTTP/1.1", *(f"> {line}" for line in LINES), ">", "* upload completely sent off"]),
        "\ufeff" + "\n".join(f"  {line.replace(': ', ' :   ')}\t" for line in LINES),
        json.dumps({**KEPT, "Content-Length": 7}),
        json.dumps({name: [value] for name, value in KEPT.items()}),
        json.dumps({"body": "{}", "headers": KEPT}),
        json.dumps([[name, value] for name, value in KEPT.items()]),
    ],
    ids=["lines", "request", "curl", "blanks", "object", "lists", "dump", "pairs"],
)
def test_headers_are_read(text: str) -> None:
    assert header_files.parse(text) == KEPT


@pytest.mark.parametrize("text", ["\n".join([*LINES, "WEBHOOK-ID: evt_2"]), '{"webhook-id": ["evt_1", "evt_2"]}'])
def test_one_that_stands_there_twice_stays_so(text: str) -> None:
    assert header_files.parse(text).getall("webhook-id") == ["evt_1", "evt_2"]


@pytest.mark.parametrize("text", ["", " \n", "no headers", "{", "[1", "{}", "[]", "[1, [2], {}]", "[" * 100_000, "7"])
def test_what_has_no_headers_is_refused(text: str) -> None:
    with pytest.raises(errors.BadInput):
        header_files.parse(text)
