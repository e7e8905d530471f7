"""Whatever somebody does to a valid configuration, the answer is a configuration or a list of places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sip_config import loading
from tests.integration.config import mutations
from tests.unit.sip_config import everything

pytestmark = pytest.mark.integration

SEED = 4
RUNS = 150
PROBLEM = re.compile(r"[^:\n]+:[1-9]\d*:[1-9]\d* \S[^\n]*")


@pytest.mark.parametrize("origin", range(3))
def test_what_is_mutated_is_valid(tmp_path: Path, origin: int) -> None:
    mutations.write(tmp_path, mutations.originals()[origin])
    assert loading.examine(tmp_path, everything.ENVIRONMENT).found == ()


def test_no_mutation_gives_a_traceback(tmp_path: Path) -> None:
    origins, wrong = mutations.originals(), 0
    for run in range(RUNS):
        folder = tmp_path / str(run)
        mutations.write(folder, mutations.mutate(run, SEED, origins))
        examined = loading.examine(folder, everything.ENVIRONMENT)
        assert (examined.configuration is None) == bool(examined.found), run
        assert [problem for problem in map(str, examined.found) if not PROBLEM.fullmatch(problem)] == [], run
        wrong += bool(examined.found)
    assert RUNS / 2 < wrong < RUNS  # most changes are mistakes, and some are not
