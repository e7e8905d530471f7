"""What is told of a URL before anybody looks its host up."""

from __future__ import annotations

import contextlib

import hypothesis
import pytest
from hypothesis import strategies

from callcore import addresses, errors
from tests.unit.callcore.addresses import corpus

pytestmark = pytest.mark.unit

NOTHING = addresses.Allowed()
ALLOWED = addresses.Allowed.parse(["n8n:5678", "wiki", "10.0.5.0/24", "[fd00::7]:8080", "hooks.example.com:8443"])


def refusal(url: str, allowed: addresses.Allowed = NOTHING) -> tuple[str, str | None]:
    with pytest.raises(addresses.ForbiddenTarget) as refused:
        addresses.check_url(url, allowed)
    return refused.value.code, refused.value.entry


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "HTTPS://Example.COM./hook?x=1&to=http://127.0.0.1/",
        "https://example.com:443/a@b",
        "https://xn--bcher-kva.example/",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "http://n8n:5678/hook",
        "https://N8N.:5678/hook",
        "http://wiki/",
        "https://wiki:8443/",
        "http://10.0.5.9:8080/",
        "http://[fd00:0::7]:8080/",
        "http://hooks.example.com:8443/",
        "https://db.internal/",  # may lie in the network: the dial tells
    ],
)
def test_a_url_that_may_be_requested(url: str) -> None:
    addresses.check_url(url, ALLOWED)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://n8n:5678/hook?token=x", ("private", "n8n:5678")),
        ("https://n8n/", ("private", "n8n:443")),
        ("http://10.0.5.7:8080/", ("private", "10.0.5.7:8080")),
        ("http://[fd00::7]/", ("private", "[fd00::7]:80")),
        ("http://example.com/", ("scheme", "example.com:80")),
        ("https://example.com:8443/", ("port", "example.com:8443")),
        ("https://169.254.169.254./latest", ("metadata", None)),
        ("https://168.63.129.16/", ("metadata", None)),
        ("https://metadata.google.internal./", ("metadata", None)),
        ("https://0.0.0.0/", ("address", None)),
        ("https://[::ffff:10.0.0.1]/", ("address", None)),
        ("https://user@example.com/", ("credentials", None)),
        ("https://example.com/#", ("fragment", None)),
        ("https://example.com\\@10.0.0.1/", ("text", None)),
        ("https://exam ple.com/", ("text", None)),
        ("https://example.com/\n", ("text", None)),
        ("https://example.com/" + "x" * 2000, ("text", None)),
        ("ftp://example.com/", ("scheme", None)),
        ("//example.com/", ("scheme", None)),
        ("https:/example.com/", ("scheme", None)),
        ("https:///", ("host", None)),
        ("https://example.com:/", ("host", None)),
        ("https://example.com:70000/", ("host", None)),
        ("https://example..com/", ("host", None)),
        ("https://-example.com/", ("host", None)),
        ("https://ex%61mple.com/", ("host", None)),
        ("https://127。0。0。1/", ("host", None)),
        ("https://ⓛocalhost/", ("host", None)),
        ("https://0x7f000001/", ("host", None)),
        ("https://example.0x7f/", ("host", None)),
        ("https://[::1%25lo]/", ("host", None)),
        ("https://[::1/", ("host", None)),
    ],
)
def test_a_url_that_may_not(url: str, expected: tuple[str, str | None]) -> None:
    assert refusal(url) == expected


@pytest.mark.parametrize("url", ["https://n8n:5679/", "http://10.0.6.1/", "http://db.internal/", "http://localhost/"])
def test_what_is_allowed_allows_nothing_else(url: str) -> None:
    refusal(url, ALLOWED)


def test_what_a_message_says_to_add_lets_the_url_through_and_no_message_shows_more_than_the_host() -> None:
    told = set()
    for url in corpus.forbidden():
        with pytest.raises(addresses.ForbiddenTarget) as refused:
            addresses.check_url(f"{url}?secret=hunter2", NOTHING)
        assert "hunter2" not in str(refused.value)
        if (entry := refused.value.entry) is not None:
            addresses.check_url(url, addresses.Allowed.parse([entry]))
            told.add(entry)
    assert {"10.0.0.0:80", "n8n:80", "inside-0.example.com:80", "[::1]:80"} <= told


@pytest.mark.parametrize(
    "url",
    ["http://vllm:8000/v1", "ws://127.0.0.1:1/x", "wss://[fd00::1]/", "https://api.example.com/v1", "http://1.1.1.1"],
)
def test_a_server_may_be_anywhere_near(url: str) -> None:
    addresses.check_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/v1",
        "http://metadata.google.internal/v1",
        "http://168.63.129.16/",
        "http://[fe80::1]/",
        "http://224.0.0.1/",
        "http://0.0.0.0:8000/v1",
        "http://[::]:8000/v1",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:10.0.0.1]/",
        "http://user:pass@vllm:8000/v1",
        "http://0x7f.1:8000/v1",
        "ftp://vllm/",
    ],
)
def test_a_server_is_never_at_metadata_nor_nowhere(url: str) -> None:
    with pytest.raises(addresses.ForbiddenTarget):
        addresses.check_base_url(url)


def test_a_server_that_is_named_is_allowed_at_its_port_only() -> None:
    allowed = addresses.check_base_url("http://vllm:8000/v1")
    addresses.check_dial("10.0.0.5", 8000, allowed, name="VLLM")
    for address, port, name in (
        ("10.0.0.5", 8001, "vllm"),
        ("10.0.0.5", 8000, None),
        ("169.254.169.254", 8000, "vllm"),
    ):
        with pytest.raises(addresses.ForbiddenAddress):
            addresses.check_dial(address, port, allowed, name=name)


@hypothesis.given(strategies.text(alphabet="htps:/[]@#?%\\.0127x-_ⓛ。fd n8*", max_size=40))
@hypothesis.settings(max_examples=300, deadline=None)
def test_whatever_is_written_there_is_an_answer(text: str) -> None:
    for url in (text, f"https://{text}"):
        with contextlib.suppress(addresses.ForbiddenTarget):
            addresses.check_url(url, ALLOWED)
        with contextlib.suppress(addresses.ForbiddenTarget):
            addresses.check_base_url(url)
    with contextlib.suppress(errors.BadInput):
        addresses.Allowed.parse([text])
