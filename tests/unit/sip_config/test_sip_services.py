"""LiveKit's failures as ours: bounded in time, told apart, without phone numbers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import test_utils, web
from livekit import api

from callcore import errors
from sip_config import apply
from sip_config.apply import ownership, sip_services
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit


@contextlib.asynccontextmanager
async def server(status: int, code: str, message: str = "no", *, hangs: bool = False) -> AsyncIterator[api.LiveKitAPI]:
    """A client of a server that gives the same error to everything, or hangs until the end."""
    over = asyncio.Event()

    async def fail(_: web.Request) -> web.Response:
        if hangs:
            await over.wait()
        return web.json_response({"code": code, "msg": message}, status=status)

    application = web.Application()
    application.router.add_post("/twirp/{method:.*}", fail)
    async with test_utils.TestServer(application) as listening:
        async with api.LiveKitAPI(str(listening.make_url("")), "key", "secret" * 8) as client:
            yield client
        over.set()


async def test_server_that_hangs_is_unavailable_within_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sip_services, "_CALL_S", 0.1)
    async with server(500, "internal", hangs=True) as client, asyncio.timeout(2):
        with pytest.raises(errors.Unavailable, match="TimeoutError"):
            await apply.apply(samples.load(tmp_path), client)


async def test_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with api.LiveKitAPI("http://127.0.0.1:1", "key", "secret" * 8) as client:
        with pytest.raises(errors.Unavailable):
            await apply.look(samples.load(tmp_path), client)


async def test_refusal_is_a_conflict_and_its_numbers_are_not_repeated(tmp_path: Path) -> None:
    said = 'Conflicting trunks, using the same number(s) ["+12015550100" "(201) 555-0100"]'
    async with server(400, "invalid_argument", said) as client:
        with pytest.raises(errors.Conflict, match="Conflicting trunks") as refused:
            await apply.apply(samples.load(tmp_path), client)
    assert "0100" not in refused.value.message
    assert not refused.value.retryable


@pytest.mark.parametrize(
    ("status", "code"), [(500, "internal"), (503, "unavailable"), (404, "not_found"), (401, "unauthenticated")]
)
async def test_other_failures_may_be_tried_again(tmp_path: Path, status: int, code: str) -> None:
    async with server(status, code) as client:
        with pytest.raises(errors.Unavailable, match=code) as failed:
            await apply.apply(samples.load(tmp_path), client)
    assert failed.value.retryable


@pytest.mark.parametrize(
    "metadata", ["", "{}", "[]", "null", "x", '{"owner": "other"}', '{"owner": "trunkline"}', "{" * 9999]
)
def test_foreign_metadata_is_no_mark_of_ours(metadata: str) -> None:
    assert ownership.read(metadata) is None


def test_mark_is_read_back() -> None:
    mark = ownership.Mark(org="acme", id="trunk/carrier", hash="0")
    assert ownership.read(mark.model_dump_json()) == mark
    assert ownership.is_ours(mark.model_dump_json(), "acme")
    assert not ownership.is_ours(mark.model_dump_json(), "other")
