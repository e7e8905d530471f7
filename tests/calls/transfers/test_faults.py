"""The fault matrix: whatever goes wrong, the caller is connected, with an agent, or gone by their own will."""

from __future__ import annotations

import pathlib
import random

import pytest

from lab import labs, softphone
from tests import recorded
from tests.calls import standing
from tests.calls.transfers import faults, playing, switches

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

SEED = 20261121
ROUNDS = 6
SOURCES = [pathlib.Path("dispatch/transfers"), pathlib.Path("worker/jobs"), pathlib.Path("callcore")]
RESULTS = "transfers"


async def test_nobody_is_lost_in_a_transfer_that_fails(
    lab: labs.Lab, phone: softphone.Softphone, switch: switches.Switch
) -> None:
    played = await playing.play_all(lab, switch, [fault for fault in faults.FAULTS if fault.in_ci])
    assert not (wrong := playing.failures(played)), wrong
    await standing.settles(lab, phone)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("number", range(ROUNDS))
async def test_two_hundred_transfers(
    lab: labs.Lab, phone: softphone.Softphone, switch: switches.Switch, number: int
) -> None:
    version = recorded.version(SOURCES)
    done = {line["fault"] for line in recorded.kept(RESULTS, version) if line["round"] == number}
    wanted = [fault for fault in faults.FAULTS if fault.name not in done]
    random.Random(f"{SEED}-{number}").shuffle(wanted)
    played = await playing.play_all(lab, switch, wanted)
    for one in played:
        line = {"round": number, "seed": SEED, "version": version, "fault": one.fault, "took_s": one.took_s}
        recorded.add(RESULTS, line if one.error is None else {**line, "error": one.error})
    assert not (wrong := playing.failures(played)), wrong
    await standing.settles(lab, phone)
