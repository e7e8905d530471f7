"""Whatever answers in LiveKit's place is one of our errors, with plain words."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import test_utils, web
from livekit import api

from callcore import errors
from sip_config.apply import sip_services

pytestmark = pytest.mark.unit


@contextlib.asynccontextmanager
async def answering(status: int, body: str) -> AsyncIterator[sip_services.SipService]:
    """A LiveKit that answers everything so."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    async with test_utils.TestServer(app) as server, _client(str(server.make_url("/"))) as client:
        yield sip_services.SipService(client)


def _client(url: str) -> api.LiveKitAPI:
    return api.LiveKitAPI(url, "key", "s" * 32, failover=False)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, "<html>", "is no livekit-server"),
        (401, "invalid token", "does not take LIVEKIT_API_KEY"),
        (500, "out of order", "status 500"),
        (503, '{"code": "unavailable", "msg": "no Redis for +12015550100"}', "no Redis for •••"),
        (404, '{"code": "not_found", "msg": "gone"}', "not_found: gone"),
    ],
)
async def test_strange_answers_are_unavailable(status: int, body: str, words: str) -> None:
    async with answering(status, body) as service:
        with pytest.raises(errors.Unavailable, match="LiveKit, listing trunks: ") as caught:
            await service.inventory()
    assert words in caught.value.message
    assert caught.value.retryable


async def test_a_refusal_is_a_conflict_and_its_numbers_are_not_repeated() -> None:
    said = 'Conflicting trunks, using the same number(s) [\\"+12015550100\\" \\"(201) 555-0100\\"]'
    async with answering(400, f'{{"code": "invalid_argument", "msg": "{said}"}}') as service:
        with pytest.raises(errors.Conflict, match="Conflicting trunks") as refused:
            await service.delete_trunk("ST_1")
    assert "0100" not in refused.value.message
    assert not refused.value.retryable


async def test_nobody_there_and_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _client("http://127.0.0.1:9") as client:
        with pytest.raises(errors.Unavailable, match="no connection"):
            await sip_services.SipService(client).inventory()
    monkeypatch.setattr(sip_services, "_CALL_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with _client(f"http://127.0.0.1:{silent.getsockname()[1]}") as client:
            with pytest.raises(errors.Unavailable, match="no answer within"):
                await sip_services.SipService(client).inventory()
