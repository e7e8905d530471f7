"""Everything that may go wrong with a transfer, each with what it must come to."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import sqlite3
import time
from collections.abc import Awaitable, Callable

from lab import labs, softphone, speech
from lab.softphone import referrings
from tests.calls import standing
from tests.calls.transfers import outcomes, scenes

Play = Callable[[scenes.Scene, str], Awaitable[float]]
"""Plays a case in a scene, with a number for the human; asserts what it must come to, and says after which time."""

KILLED_S = 0.5
"""Dispatch is away for so long, beside its start."""
UNKNOWN_S = 10.0
"""A REFER of which nobody knows what became of it is watched so long."""
VOICEMAIL_GREETING = "You have reached the voicemail of the office. Please leave a message after the tone."


@dataclasses.dataclass(frozen=True)
class Fault:
    """One case."""

    name: str
    play: Play
    number: str = scenes.DESK_WITHOUT_REFER
    """That the caller dials."""
    is_alone: bool = False
    """Nothing else goes on meanwhile: a process is killed."""
    in_ci: bool = False
    """Played in every run of the tests; the others by `scripts/test long`."""


def now() -> float:
    return time.monotonic()


async def consulting(scene: scenes.Scene, number: str) -> softphone.IncomingCall:
    """Bring the scene to where the human is asked."""
    scene.switch.phone.answer_with(softphone.Answering(), user=number)
    await scene.warm(number)
    far = await scene.switch.next_call(number, timeout=scenes.MOVED_S)
    await scene.comes_to("consulting")
    return far


async def ringing(scene: scenes.Scene, number: str) -> softphone.IncomingCall:
    """Bring the scene to where the human's phone rings, for longer than any test waits."""
    scene.switch.phone.answer_with(softphone.RINGS_FOREVER, user=number)
    await scene.warm(number, ring_s=60)
    far = await scene.switch.next_call(number, timeout=scenes.MOVED_S)
    await scene.comes_to("dialing")
    return far


async def press(far: softphone.IncomingCall, key: str) -> float:
    """Answer by key, as soon as anybody could: when something is heard; when that was."""
    await far.hears_speech(timeout=15, since_s=0)
    await far.press(key)
    return now()


async def bridged(scene: scenes.Scene, number: str) -> softphone.IncomingCall:
    """Bring the scene to where both hear each other."""
    far = await consulting(scene, number)
    await press(far, "1")
    await scene.comes_to("bridged")
    return far


def refused(code: int) -> Play:
    async def play(scene: scenes.Scene, number: str) -> float:
        scene.switch.phone.answer_with(softphone.Answering(code=code), user=number)
        await scene.warm(number)
        far = await scene.switch.next_call(number, timeout=scenes.MOVED_S)
        ending = await far.ended(timeout=scenes.RING_S)
        took_s = await outcomes.back_with_agent(scene, far.timeline.clock_s(ending.at_s))
        (attempt,) = (await scene.transfer())["attempts"]
        assert attempt["sipStatusCode"] == code
        outcomes.rang_once(scene, number)
        return took_s

    return play


async def no_answer(scene: scenes.Scene, number: str) -> float:
    scene.switch.phone.answer_with(softphone.RINGS_FOREVER, user=number)
    await scene.warm(number)
    far = await scene.switch.next_call(number, timeout=scenes.MOVED_S)
    ending = await far.ended(timeout=scenes.RING_S * 3)
    assert ending.by is softphone.EndedBy.CANCELLED
    took_s = await outcomes.back_with_agent(scene, far.timeline.clock_s(ending.at_s))
    assert (await scene.transfer())["attempts"][0]["result"] == "no_answer"
    outcomes.rang_once(scene, number)
    return took_s


async def declined_while_ringing(scene: scenes.Scene, number: str) -> float:
    far = await ringing(scene, number)
    await asyncio.sleep(0.7)
    far.refuse(603)
    took_s = await outcomes.back_with_agent(scene, now())
    outcomes.rang_once(scene, number)
    return took_s


