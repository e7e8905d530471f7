"""What must have become of a caller in the end: connected, back with the agent, or gone by their own will."""

from __future__ import annotations

import asyncio
import time

from cli import api
from lab import softphone
from tests.calls.transfers import scenes

BACK_S = 3.0
"""Promised: so long after the failing step's own end the caller is connected, or the agent talks with them again."""
LONE_S = 5.0
"""Promised: no leg is alone for longer."""
_TAKEN_S = 3.0
NOBODY_THERE = "nobody there can take your call"


async def back_with_agent(scene: scenes.Scene, failed_s: float, *, text: str = NOBODY_THERE) -> float:
    """Assert that the agent talks with the caller again, in time; how long that took, in seconds.

    Args:
        scene: of the call.
        failed_s: when the step that failed was over, by the monotonic clock.
        text: which the agent says then.
    """
    await scene.comes_to("returned", "cancelled")
    spoke_s = await scene.agent_spoke_at(text)
    assert scene.near.is_up, "the caller was dropped"
    since_s = scene.near.timeline.since_s(spoke_s)
    await scene.near.hears_speech(timeout=5, since_s=max(0.0, since_s))
    assert spoke_s - failed_s <= BACK_S, f"back after {spoke_s - failed_s:.2f} s"
    return max(0.0, spoke_s - failed_s)


async def connected(scene: scenes.Scene, far: softphone.Call, since_s: float, *, caller_leaves: bool = False) -> float:
    """Assert that caller and human hear each other, in time, and that the end of either is that of both.

    Args:
        scene: of the call.
        far: the human's leg.
        since_s: when the step before was over, by the monotonic clock.
        caller_leaves: who hangs up in the end.
    """
    row = await scene.is_over()
    assert row["state"] == "bridged", row
    bridged_s = await scene.event_at("call.transfer.bridged")
    assert bridged_s - since_s <= BACK_S, f"connected after {bridged_s - since_s:.2f} s"
    await scenes.hear_each_other(scene.near, far)
    # Who hangs up in the first two seconds did not take the call.
    await asyncio.sleep(max(0.0, bridged_s + _TAKEN_S - time.monotonic()))
    leaver, other = (scene.near, far) if caller_leaves else (far, scene.near)
    await leaver.hang_up()
    assert (await other.ended(timeout=LONE_S)).by is softphone.EndedBy.PEER
    ended = await _ended(scene)
    assert ended["termination"]["reason"] == "transferred", ended["termination"]
    return max(0.0, bridged_s - since_s)


async def all_down(scene: scenes.Scene, *legs: softphone.Call) -> None:
    """Assert that nobody is left on a line, since the caller has gone."""
    await asyncio.gather(*(leg.ended(timeout=LONE_S) for leg in legs))
    row = await scene.is_over()
    assert row["state"] in ("cancelled", "bridged"), row
    await _ended(scene)


async def _ended(scene: scenes.Scene, *, timeout: float = 30.0) -> api.Json:
    async with asyncio.timeout(timeout):
        while (call := await scene.ledger.call(scene.call_id))["status"] != "ended":
            await asyncio.sleep(0.1)
    return call


def rang_once(scene: scenes.Scene, *numbers: str) -> None:
    """Assert that no phone rang a second time."""
    for number in numbers:
        assert scene.switch.calls(number) <= 1, "a destination was dialed twice"
