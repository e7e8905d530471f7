"""Webhooks that would never be sent, and servers that cannot be where they are said to be, are mistakes."""

from __future__ import annotations

import pathlib
import socket

import pytest

from sip_config import loading
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

SECRET = {"SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "HOOK_TOKEN": "hunter2hunter2"}
AGENT = samples.FILES["agents/front-desk.yaml"]
ADD = "; to send it all the same add `{}` to `webhooks.allow` of organization.yaml"


def told(folder: pathlib.Path, agent: str = "", allow: str = "[]") -> list[str]:
    """What is said of both files."""
    webhooks = f'webhooks:\n  secrets: ["${{SECRET}}"]\n  allow: {allow}\n'
    files = {
        "organization.yaml": samples.FILES["organization.yaml"] + webhooks,
        "agents/front-desk.yaml": AGENT + agent,
    }
    examined = loading.examine(samples.write(folder, files), {**samples.ENVIRONMENT, **SECRET})
    return [str(problem) for problem in examined.found]


def test_webhooks_that_are_right(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)  # nothing is looked up
    agent = (
        "webhooks:\n"
        '  pre_call: {url: "http://n8n:5678/a", on_error: fallback_url, fallback_url: "https://b.example/"}\n'
        '  status: {url: "https://acme.example/status?token=${HOOK_TOKEN}"}\n'
        '  post_call: {url: "http://10.0.5.9:8080/"}\n'
        '  lead_updated: {url: "https://[fd00::7]:8443/"}\n'
    )
    assert told(tmp_path, agent, '["n8n:5678", 10.0.5.0/24, "[fd00::7]:8443"]') == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://n8n:5678/hook", "`n8n` is not on the internet" + ADD.format("n8n:5678")),
        ("https://10.0.5.9/hook", "this address is not on the internet" + ADD.format("10.0.5.9:443")),
        ("http://a.example/x", "write `https://`: in the open only to what is allowed" + ADD.format("a.example:80")),
        ("https://a.example:444/", "port 444 is not the usual one" + ADD.format("a.example:444")),
        ("https://169.254.169.254/", "this address is link-local, or that of a cloud's metadata"),
        ("https://me:you@a.example/", "no user or password may stand in a URL"),
        ("n8n:5678", "write a URL that begins with `https://`, `http://`"),
    ],
)
def test_a_url_that_is_never_requested_is_told_with_its_line_and_what_to_add(
    tmp_path: pathlib.Path, url: str, said: str
) -> None:
    (problem,) = told(tmp_path, f'webhooks:\n  post_call:\n    url: "{url}"\n')
    assert problem == f"agents/front-desk.yaml:9:5 webhooks.post_call.url: {said}"


def test_every_url_of_an_agent_is_looked_at(tmp_path: pathlib.Path) -> None:
    agent = (
        "webhooks:\n"
        '  pre_call: {url: "https://n8n/", on_error: fallback_url, fallback_url: "https://localhost/"}\n'
        '  status: {url: "https://n8n/"}\n  post_call: {url: "https://n8n/"}\n  lead_updated: {url: "https://n8n/"}\n'
    )
    where = [problem.split(" ")[1] for problem in told(tmp_path, agent)]
    keys = ["pre_call.url", "pre_call.fallback_url", "status.url", "post_call.url", "lead_updated.url"]
    assert where == [f"webhooks.{key}:" for key in keys]


def test_no_value_of_the_environment_is_shown(tmp_path: pathlib.Path) -> None:
    (problem,) = told(tmp_path, 'webhooks: {status: {url: "http://${HOOK_TOKEN}:5678/"}}\n')
    assert "`${HOOK_TOKEN}` is not on the internet" in problem
    assert SECRET["HOOK_TOKEN"] not in problem


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("http://n8n:5678", "write a host, an address or a network"),
        ("10.0.5.7/24", "an address within a network: write `10.0.5.0/24`, or the address alone"),
        ("0.0.0.0/0", "this holds addresses of no one host"),
        ("metadata.google.internal", "this is a cloud's metadata server"),
    ],
)
def test_an_entry_that_allows_nothing_is_told_and_the_others_hold(
    tmp_path: pathlib.Path, entry: str, said: str
) -> None:
    (problem,) = told(tmp_path, 'webhooks: {status: {url: "http://n8n:5678/"}}\n', f'["n8n:5678", "{entry}"]')
    assert problem.startswith("organization.yaml:8:23 webhooks.allow.1: ")
    assert said in problem


@pytest.mark.parametrize("url", ["http://vllm:8000/v1", "http://10.0.0.5:8000/v1", "ws://localhost/v1"])
def test_a_server_that_is_named_may_be_private(tmp_path: pathlib.Path, url: str) -> None:
    agent = AGENT.replace("{provider: deepgram}", f'{{provider: deepgram, base_url: "{url}"}}')
    examined = loading.examine(samples.write(tmp_path, {"agents/front-desk.yaml": agent}), samples.ENVIRONMENT)
    assert examined.found == ()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://169.254.169.254/latest", "no server may be at this address"),
        ("http://metadata.google.internal/v1", "this is a cloud's metadata server, which hands out credentials"),
        ("http://0.0.0.0:8000/v1", "no server may be at this address"),
        ("http://2130706433/v1", "write an IPv4 address as four numbers"),
        ("http://me:you@vllm/v1", "no user or password may stand in a URL"),
    ],
)
def test_a_server_is_never_at_metadata(tmp_path: pathlib.Path, url: str, said: str) -> None:
    fallback = f'fallback: [{{provider: openai, model: m, base_url: "{url}"}}]'
    agent = AGENT.replace('api_key: "${MY_KEY}"}', f'api_key: "${{MY_KEY}}", {fallback}}}')
    examined = loading.examine(samples.write(tmp_path, {"agents/front-desk.yaml": agent}), samples.ENVIRONMENT)
    (problem,) = [str(problem) for problem in examined.found]
    assert problem.startswith("agents/front-desk.yaml:5:")
    assert f" llm.fallback.0.base_url: {said}" in problem
