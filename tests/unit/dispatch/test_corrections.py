"""What a worker tells of a call that dispatch has ended without it."""

from __future__ import annotations

import pytest

from callcore import endings, turns
from dispatch import keys
from dispatch.store import late
from dispatch.v1 import hangup
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


async def lose(service: conftest.Service, *, known_lines: int) -> None:
    """A call of which the first lines came, and which the reaper then ended as its room was gone."""
    await service.deliver(*samples.whole_call()[:known_lines])
    for _ in range(6):
        await service.app[keys.REAPER].round()
        service.clock.advance(2)
    assert (await service.only_call())["termination"]["reason"] == "worker_lost"


async def types(service: conftest.Service) -> list[tuple[int, str]]:
    call = await service.only_call()
    _, body = await service.public(f"/v1/calls/{call['callId']}/events")
    return [(event["sequence"], event["type"]) for event in body["events"]]


async def test_what_was_said_before_the_loss_reaches_the_transcript_and_the_true_end_replaces_it(
    service: conftest.Service,
) -> None:
    await lose(service, known_lines=3)
    await service.deliver(*samples.whole_call()[3:], first=4)
    call = await service.only_call()
    assert [turn["message"] for turn in call["transcript"]] == [
        "Thanks for calling Acme.",
        "When are you open?",
        "Nine to five.",
    ]
    assert (call["status"], call["outcome"], call["durationSeconds"]) == ("ended", "completed", 12.5)
    assert (call["termination"]["reason"], call["termination"]["endedBy"]) == ("caller_hangup", "caller")
    assert (await types(service))[-2:] == [(4, "call.hangup"), (5, "call.corrected")]
    registry = service.app[keys.METRICS].registry
    assert registry.get_sample_value("trunkline_calls_corrected_total", {"reason": "caller_hangup"}) == 1
    assert registry.get_sample_value("trunkline_turns_total", {"role": "agent"}) == 2


async def test_a_call_of_which_only_the_arrival_was_known_becomes_whole(service: conftest.Service) -> None:
    await lose(service, known_lines=1)
    await service.deliver(*samples.whole_call()[1:], first=2)
    call = await service.only_call()
    assert (call["agentId"], call["answeredAt"]) == ("front-desk", "2026-01-02T03:04:08.000Z")
    assert (call["durationSeconds"], len(call["transcript"])) == (12.5, 3)


async def test_after_the_workers_own_end_nothing_more_is_taken(service: conftest.Service) -> None:
    await lose(service, known_lines=3)
    await service.deliver(*samples.whole_call()[3:], first=4)
    before = await service.only_call(), await types(service)
    silence = samples.ENDED.model_copy(update={"reason": endings.Reason.SILENCE})
    await service.deliver(samples.said("too late"), silence, first=8)
    assert (await service.only_call(), await types(service)) == before
    async with service.store.reading() as tx:
        assert [fact.why for fact in await late.of_room(tx, samples.ROOM)] == [late.Why.ENDED] * 2


async def test_last_words_that_come_after_a_hangup_gave_up_waiting_are_kept(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hangup, "_REPORT_S", 0.05)
    await service.deliver(*samples.whole_call()[:3])
    service.livekit.present[samples.ROOM] = [doubles.CALLER, doubles.AGENT]
    await service.public(f"/v1/calls/{(await service.only_call())['callId']}/hangup", "POST")
    await service.deliver(samples.said("I was just saying", turns.Role.AGENT), samples.ENDED, first=4)
    call = await service.only_call()
    assert call["transcript"][-1]["message"] == "I was just saying"
    assert (call["termination"]["reason"], call["durationSeconds"]) == ("operator_hangup", 12.5)


async def test_a_later_stream_has_the_late_turns_before_its_end(service: conftest.Service) -> None:
    await lose(service, known_lines=3)
    await service.deliver(*samples.whole_call()[3:], first=4)
    path = f"/v1/calls/{(await service.only_call())['callId']}/transcript"
    headers = {"Authorization": f"Bearer {conftest.API_KEY}", "Accept": "text/event-stream"}
    async with service.client.get(path, headers=headers) as response:
        told = await response.text()
    assert [line for line in told.splitlines() if line.startswith("id:")] == ["id: 1", "id: 2", "id: 3", "id: end"]
    assert "caller_hangup" in told


async def test_lines_of_a_job_that_does_not_hold_the_call_change_nothing(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    before = await service.only_call()
    await service.deliver(samples.said("a ghost"), samples.ENDED, spool="spool_2", job="AJ_2")
    assert await service.only_call() == before
    async with service.store.reading() as tx:
        assert [fact.why for fact in await late.of_room(tx, samples.ROOM)] == [late.Why.FENCED] * 2


async def test_a_job_of_a_higher_generation_takes_over_though_its_announcement_was_lost(
    service: conftest.Service,
) -> None:
    await service.deliver(*samples.whole_call()[:3])
    await service.deliver(samples.said("I am the second"), spool="spool_2", job="AJ_2", generation=2)
    await service.deliver(samples.said("I was the first"), samples.ENDED, first=4)
    call = await service.only_call()
    assert (call["status"], [turn["message"] for turn in call["transcript"]]) == ("in_progress", ["I am the second"])
