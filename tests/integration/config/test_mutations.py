"""Two thousand mutated configurations: seeded, resumable, counted. `scripts/test long` runs it."""

from __future__ import annotations

import collections
import pathlib
import re
import time
import traceback

import pytest

from sip_config import loading
from tests import recorded
from tests.integration.config import mutations
from tests.unit.sip_config import everything

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(1800)]

SEED = 20261121
RUNS = 2_000
MOST_S = 2.0
PROBLEM = re.compile(r"[^:\n]+:[1-9]\d*:[1-9]\d* \S[^\n]*")
SOURCE = pathlib.Path(loading.__file__).parent


def done(seed: int, code: str) -> dict[int, dict[str, object]]:
    """The runs that an earlier, interrupted session has finished with this seed and code."""
    return {run["run"]: run for run in recorded.kept("mutations", code) if run["seed"] == seed}


def test_two_thousand_mutations_give_no_traceback(tmp_path: pathlib.Path) -> None:
    code, origins = recorded.version([SOURCE]), mutations.originals()
    finished = done(SEED, code)
    for run in range(RUNS):
        if run not in finished:
            outcome = {"run": run, "seed": SEED, "version": code, **tried(tmp_path / str(run), run, origins)}
            recorded.add("mutations", outcome)
    outcomes = done(SEED, code).values()
    counted = collections.Counter(str(outcome["outcome"]) for outcome in outcomes)
    assert len(outcomes) == RUNS
    assert [outcome for outcome in outcomes if outcome["outcome"] not in ("valid", "told")] == []
    assert counted["told"] > RUNS / 2
    assert [outcome for outcome in outcomes if float(str(outcome["cpu_s"])) > MOST_S] == []


def tried(folder: pathlib.Path, run: int, origins: list[mutations.Files]) -> dict[str, object]:
    """What came of one mutation."""
    mutations.write(folder, mutations.mutate(run, SEED, origins))
    before = time.process_time()
    try:
        examined = loading.examine(folder, everything.ENVIRONMENT)
    except Exception:  # noqa: BLE001 - this is what must not be, whatever it is
        return {"outcome": "traceback", "cpu_s": 0.0, "said": traceback.format_exc()[-500:]}
    cpu_s = round(time.process_time() - before, 3)
    said = [str(problem) for problem in examined.found]
    without_place = [problem for problem in said if not PROBLEM.fullmatch(problem)]
    if without_place or (examined.configuration is None) != bool(said):
        return {"outcome": "no place", "cpu_s": cpu_s, "said": without_place[:3]}
    return {"outcome": "told" if said else "valid", "cpu_s": cpu_s, "problems": len(said)}