async def voicemail(scene: scenes.Scene, number: str) -> float:
    greeting = await speech.say_async(VOICEMAIL_GREETING)
    scene.switch.phone.answer_with(softphone.voicemail(greeting, rate=speech.RATE), user=number)
    await scene.warm(number)
    far = await scene.switch.next_call(number, timeout=scenes.MOVED_S)
    await far.ended(timeout=20)
    took_s = await outcomes.back_with_agent(scene, now())
    # Ears that are made on this machine may take a word of the greeting for a no.
    assert (await scene.transfer())["attempts"][0]["result"] in ("voicemail", "declined")
    outcomes.rang_once(scene, number)
    return took_s


async def declined_by_key(scene: scenes.Scene, number: str) -> float:
    far = await consulting(scene, number)
    with contextlib.suppress(softphone.CallOver):  # the key counts before it is let go
        await press(far, "2")
    await far.ended(timeout=20)
    took_s = await outcomes.back_with_agent(scene, now())
    assert (await scene.transfer())["attempts"][0]["result"] == "declined"
    return took_s


async def human_leaves_in_briefing(scene: scenes.Scene, number: str) -> float:
    far = await consulting(scene, number)
    await far.hears_speech(timeout=10, since_s=0)
    await far.hang_up()
    took_s = await outcomes.back_with_agent(scene, now())
    assert (await scene.transfer())["attempts"][0]["result"] == "hung_up"
    return took_s


def human_leaves_at_merge(after_s: float) -> Play:
    async def play(scene: scenes.Scene, number: str) -> float:
        far = await consulting(scene, number)
        await press(far, "1")
        await asyncio.sleep(after_s)
        await far.hang_up()
        return await outcomes.back_with_agent(scene, now())

    return play


async def next_one_takes_it(scene: scenes.Scene, number: str) -> float:
    other = number[:-1] + "9"
    scene.switch.phone.answer_with(softphone.Answering(code=486), user=number)
    scene.switch.phone.answer_with(softphone.Answering(), user=other)
    await scene.warm(number, other)
    busy = await scene.switch.next_call(number, timeout=scenes.MOVED_S)
    far = await scene.switch.next_call(other, timeout=scenes.MOVED_S)
    assert far.timeline.origin_s - busy.timeline.clock_s(busy.timeline.ended_s) <= outcomes.BACK_S
    await scene.comes_to("consulting")
    await press(far, "1")
    took_s = await outcomes.connected(scene, far, now())
    outcomes.rang_once(scene, number, other)
    return took_s


def caller_leaves(*, when: Callable[[scenes.Scene, str], Awaitable[softphone.Call | None]]) -> Play:
    async def play(scene: scenes.Scene, number: str) -> float:
        far = await when(scene, number)
        left_s = now()
        await scene.near.hang_up()
        legs = [far] if far is not None else []
        await outcomes.all_down(scene, scene.near, *legs)
        took_s = now() - left_s
        outcomes.rang_once(scene, number)
        return took_s

    return play


async def _just_requested(scene: scenes.Scene, number: str) -> None:
    scene.switch.phone.answer_with(softphone.RINGS_FOREVER, user=number)
    await scene.warm(number)


async def _holding(scene: scenes.Scene, number: str) -> None:
    scene.switch.phone.answer_with(softphone.Answering(after_s=1.0), user=number)
    await scene.warm(number)
    await scene.comes_to("holding", "dialing")


async def restart_dispatch(scene: scenes.Scene) -> float:
    """Kill dispatch, and start it again; when it was back."""
    await scene.lab.dispatch.kill()
    await asyncio.sleep(KILLED_S)
    await scene.lab.dispatch.start()
    return now()


