"""Callers who hang up at any moment: seeded, resumable, counted. `scripts/test long` runs it."""

import asyncio
import json
import os
import pathlib
import random

import pytest

from lab import labs, softphone
from tests.calls import standing
from worker import reporting

pytestmark = [pytest.mark.calls, pytest.mark.long, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

SEED = 20261121
RUNS = 50
LONGEST_S = 6.0  # from the INVITE: ringing, answer, greeting, silence after it
RESULTS = pathlib.Path(os.environ.get("TRUNKLINE_RESULTS", "results")) / "hangups.jsonl"


def done() -> set[int]:
    """The runs that an earlier, interrupted session has finished with this seed and version."""
    if not RESULTS.exists():
        return set()
    kept = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    return {run["run"] for run in kept if (run["seed"], run["version"]) == (SEED, reporting.version())}


async def test_fifty_hangups_leave_nothing_behind(lab: labs.Lab, phone: softphone.Softphone) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    finished = done()
    for run in range(RUNS):
        after_s = random.Random(f"{SEED}-{run}").uniform(0.0, LONGEST_S)
        if run in finished:
            continue
        call = await phone.dial(standing.uri(lab), caller=standing.CALLER)
        await asyncio.sleep(after_s)
        was_up = call.is_up
        await call.hang_up()
        await standing.settles(lab, phone)
        outcome = {"run": run, "seed": SEED, "version": reporting.version(), "after_s": round(after_s, 3), "up": was_up}
        with RESULTS.open("a") as results:
            results.write(json.dumps(outcome) + "\n")
    assert len(done()) == RUNS
