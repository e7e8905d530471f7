"""A call that we place is cancelled: at every point, at once, and nobody's phone goes on ringing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dispatch import keys
from dispatch.dialing import records, words
from dispatch.store import dials as rows
from tests.unit.dispatch import conftest
from tests.unit.dispatch.dialing import steps

pytestmark = pytest.mark.unit


async def hang_up(service: conftest.Service, call_id: str) -> dict[str, Any]:
    status, call = await service.public(f"/v1/calls/{call_id}/hangup", "POST")
    assert (status, call["status"]) == (200, "ended")
    return dict(call)


async def is_cancelled(service: conftest.Service, call_id: str) -> None:
    """The call is cancelled, once and for all."""
    call = await hang_up(service, call_id)
    end = call["termination"]
    assert (end["reason"], end["endedBy"], call["outcome"]) == ("cancelled", "operator", "no_answer")
    assert await hang_up(service, call_id) == call
    assert (await steps.row(service, call_id)).state is rows.State.OVER

    async def closed() -> bool:
        return call_id in service.livekit.closed and call_id not in service.livekit.present

    await steps.until(closed)


async def test_while_it_waits_for_its_time(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule={"at": "2026-01-02T16:00:00Z"})
    await is_cancelled(service, call_id)
    service.clock.advance(7200)
    await steps.looks(service)
    assert (service.dialer.dials, service.livekit.opened) == ([], [])


async def test_while_the_job_gets_ready(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    await is_cancelled(service, call_id)
    assert await steps.says_ready(service, call_id) == 409
    assert service.dialer.dials == []


async def test_between_ready_and_the_dial(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = records.Records.begin

    async def too_late(book: records.Records, claim: rows.Dial, said: words.Said | None) -> None:
        await service.app[keys.INTERJECTIONS].cancel(claim.call_id)
        await begin(book, claim, said)

    monkeypatch.setattr(records.Records, "begin", too_late)
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    await steps.says_ready(service, call_id)
    await steps.comes_to(service, call_id, "ended")
    await is_cancelled(service, call_id)
    assert service.dialer.dials == []


async def test_while_it_rings(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await is_cancelled(service, call_id)

    async def given_up() -> bool:
        return bool(service.dialer.given_up)

    await steps.until(given_up)
    assert await steps.events(service, call_id) == ["call.queued", "call.dialing", "call.hangup"]


async def test_the_dial_is_stopped_although_its_request_comes_after_the_room_was_closed(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    dial, is_cancelled_first = service.dialer.dial, asyncio.Event()

    async def late(wanted: Any) -> Any:
        await is_cancelled_first.wait()
        return await dial(wanted)  # which makes the room again, as LiveKit does

    monkeypatch.setattr(service.dialer, "dial", late)
    call_id = await steps.accepted(service)
    await steps.joins(service, call_id)
    await steps.says_ready(service, call_id)
    await steps.comes_to(service, call_id, "dialing")
    await hang_up(service, call_id)
    is_cancelled_first.set()
    await steps.rings(service, call_id)

    async def nobody() -> bool:
        return call_id not in service.livekit.present and bool(service.dialer.given_up)

    await steps.until(nobody)


async def test_an_answer_that_crosses_the_cancellation_hangs_up(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    await asyncio.gather(hang_up(service, call_id), _answers(service))
    call = await steps.call(service, call_id)
    assert call["termination"]["reason"] in ("cancelled", "operator_hangup")

    async def nobody() -> bool:
        return call_id not in service.livekit.present

    await steps.until(nobody)


async def _answers(service: conftest.Service) -> None:
    service.dialer.answer(steps.ANSWERED, 200)


async def test_a_room_that_livekit_did_not_close_at_once_is_closed_later(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    service.livekit.is_out = True
    await hang_up(service, call_id)

    async def gave_up() -> bool:
        return bool(service.dialer.given_up) and not service.app[keys.DIALING]._tasks

    await steps.until(gave_up)
    service.livekit.is_out = False
    for _ in range(2):
        await service.app[keys.REAPER].round()
        service.clock.advance(20)
    assert call_id not in service.livekit.present
