"""When a report is made: as soon as nothing more is to be expected."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import sqlalchemy as sa

from callcore import contract, endings
from dispatch import keys
from dispatch.reports import scheduling
from dispatch.store import reports as rows
from dispatch.store import tables
from tests.unit.dispatch import conftest, samples
from tests.unit.dispatch.reports import conftest as desks

pytestmark = pytest.mark.unit

VOICEMAIL = contract.EndedRecord(reason=endings.Reason.VOICEMAIL, ended_by=endings.EndedBy.SYSTEM, duration_s=9.0)


async def lose(service: conftest.Service, *, known_lines: int = 3) -> None:
    """A call that the reaper ended, as its room was gone."""
    await service.deliver(*samples.whole_call()[:known_lines])
    for _ in range(6):
        await service.app[keys.REAPER].round()
        service.clock.advance(2)
    assert (await service.only_call())["termination"]["reason"] == "worker_lost"


async def send_sound(service: conftest.Service) -> None:
    label = {"room_name": samples.ROOM, "duration_s": "6.5", "recorded_at": "2026-01-02T03:04:30Z"}
    headers = {"Authorization": f"Bearer {conftest.SECRET}", "Content-Type": "audio/wav"}
    body = io.BytesIO(b"RIFF\x24\x00\x00\x00WAVE" + b"sound" * 100)
    async with service.client.put("/internal/audio/voicemail", params=label, data=body, headers=headers) as response:
        assert response.status == 204


async def test_a_correction_in_time_is_in_the_report(service: conftest.Service, desk: desks.Desk) -> None:
    await lose(service)
    service.clock.advance(scheduling.SETTLE.total_seconds() - 8)
    assert await desk.make() == 0
    await service.deliver(*samples.whole_call()[3:], first=4)
    assert await desk.make() == 1
    report = await desk.report()
    assert (report["termination"]["reason"], report["endIsInferred"]) == ("caller_hangup", False)
    assert len(report["transcript"]) == 3


async def test_a_correction_that_comes_later_is_in_a_report_made_anew(
    service: conftest.Service, desk: desks.Desk
) -> None:
    await lose(service)
    service.clock.advance(scheduling.SETTLE.total_seconds())
    assert await desk.make() == 1
    await service.deliver(*samples.whole_call()[3:], first=4)
    assert await desk.make() == 0
    before = await desk.report()
    assert (before["termination"]["reason"], before["endIsInferred"]) == ("worker_lost", True)
    status, answer = await desk.finalize(forceAnalysis=True)
    assert (status, answer["remade"], answer["analyzed"], answer["webhookQueued"]) == (200, True, False, False)
    after = await desk.report()
    assert (after["termination"]["reason"], after["endIsInferred"]) == ("caller_hangup", False)
    assert after["reportId"] == before["reportId"]
    assert [kind for kind, *_ in await desk.sent()].count("post_call") == 1


async def test_an_end_inferred_of_long_ago_settles_from_now_on(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.calls).values(leg_left_at=samples.START + dt.timedelta(seconds=5)))
    service.clock.advance(3600)
    service.livekit.present[samples.ROOM] = []
    for _ in range(9):
        await service.app[keys.REAPER].round()
        service.clock.advance(2)
    async with service.store.reading() as tx:
        row = await rows.find(tx, (await service.only_call())["callId"])
    assert row is not None
    assert (await service.only_call())["endedAt"] < "2026-01-02T03:05:00Z"
    assert row.due_at > samples.START + dt.timedelta(seconds=3600)


async def test_the_report_of_a_message_waits_for_its_sound(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1], VOICEMAIL)
    service.clock.advance(30)
    assert await desk.make() == 0
    await send_sound(service)
    assert await desk.make() == 1
    report = await desk.report()
    assert (report["outcome"], report["contactStatus"]) == ("voicemail", "voicemail")
    assert report["artifacts"]["voicemail"] == (await service.only_call())["voicemail"]


async def test_sound_that_is_there_already_is_not_waited_for(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1])
    await send_sound(service)
    assert await desk.make() == 0
    await service.deliver(VOICEMAIL, first=7)
    assert await desk.make() == 1


async def test_sound_that_never_comes_is_not_waited_for_for_ever(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1], VOICEMAIL)
    service.clock.advance(7 + scheduling.SOUND.total_seconds())
    assert await desk.make() == 1
    assert (await desk.report())["artifacts"]["voicemail"] is None


async def test_a_call_that_goes_on_has_none(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1])
    assert await desk.make() == 0
    (read, unread), (done, undone) = await desk.shown(), await desk.finalize(retryWebhook=True)
    assert (read, unread["code"], done, undone["code"]) == (404, "report_not_ready", 409, "call_not_over")
    nowhere = "call_01kb8r9x4e6q0v3m5n7p9s1t2w"
    status, body = await desk.shown(nowhere)
    assert (status, body["code"]) == (404, "not_found")
