"""The receiver that other tests trust: what it calls signed is signed, and it fails in the way it was told to."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import gzip
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
import standardwebhooks

from lab import receiver

pytestmark = pytest.mark.unit

OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BODY = json.dumps({"type": "call.status", "call_id": "call_1", "sequence": 1})
FOREVER_S = 0.3
GIVES_UP = aiohttp.ClientTimeout(total=FOREVER_S)


@pytest_asyncio.fixture
async def hooks() -> AsyncIterator[receiver.Receiver]:
    async with receiver.running([NEW, OLD]) as running:
        yield running


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


def signed(*secrets: str, at: dt.datetime | None = None) -> dict[str, str]:
    moment = at or dt.datetime.now(dt.UTC)
    signatures = [standardwebhooks.Webhook(secret).sign("evt_1", moment, BODY) for secret in secrets]
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@pytest.mark.parametrize(("secrets", "signed_with"), [([NEW], (0,)), ([OLD], (1,)), ([NEW, OLD], (0, 1)), ([], ())])
async def test_says_whose_signatures_are_good(
    hooks: receiver.Receiver, http: aiohttp.ClientSession, secrets: list[str], signed_with: tuple[int, ...]
) -> None:
    async with http.post(hooks.url("status"), data=BODY, headers=signed(*secrets)) as response:
        assert (response.status, await response.json()) == (200, {})
    [request] = hooks.requests("status")
    assert request.signed_with == signed_with
    assert bool(request.problem) == (not signed_with)
    assert (request.message_id, request.call_id, request.type) == ("evt_1", "call_1", "call.status")
    assert request.at_s <= time.monotonic()


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "evt_2"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1614265330"},
    ],
)
async def test_what_was_changed_is_not_signed(
    hooks: receiver.Receiver, http: aiohttp.ClientSession, change: dict[str, str]
) -> None:
    async with http.post(hooks.url("status"), data=BODY, headers=signed(NEW) | change):
        pass
    async with http.post(hooks.url("status"), data=b"\xff", headers=signed(NEW)):
        pass
    assert [(request.signed_with, bool(request.problem)) for request in hooks.requests()] == [((), True)] * 2


async def test_answers_as_told_for_each_endpoint(hooks: receiver.Receiver, http: aiohttp.ClientSession) -> None:
    async def answers(name: str) -> tuple[int, bytes]:
        async with http.post(hooks.url(name), data=BODY) as response:
            return response.status, await response.read()

    hooks.answer("pre_call", lambda request: receiver.Answer.of({"asked": request.number}))
    hooks.answer("pre_call", receiver.Answer(status=503), times=1)
    assert [await answers("pre_call") for _ in range(3)] == [
        (503, b"{}"),
        (200, b'{"asked": 1}'),
        (200, b'{"asked": 2}'),
    ]
    assert await answers("agents/ben/status") == (200, b"{}")
    hooks.reset()
    assert (await answers("pre_call"), len(hooks.requests())) == ((200, b"{}"), 1)


async def test_is_slow_hangs_resets_drips_and_explodes(hooks: receiver.Receiver, http: aiohttp.ClientSession) -> None:
    for name, answer in {
        "slow": receiver.Answer(after_s=0.05),
        "hangs": receiver.HANGS,
        "resets": receiver.RESETS,
        "drips": receiver.Answer(body=b"never done", drips_s=FOREVER_S),
        "bomb": receiver.Answer.bomb(3 * 1024 * 1024 + 5),
    }.items():
        hooks.answer(name, answer)
    began = time.monotonic()
    async with http.post(hooks.url("slow")) as response:
        assert response.status == 200
    assert time.monotonic() - began >= 0.05
    with pytest.raises(TimeoutError):
        await http.post(hooks.url("hangs"), timeout=GIVES_UP)
    with pytest.raises(aiohttp.ClientOSError) as caught:
        await http.post(hooks.url("resets"))
    assert caught.value.errno == errno.ECONNRESET
    async with http.post(hooks.url("drips"), timeout=GIVES_UP) as response:
        assert response.status == 200
        with pytest.raises(TimeoutError):
            await response.read()
    async with http.post(hooks.url("bomb")) as response:
        body = await response.read()
    assert len(body) < 10_000
    assert gzip.decompress(body) == b" " * (3 * 1024 * 1024 + 5)


async def test_goes_down_and_comes_back_at_the_same_port(hooks: receiver.Receiver, http: aiohttp.ClientSession) -> None:
    url = hooks.url("status")
    await hooks.go_down()
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post(url)
    await hooks.come_up()
    waiting = asyncio.create_task(hooks.wait("status", 2, timeout=10, where=lambda request: request.number > 0))
    for _ in range(3):
        async with http.post(url, data=BODY) as response:
            assert response.status == 200
    assert [request.number for request in await waiting] == [1, 2]
    with pytest.raises(TimeoutError, match="3 of 4 requests came to status"):
        await hooks.wait("status", 4, timeout=0.05)
