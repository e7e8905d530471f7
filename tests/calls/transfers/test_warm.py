"""A warm transfer that goes well: who hears what, and when."""

from __future__ import annotations

import asyncio
import pathlib
import statistics
import time

import pytest

from cli import api
from lab import labs, softphone, speech
from tests import recorded
from tests.calls import hearing, standing
from tests.calls.transfers import faults, outcomes, playing, scenes, switches

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

SALES, SALES_TOO = "+12015550195", "+12015550196"
BRIEFING = "Hello, Finn here with a caller for the sales team. They want to order a boiler."
LEAK_DBFS = -28.0
"""What one packet of a phone's tone, 20 ms, comes to; loud speech has less at these frequencies."""
GAP_S = 0.3
"""Promised, p95: from the operator's word to each hearing the other."""
RUNS = 20
ON_S = 60.0
SOURCES = [pathlib.Path("dispatch/transfers"), pathlib.Path("worker/jobs"), pathlib.Path("callcore")]
RESULTS = "merges"


async def test_a_caller_who_asks_for_sales_is_announced_and_connected(
    lab: labs.Lab, phone: softphone.Softphone, switch: switches.Switch
) -> None:
    """By voice alone: the first phone is busy, the second one's owner hears what it is about and says yes."""
    switch.phone.answer_with(softphone.Answering(code=486), user=SALES)
    switch.phone.answer_with(softphone.Answering(), user=SALES_TOO)
    async with scenes.calling(lab, switch) as scene:
        await scene.near.hears_silence(for_s=1.0, timeout=20, since_s=scenes.GREETED_S)
        await scene.near.play(await speech.say_async("I would like to speak to sales"))
        far = await switch.next_call(SALES_TOO, timeout=30)
        await far.hears_speech(timeout=10, since_s=0)
        await far.hears_silence(for_s=1.2, timeout=30, since_s=far.now_s)
        assert hearing.says(far, BRIEFING)
        await far.play(await speech.say_async("Yes, I can take the call"))
        said_s = time.monotonic()
        (listed,) = (await scene.ledger.call(scene.call_id))["transfers"]
        scene.transfer_id = listed["id"]
        assert listed["requestedBy"] == "agent"
        await scene.comes_to("bridged", timeout=20)
        assert far.caller == standing.CALLER or far.caller.startswith("+1201555")
        await outcomes.connected(scene, far, max(said_s, await scene.event_at("call.transfer.accepted")))
        row = await scene.transfer()
        assert [attempt["result"] for attempt in row["attempts"]] == ["busy", "answered"]
        transcript = " ".join(turn["message"] for turn in (await scene.ledger.call(scene.call_id))["transcript"])
        assert "can you take the call" not in transcript.lower(), "what a colleague is told is not the caller's"
    await standing.settles(lab, phone)


async def merge_without_leak(scene: scenes.Scene, number: str) -> float:
    """Play a transfer with humming phones, completed by an operator; seconds until both heard each other.

    Either's keys are pressed before as well. Asserts that nothing passed before the operator's word.
    """
    scene.switch.phone.answer_with(softphone.Answering(), user=number)
    near = scene.near
    await scene.warm(number)
    await scene.comes_to("holding", "dialing", "consulting")
    hums = [scenes.hum(near, scenes.CALLERS_HZ)]
    far = await scene.switch.next_call(number, timeout=scenes.MOVED_S)
    await far.answered(timeout=5)
    hums.append(scenes.hum(far, scenes.HUMANS_HZ))
    await scene.comes_to("consulting")
    await asyncio.gather(near.press("97"), far.press("45"))
    await asyncio.sleep(2.0)  # for a leak to show
    wanted_s = time.monotonic()
    await scene.hand("complete")
    await scene.comes_to("bridged")
    await asyncio.sleep(1.0)  # of sound, to be looked at
    heard = [_first(near, scenes.HUMANS_HZ), _first(far, scenes.CALLERS_HZ)]
    for leg, hertz, key in ((near, scenes.HUMANS_HZ, "4"), (far, scenes.CALLERS_HZ, "9")):
        from_s, to_s = leg.timeline.since_s(far.timeline.origin_s), leg.timeline.since_s(wanted_s)
        assert leg.tones_heard(hertz, from_s, to_s, at_least_dbfs=LEAK_DBFS) == [], "sound leaked"
        assert key not in leg.digits_heard, "a key leaked"
    for humming in hums:
        humming.cancel()
    await asyncio.gather(*hums, return_exceptions=True)
    near.stop_playing()
    far.stop_playing()
    return max(heard) - wanted_s


