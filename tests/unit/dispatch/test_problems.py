"""Faults of our own: told plainly, without what only the log may have."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from dispatch.store import pages
from dispatch.store import turns as turn_rows
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit


async def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("something about +12015550123")


async def test_a_fault_of_ours_is_a_plain_500(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "page", _fail)
    status, problem = await service.public("/v1/calls")
    assert (status, problem) == (
        500,
        {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "Something went wrong here. The log has it.",
            "code": "internal_error",
        },
    )


async def test_a_fault_in_the_middle_of_a_stream_breaks_it_off(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.deliver(*samples.whole_call())
    call_id = (await service.only_call())["callId"]
    monkeypatch.setattr(turn_rows, "of_call", _fail)
    headers = {"Authorization": f"Bearer {conftest.API_KEY}", "Accept": "text/event-stream"}
    async with asyncio.timeout(30):
        async with service.client.get(f"/v1/calls/{call_id}/transcript", headers=headers) as response:
            assert (await response.content.readuntil(b"\n\n")).startswith(b"event: connected")
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()
