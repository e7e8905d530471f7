"""The way out: guarded, bounded, and never an exception for what the network does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from callcore import addresses
from dispatch.webhooks import client
from lab import receiver

pytestmark = pytest.mark.unit

WITHIN_S = 5.0


@pytest.fixture
async def allowed() -> list[str]:
    return []


@pytest.fixture
async def sender(hooks: receiver.Receiver, allowed: list[str]) -> AsyncIterator[client.Client]:
    allowed.append(hooks.address)
    made = client.Client(lambda: addresses.Allowed.parse(allowed))
    yield made
    await made.aclose()


async def post(sender: client.Client, url: str, within_s: float = WITHIN_S) -> client.Answer:
    return await sender.post(url, b"{}", {}, within_s)


async def test_an_answer_comes_as_it_is(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.Answer(status=202, body=b"thanks", headers={"X-One": "1"}))
    answer = await post(sender, hooks.url("hook"))
    assert (answer.status_code, answer.error, answer.body) == (202, None, b"thanks")
    assert answer.headers["x-one"] == "1"
    assert answer.is_success
    assert answer.latency_s > 0


async def test_a_redirect_is_not_followed(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.Answer(status=308, headers={"Location": hooks.url("second")}))
    answer = await post(sender, hooks.url("hook"))
    assert (answer.status_code, answer.error, answer.is_success) == (308, "redirect", False)
    assert hooks.requests("second") == []


async def test_a_bomb_is_read_no_further_than_the_bound(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.Answer.bomb())
    answer = await post(sender, hooks.url("hook"))
    assert (answer.status_code, answer.error, len(answer.body)) == (200, "too_large", client.MAX_ANSWER)


async def test_a_long_answer_is_cut(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.Answer(body=b"x" * client.MAX_ANSWER))
    assert (await post(sender, hooks.url("hook"))).error is None
    hooks.answer("hook", receiver.Answer(body=b"x" * (client.MAX_ANSWER + 1)))
    assert (await post(sender, hooks.url("hook"))).error == "too_large"


async def test_what_is_no_gzip_does_no_harm(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.Answer(body=b"plain", headers={"Content-Encoding": "gzip"}))
    answer = await post(sender, hooks.url("hook"))
    assert (answer.status_code, answer.error) == (200, "bad_answer")


async def test_whoever_does_not_answer_in_time_is_left(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.HANGS)
    answer = await post(sender, hooks.url("hook"), within_s=0.05)
    assert (answer.status_code, answer.error) == (None, "timeout")
    hooks.answer("hook", receiver.Answer(body=b"x" * 1000, drips_s=0.02))
    answer = await post(sender, hooks.url("hook"), within_s=0.2)
    assert (answer.status_code, answer.error) == (200, "timeout")


async def test_a_connection_that_breaks_off_is_no_exception(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.RESETS)
    assert (await post(sender, hooks.url("hook"))).error == "reset"
    url = hooks.url("hook")
    await hooks.go_down()
    assert (await post(sender, url)).error == "connect_failed"


async def test_private_addresses_are_refused_unless_they_are_allowed(
    sender: client.Client, hooks: receiver.Receiver, allowed: list[str]
) -> None:
    assert (await post(sender, hooks.url("hook"))).is_success
    allowed.clear()
    assert (await post(sender, hooks.url("hook"))).error == "forbidden_address"
    assert (await post(sender, hooks.url("hook").replace("127.0.0.1", "localhost"))).error == "forbidden_address"
    assert len(hooks.requests()) == 1


async def test_a_name_that_leads_to_a_private_address_is_refused_at_the_dial(
    sender: client.Client, hooks: receiver.Receiver, allowed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = hooks.address.split(":")[1]
    allowed[:] = [f"hooks.example.com:{port}"]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port)))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert (await post(sender, f"http://hooks.example.com:{port}/hook")).is_success
    allowed[:] = ["127.0.0.9"]
    assert (await post(sender, "https://hooks.example.com/hook")).error == "forbidden_address"


async def test_a_name_that_nobody_knows_is_told(sender: client.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert (await post(sender, "https://nobody.example.com/")).error == "dns_failed"


@pytest.mark.parametrize("url", ["", "hook", "ftp://example.com/", "https://user:pass@example.com/", "https://[::1"])
async def test_what_is_no_url_is_refused(sender: client.Client, url: str) -> None:
    assert (await post(sender, url)).error in ("bad_url", "forbidden_address")


async def test_tls_is_checked(sender: client.Client, hooks: receiver.Receiver, allowed: list[str]) -> None:
    assert (await post(sender, hooks.url("hook").replace("http:", "https:"))).error == "tls_failed"


async def test_after_the_end_nothing_is_sent(sender: client.Client, hooks: receiver.Receiver) -> None:
    hooks.answer("hook", receiver.Answer(after_s=0.1))
    under_way = asyncio.create_task(post(sender, hooks.url("hook")))
    await hooks.wait("hook", 1, timeout=5)
    await sender.aclose()
    assert (await under_way).is_success
    assert (await post(sender, hooks.url("hook"))).error == "failed"