def _first(leg: softphone.Call, hertz: float) -> float:
    """When a phone first heard the other, by the monotonic clock."""
    return leg.timeline.clock_s(leg.tones_heard(hertz)[0].start_s)


async def test_nothing_passes_before_the_merge(
    lab: labs.Lab, phone: softphone.Softphone, switch: switches.Switch
) -> None:
    async with scenes.calling(lab, switch, number=scenes.DESK_WITHOUT_KEYS) as scene:
        await merge_without_leak(scene, playing.human_of(0))
    await standing.settles(lab, phone)


async def test_of_two_transfers_at_once_one_wins(
    lab: labs.Lab, phone: softphone.Softphone, switch: switches.Switch
) -> None:
    switch.phone.answer_with(softphone.RINGS_FOREVER, user=playing.human_of(1))
    async with scenes.calling(lab, switch) as scene:
        path = f"/v1/calls/{scene.call_id}/transfers/warm"
        body = {"destinations": [{"to": playing.human_of(1), "label": "the office"}]}
        done = await asyncio.gather(
            *(scene.ledger.ask("POST", path, body=body, idempotency_key=f"two-{index}") for index in range(2)),
            return_exceptions=True,
        )
        (refused,) = [one for one in done if isinstance(one, api.ApiRefused)]
        (won,) = [one for one in done if isinstance(one, dict)]
        assert refused.code == "transfer_in_progress"
        scene.transfer_id = won["id"]
        far = await switch.next_call(playing.human_of(1), timeout=scenes.MOVED_S)
        await scene.hand("cancel")
        await far.ended(timeout=outcomes.LONE_S)
        assert (await scene.is_over())["state"] == "cancelled"
        await scene.near.hang_up()
    await standing.settles(lab, phone)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_twenty_merges_without_leak_and_without_a_gap(
    lab: labs.Lab, phone: softphone.Softphone, switch: switches.Switch
) -> None:
    version = recorded.version(SOURCES)
    done = {line["run"] for line in recorded.kept(RESULTS, version)}
    for run in sorted(set(range(RUNS)) - done):
        async with scenes.calling(lab, switch, number=scenes.DESK_WITHOUT_KEYS) as scene:
            gap_s = await merge_without_leak(scene, playing.human_of(run))
        recorded.add(RESULTS, {"run": run, "version": version, "gap_s": round(gap_s, 3)})
        await standing.settles(lab, phone)
    gaps = [line["gap_s"] for line in recorded.kept(RESULTS, version)]
    assert len(gaps) == RUNS
    assert statistics.quantiles(gaps, n=20)[-1] <= GAP_S, gaps


@pytest.mark.long
async def test_they_talk_on_for_a_minute_after_the_worker_was_killed(
    lab: labs.Lab, phone: softphone.Softphone, switch: switches.Switch
) -> None:
    number = playing.human_of(2)
    switch.phone.answer_with(softphone.Answering(), user=number)
    async with scenes.calling(lab, switch, number=scenes.DESK_WITHOUT_REFER) as scene:
        await scene.warm(number)
        far = await switch.next_call(number, timeout=scenes.MOVED_S)
        await scene.comes_to("consulting")
        await faults.press(far, "1")
        await scene.comes_to("bridged")
        await lab.worker.kill()
        until_s = time.monotonic() + ON_S
        while time.monotonic() < until_s:
            await scenes.hear_each_other(scene.near, far)
        await scene.near.hang_up()
        await far.ended(timeout=outcomes.LONE_S)
    await lab.worker.start()
    await lab.ready()
    await standing.record_warm_jobs(lab)
    await standing.settles(lab, phone)