async def _rings_or_returns(scene: scenes.Scene, number: str) -> softphone.IncomingCall | None:
    """The human's leg; None where the caller is with the agent: between putting down that it dials and dialing,
    dispatch has died, and cannot know that nothing rang."""
    ringing = asyncio.create_task(scene.switch.next_call(number, timeout=scenes.MOVED_S))
    returning = asyncio.create_task(scene.comes_to("returned"))
    done, waiting = await asyncio.wait([ringing, returning], return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return ringing.result() if ringing in done else None


def killed_dispatch(when: Callable[[scenes.Scene, str], Awaitable[softphone.IncomingCall | None]]) -> Play:
    async def play(scene: scenes.Scene, number: str) -> float:
        far = await when(scene, number)
        back_s = await restart_dispatch(scene)
        if far is None and (far := await _rings_or_returns(scene, number)) is None:
            return await outcomes.back_with_agent(scene, back_s)
        if not far.is_up:
            far.answer()
            back_s = max(back_s, now())
        found = await scene.comes_to("consulting", *scenes.FINAL)
        if found["state"] == "consulting":
            await press(far, "1")
            back_s = now()
        took_s = await outcomes.connected(scene, far, back_s)
        outcomes.rang_once(scene, number)
        return took_s

    return play


async def _requested_to_ring(scene: scenes.Scene, number: str) -> None:
    scene.switch.phone.answer_with(softphone.RINGS_FOREVER, user=number)
    await scene.warm(number, ring_s=60)


async def _accepted_while_out(scene: scenes.Scene, number: str) -> float:
    """The human says yes while dispatch is out: nobody waits for it."""
    far = await consulting(scene, number)
    await far.hears_speech(timeout=15, since_s=0)
    await scene.lab.dispatch.kill()
    accepted_s = await press(far, "1")
    hums = [scenes.hum(scene.near, scenes.CALLERS_HZ), scenes.hum(far, scenes.HUMANS_HZ)]
    await asyncio.gather(
        far.hears_tone(scenes.CALLERS_HZ, timeout=10), scene.near.hears_tone(scenes.HUMANS_HZ, timeout=10)
    )
    took_s = now() - accepted_s
    assert took_s <= outcomes.BACK_S
    for humming in hums:
        humming.cancel()
    await scene.lab.dispatch.start()
    await outcomes.connected(scene, far, now())
    return took_s


async def _unanswered_while_out(scene: scenes.Scene, number: str) -> float:
    """The human's phone is declined while dispatch is out."""
    far = await ringing(scene, number)
    await scene.lab.dispatch.kill()
    far.refuse(486)
    refused_s = now()
    await asyncio.sleep(KILLED_S)
    await scene.lab.dispatch.start()
    took_s = await outcomes.back_with_agent(scene, max(refused_s, now()))
    outcomes.rang_once(scene, number)
    return took_s


def killed_worker(*, whole: bool) -> Play:
    async def play(scene: scenes.Scene, number: str) -> float:
        far = await bridged(scene, number)
        if whole:
            await scene.lab.worker.kill()
        else:
            _kill_jobs(scene)
        await scenes.hear_each_other(scene.near, far)
        await far.hang_up()
        left_s = now()
        await scene.near.ended(timeout=outcomes.LONE_S)
        took_s = now() - left_s
        if whole:
            await scene.lab.worker.start()
            await scene.lab.ready()
            await standing.record_warm_jobs(scene.lab)
        return took_s

    return play


def _kill_jobs(scene: scenes.Scene) -> None:
    """Kill every process of the worker that is in a call; the job of this one may have left already."""
    for process in standing.jobs_in_calls(scene.lab):
        process.kill()


def forget_refers(lab: labs.Lab) -> None:
    """Have dispatch forget what it learned of REFER: else a trunk that refused would not be asked again."""
    with contextlib.closing(sqlite3.connect(lab.database, timeout=10)) as database, database:
        database.execute("DELETE FROM refer_experiences")


def refer(
    referring: softphone.Referring, then: Callable[[scenes.Scene, str, softphone.Referral], Awaitable[float]]
) -> Play:
    async def play(scene: scenes.Scene, number: str) -> float:
        forget_refers(scene.lab)
        scene.near.refer_with(referring)
        scene.switch.phone.answer_with(softphone.Answering(), user=number)
        await scene.blind(number)
        referral = await scene.near.referred(timeout=scenes.MOVED_S)
        took_s = await then(scene, number, referral)
        outcomes.rang_once(scene, number)
        return took_s

    return play


async def _taken_over(scene: scenes.Scene, _: str, referral: softphone.Referral) -> float:
    await scene.near.ended(timeout=15)
    left_s = now()
    row = await scene.is_over()
    assert row["state"] == "bridged", row
    async with asyncio.timeout(outcomes.LONE_S * 2):
        while (call := await scene.ledger.call(scene.call_id))["status"] != "ended":
            await asyncio.sleep(0.1)
    assert call["termination"]["reason"] == "transferred"
    return now() - left_s


async def _bridged_instead(scene: scenes.Scene, number: str, referral: softphone.Referral) -> float:
    refused_s = scene.near.timeline.clock_s(referral.at_s)
    far = await scene.switch.next_call(number, timeout=outcomes.BACK_S)
    return await outcomes.connected(scene, far, refused_s, caller_leaves=True)


async def _back(scene: scenes.Scene, _: str, referral: softphone.Referral) -> float:
    return await outcomes.back_with_agent(scene, scene.near.timeline.clock_s(referral.at_s))


async def _back_after_watch(scene: scenes.Scene, number: str, referral: softphone.Referral) -> float:
    known_s = scene.near.timeline.clock_s(referral.at_s) + scenes.RING_S + UNKNOWN_S
    took_s = await outcomes.back_with_agent(scene, known_s)
    assert [attempt["method"] for attempt in (await scene.transfer())["attempts"]] == ["refer"], "never a second dial"
    return took_s


_BY_REFER = scenes.DESK

FAULTS = (
    Fault("callee 486", refused(486)),
    Fault("callee 603", refused(603)),
    Fault("callee 404", refused(404)),
    Fault("callee 480", refused(480)),
    Fault("callee 503", refused(503)),
    Fault("callee does not answer", no_answer),
    Fault("callee declines while it rings", declined_while_ringing),
    Fault("voicemail greeting", voicemail, in_ci=True),
    Fault("callee declines by key", declined_by_key),
    Fault("callee leaves in the briefing", human_leaves_in_briefing, in_ci=True),
    Fault("callee leaves in the instant of the merge", human_leaves_at_merge(0.0), in_ci=True),
    Fault("callee leaves 50 ms into the merge", human_leaves_at_merge(0.05)),
    Fault("callee leaves 0.3 s into the merge", human_leaves_at_merge(0.3)),
    Fault("the next destination takes it", next_one_takes_it),
    Fault("caller leaves at once", caller_leaves(when=_just_requested)),
    Fault("caller leaves on hold", caller_leaves(when=_holding)),
    Fault("caller leaves while it rings", caller_leaves(when=ringing)),
    Fault("caller leaves in the briefing", caller_leaves(when=consulting), in_ci=True),
    Fault("caller leaves after the merge", caller_leaves(when=bridged)),
    Fault("dispatch dies when it is asked", killed_dispatch(_requested_to_ring), is_alone=True),
    Fault("dispatch dies on hold", killed_dispatch(_holding), is_alone=True),
    Fault("dispatch dies while it rings", killed_dispatch(ringing), is_alone=True),
    Fault("dispatch dies in the briefing", killed_dispatch(consulting), is_alone=True, in_ci=True),
    Fault("dispatch dies after the merge", killed_dispatch(bridged), is_alone=True),
    Fault("callee takes it while dispatch is out", _accepted_while_out, is_alone=True),
    Fault("callee declines while dispatch is out", _unanswered_while_out, is_alone=True),
    Fault("the job dies after the merge", killed_worker(whole=False), is_alone=True),
    Fault("the worker dies after the merge", killed_worker(whole=True), is_alone=True),
    Fault("REFER 202, NOTIFY 200", refer(referrings.SUCCEEDS, _taken_over), _BY_REFER, in_ci=True),
    Fault("REFER 202, NOTIFY 200, no BYE", refer(referrings.STAYS, _taken_over), _BY_REFER),
    Fault("REFER 202, NOTIFY 486", refer(referrings.notifies(486), _back), _BY_REFER),
    Fault("REFER 202, no NOTIFY", refer(referrings.NEVER_NOTIFIES, _back_after_watch), _BY_REFER),
    Fault("REFER 403", refer(referrings.refuses(403), _bridged_instead), _BY_REFER),
    Fault("REFER 405", refer(referrings.refuses(405), _bridged_instead), _BY_REFER),
    Fault("REFER 603", refer(referrings.refuses(603), _bridged_instead), _BY_REFER, in_ci=True),
    Fault("REFER 202, BYE", refer(referrings.hangs_up(), _taken_over), _BY_REFER),
    Fault("REFER unanswered", refer(referrings.UNANSWERED, _back_after_watch), _BY_REFER),
)
