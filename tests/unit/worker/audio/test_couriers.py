"""Recordings reach dispatch, whenever that is there to take them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pathlib

import pytest
from aiohttp import web

from callcore import clock, contract
from tests.unit.worker import conftest, samples
from worker import dispatch_client
from worker.audio import couriers, outbox, waves

pytestmark = pytest.mark.unit

PLACE = ("PUT", "/internal/audio/voicemail")
ROOM = "call_+12015550100_x7"
SOUND = bytes(range(256)) * (waves.BYTES_PER_S // 256)
DAY_S = 24 * 3600.0
DEADLINE_S = 30.0


@pytest.fixture
def box(tmp_path: pathlib.Path) -> outbox.Outbox:
    return outbox.Outbox(tmp_path / "audio")


@pytest.fixture
def timepiece() -> clock.ManualClock:
    return samples.a_clock()


@pytest.fixture
def courier(
    box: outbox.Outbox, dispatch: dispatch_client.DispatchClient, timepiece: clock.ManualClock
) -> couriers.Courier:
    return couriers.Courier(box, dispatch, timepiece)


def put(box: outbox.Outbox, room: str = ROOM) -> None:
    recording = box.begin(contract.AudioKind.VOICEMAIL, room, samples.NOW)
    recording.write(SOUND)
    recording.keep()
    recording.close(60.0)


async def test_a_recording_goes_out_whole_and_is_removed(
    box: outbox.Outbox, courier: couriers.Courier, internal: conftest.InternalApi
) -> None:
    internal.answers[PLACE] = web.Response(status=204)
    put(box)
    await courier.deliver()
    (request,), (body,) = internal.requests, internal.bodies
    assert contract.AudioLabel.model_validate(dict(request.query)) == contract.AudioLabel(
        room_name=ROOM, duration_s=1.0, recorded_at=samples.NOW
    )
    assert request.content_type == "audio/wav"
    assert request.headers["Authorization"] == f"Bearer {samples.SECRET}"
    assert (body[:4], body[44:]) == (b"RIFF", SOUND)
    assert box.paths() == []


async def test_what_dispatch_does_not_take_is_sent_again_after_a_pause_that_grows(
    box: outbox.Outbox, courier: couriers.Courier, internal: conftest.InternalApi, timepiece: clock.ManualClock
) -> None:
    internal.answers[PLACE] = web.Response(status=404)  # the call is not in the ledger yet
    put(box)
    sent_at = []
    for second in range(16):
        before = len(internal.requests)
        await courier.deliver()
        if len(internal.requests) > before:
            sent_at.append(second)
        timepiece.advance(1.0)
    assert sent_at == [0, 1, 3, 7, 15]
    internal.answers[PLACE] = web.Response(status=204)
    timepiece.advance(60.0)
    await courier.deliver()
    assert box.paths() == []


async def test_one_that_is_refused_delays_no_other(
    box: outbox.Outbox, courier: couriers.Courier, internal: conftest.InternalApi
) -> None:
    async def picky(request: web.Request) -> web.StreamResponse:
        return web.Response(status=204 if request.query["room_name"] == ROOM else 404)

    internal.answers[PLACE] = picky
    for room in ("call_1_a", ROOM, "call_1_b"):
        put(box, room)
    await courier.deliver()
    assert len(internal.requests) == 3
    assert len(box.paths()) == 2


async def test_one_that_the_disk_does_not_give_delays_no_other_and_is_not_lost(
    box: outbox.Outbox,
    courier: couriers.Courier,
    internal: conftest.InternalApi,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    internal.answers[PLACE] = web.Response(status=204)
    put(box)
    put(box)
    broken, parcel = box.paths()[0], box.parcel

    def give(path: pathlib.Path) -> outbox.Parcel | None:
        if path == broken:
            raise OSError(5, "Input/output error")
        return parcel(path)

    monkeypatch.setattr(box, "parcel", give)
    await courier.deliver()
    assert len(internal.requests) == 1
    assert box.paths() == [broken]


async def test_a_worker_that_starts_again_sends_what_is_there(
    box: outbox.Outbox,
    courier: couriers.Courier,
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
) -> None:
    internal.answers[PLACE] = web.Response(status=503)
    put(box)
    await courier.deliver()
    internal.answers[PLACE] = web.Response(status=204)
    await couriers.Courier(box, dispatch, samples.a_clock()).deliver()
    assert box.paths() == []


async def test_after_a_week_it_is_given_up(
    box: outbox.Outbox,
    courier: couriers.Courier,
    internal: conftest.InternalApi,
    timepiece: clock.ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    internal.answers[PLACE] = web.Response(status=404)
    put(box)
    timepiece.advance(6.9 * DAY_S)
    await courier.deliver()
    assert len(box.paths()) == 1
    timepiece.advance(0.2 * DAY_S)
    with caplog.at_level(logging.ERROR):
        await courier.deliver()
    assert box.paths() == []
    assert "given up" in caplog.text
    assert ROOM not in caplog.text


async def test_it_looks_again_and_again(
    box: outbox.Outbox,
    courier: couriers.Courier,
    internal: conftest.InternalApi,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(couriers, "_LOOK_S", 0.01)
    internal.answers[PLACE] = web.Response(status=204)
    delivering = asyncio.create_task(courier.deliver_for_ever())
    async with asyncio.timeout(DEADLINE_S):
        for _ in range(2):
            put(box)
            while box.paths():
                await asyncio.sleep(0.01)
    delivering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await delivering
    assert len(internal.requests) == 2
