"""What a trunk's answers to REFER teach."""

from __future__ import annotations

import datetime as dt

import pytest

from callcore import transfers
from dispatch.livekit import referring
from dispatch.store import refer_experiences as rows
from dispatch.transfers import learning

pytestmark = pytest.mark.unit

NOW = dt.datetime(2026, 1, 2, 17, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
RESULT = transfers.AttemptResult
TAKEN, REFUSED, UNKNOWN = rows.Result.TAKEN, rows.Result.REFUSED, rows.Result.UNKNOWN


def after(*told: tuple[rows.Result, int | None]) -> rows.Experience:
    """What is known after these, a minute apart."""
    known: rows.Experience | None = None
    for count, (result, code) in enumerate(told):
        known = learning.learned(known, "carrier", result, code, NOW + count * MINUTE)
    assert known is not None
    return known


@pytest.mark.parametrize(
    ("told", "refuses"),
    [
        ([(TAKEN, 200)], False),
        ([(REFUSED, 405)], True),
        ([(REFUSED, 501)], True),
        ([(REFUSED, 603)], False),
        ([(REFUSED, 603), (REFUSED, 403)], True),
        ([(REFUSED, 603), (TAKEN, 200), (REFUSED, 603)], False),
        ([(REFUSED, 603), (TAKEN, 486), (REFUSED, 603)], False),
        ([(REFUSED, 603), (UNKNOWN, None), (REFUSED, 603)], False),
        ([(REFUSED, 405), (UNKNOWN, None)], True),
        ([(REFUSED, 405), (TAKEN, 200)], False),
        ([(UNKNOWN, None)] * 5, False),
    ],
)
def test_when_a_trunk_is_not_asked_any_more(told: list[tuple[rows.Result, int | None]], refuses: bool) -> None:
    known = after(*told)
    assert learning.refuses(known, known.last_at) is refuses
    assert (known.last_result, known.last_sip_status_code) == told[-1]
    counts = {TAKEN: known.taken, REFUSED: known.refused, UNKNOWN: known.unknown}
    assert counts == {result: [one for one, _ in told].count(result) for result in rows.Result}


def test_after_a_day_it_is_asked_once_more() -> None:
    known = after((REFUSED, 603), (REFUSED, 603), (REFUSED, 603))
    assert known.refuses_since == NOW + MINUTE
    later = NOW + MINUTE + learning.FORGOTTEN_AFTER
    assert learning.refuses(known, later - MINUTE)
    assert not learning.refuses(known, later)
    again = learning.learned(known, "carrier", REFUSED, 603, later)
    assert again.refuses_since == later


def test_nothing_is_known_of_a_trunk_that_was_never_asked() -> None:
    assert not learning.refuses(None, NOW)


@pytest.mark.parametrize(
    ("result", "code", "is_refused", "shown"),
    [
        (RESULT.ANSWERED, 200, False, TAKEN),
        (RESULT.BUSY, 486, False, TAKEN),
        (RESULT.REJECTED, 603, False, TAKEN),
        (RESULT.REJECTED, 603, True, REFUSED),
        (RESULT.UNKNOWN, None, False, UNKNOWN),
        (RESULT.CANCELLED, 481, False, None),
        (RESULT.CANCELLED, None, False, None),
        (RESULT.UNAVAILABLE, None, False, None),
        (RESULT.INVALID_NUMBER, None, False, None),
    ],
)
def test_what_a_refer_shows_of_its_trunk(
    result: transfers.AttemptResult, code: int | None, is_refused: bool, shown: rows.Result | None
) -> None:
    assert learning.result_of(referring.Referral(result=result, sip_status_code=code, is_refused=is_refused)) is shown
