"""The tables of `docs/calling.md` are true."""

from __future__ import annotations

import re

import pytest

from callcore import dials, endings, outcomes, transfers
from tests.unit.dispatch import test_docs

pytestmark = pytest.mark.unit

PAGE = "calling.md"


def test_every_sip_status_ends_a_call_as_the_table_says() -> None:
    told = {}
    for cells in test_docs.rows(PAGE, "How a dial ends")[:6]:
        for code in re.findall(r"`(\d+)`", cells[0]):
            told[int(code)] = [cell.strip("`") for cell in cells[1:]]
    ends = {code: _end(code) for code in range(300, 700)}
    assert {code: ends[code] for code in told} == told
    carrier = {tuple(end) for code, end in ends.items() if code not in told}
    assert carrier == {("carrier_failure", "upstream_error", "system", "error")}


def _end(code: int) -> list[str]:
    end = dials.termination(transfers.result_of(code), sip_status_code=code)
    outcome = outcomes.by_rule(end, user_turns=0, is_unanswered_dial=True)
    return [end.reason.value, end.result.value, end.ended_by.value, outcome.value]


def test_the_other_ends_have_the_result_that_the_table_says() -> None:
    rows = test_docs.rows(PAGE, "How a dial ends")[8:]
    assert len(rows) == 6
    for reason, result, _ in rows:
        end = endings.Termination(reason=endings.Reason(reason.strip("`")), ended_by=endings.EndedBy.SYSTEM)
        assert end.result.value == result.strip("`")
