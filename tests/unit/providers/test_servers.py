"""What a `base_url` may lead to, once its name is looked up: never metadata, and nothing that no file names."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import openai
import pytest

from callcore import addresses
from tests.unit.callcore.addresses import dialer
from tests.unit.providers import plans
from worker.providers import guarded_clients, registry, servers

pytestmark = pytest.mark.unit

LOOPBACK = ("127.0.0.1",)
METADATA = "169.254.169.254"


@contextlib.contextmanager
def looked_up(monkeypatch: pytest.MonkeyPatch, **known: str) -> Iterator[None]:
    """A name server of the test's own, for literals too."""

    async def answer(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        address = known.get(host.rstrip("."), host)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
        yield


@pytest.fixture
async def listener() -> AsyncIterator[dialer.Listener]:
    async with dialer.Listener().listening(LOOPBACK) as listening:
        yield listening


async def test_a_session_reaches_the_server_that_is_named(
    listener: dialer.Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://deepgram-here:{listener.port}/v1/listen"
    with looked_up(monkeypatch, **{"deepgram-here": "127.0.0.1", "other": "127.0.0.1"}):
        async with servers.session(url) as session:
            assert await dialer.outcome(session, url) == "answered"
            assert await dialer.outcome(session, f"http://other:{listener.port}/") == "refused"
            assert await dialer.outcome(session, f"http://127.0.0.1:{listener.port}/") == "refused"
    assert listener.taken == 1


async def test_a_session_reaches_no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    with looked_up(monkeypatch, here=METADATA), dialer.watched_dials(lambda _: False) as dialed:
        async with servers.session("http://here/v1") as session:
            assert await dialer.outcome(session, "http://here/v1") == "refused"
    assert dialed == []


async def test_the_client_for_models_reaches_the_server_that_is_named(
    listener: dialer.Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with looked_up(monkeypatch, vllm="127.0.0.1"):
        async with guarded_clients.openai_client(f"http://vllm:{listener.port}/v1", "none") as client:
            with pytest.raises((openai.OpenAIError, AttributeError, TypeError, ValueError)):
                await client.models.list()  # the answer is empty
    assert listener.taken == 1


@pytest.mark.parametrize("url", ["http://elsewhere:{}/v1", "http://127.0.0.1:{}/v1", "http://[::1]:{}/v1"])
async def test_the_client_for_models_reaches_no_other(
    listener: dialer.Listener, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with looked_up(monkeypatch, elsewhere="127.0.0.1"):
        async with guarded_clients.openai_client("http://vllm:8000/v1", "none") as client:
            client.base_url = url.format(listener.port)
            with pytest.raises(openai.APIConnectionError) as failed:
                await client.models.list()
    assert listener.taken == 0
    assert str(failed.value.__cause__) == "the address may not be dialed"


async def test_the_client_for_models_reaches_no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    with looked_up(monkeypatch, vllm=METADATA), dialer.watched_dials(lambda _: False) as dialed:
        async with guarded_clients.openai_client("http://vllm:8000/v1", "none") as client:
            with pytest.raises(openai.APIConnectionError):
                await client.models.list()
    assert dialed == []


async def test_a_plugin_closes_the_connections_that_are_its_own() -> None:
    order: list[str] = []

    class Plugin:
        async def aclose(self) -> None:
            order.append("plugin")
            raise RuntimeError

    async def close() -> None:
        order.append("connections")

    plugin = servers.owning(Plugin(), close)
    with pytest.raises(RuntimeError):
        await plugin.aclose()
    assert order == ["plugin", "connections"]


def test_a_worker_tells_of_such_a_url_at_its_start() -> None:
    parts = {**plans.OFFLINE, "llm": {"provider": "openai", "base_url": f"http://{METADATA}/v1"}}
    assert registry.check(plans.plan(parts), {}) == ["llm.openai.base_url: no server may be at this address"]


@pytest.mark.parametrize("make", [servers.session, lambda url: guarded_clients.openai_client(url, "none")])
async def test_a_url_of_metadata_is_refused_before_anything(make: object) -> None:
    assert callable(make)
    with pytest.raises(addresses.ForbiddenTarget):
        make(f"http://{METADATA}/v1")
