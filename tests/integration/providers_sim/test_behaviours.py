from __future__ import annotations

import dataclasses

import pytest

from lab.providers import behaviours

pytestmark = pytest.mark.integration


STALL = behaviours.Fault(kind=behaviours.FaultKind.STALL)


@pytest.mark.parametrize(
    ("fault", "struck"),
    [
        (STALL, [True, True, True, True]),
        (dataclasses.replace(STALL, times=2), [True, True, False, False]),
        (dataclasses.replace(STALL, after_requests=1), [False, True, True, True]),
        (dataclasses.replace(STALL, after_requests=1, times=1), [False, True, False, False]),
    ],
)
def test_a_fault_strikes_the_requests_it_was_set_for(fault: behaviours.Fault, struck: list[bool]) -> None:
    conduct = behaviours.Conduct(behaviours.Behaviour(fault=fault))
    assert [conduct.next_request().fault is not None for _ in struck] == struck


def test_a_new_behaviour_counts_requests_anew() -> None:
    behaviour = behaviours.Behaviour(fault=dataclasses.replace(STALL, times=1))
    conduct = behaviours.Conduct(behaviour)
    first, second = conduct.next_request(), conduct.next_request()
    conduct.replace(behaviour)
    third = conduct.next_request()
    assert [pace.fault is None for pace in (first, second, third)] == [False, True, False]


def test_trouble_begins_after_its_messages() -> None:
    pace = behaviours.Conduct(behaviours.Behaviour(fault=dataclasses.replace(STALL, after_messages=2))).next_request()
    seen = []
    for _ in range(3):
        seen.append(pace.trouble())
        pace.sent()
    assert seen == [None, None, behaviours.FaultKind.STALL]


def test_a_refusal_is_no_trouble_in_the_stream() -> None:
    refusing = behaviours.Fault(kind=behaviours.FaultKind.REFUSE)
    pace = behaviours.Conduct(behaviours.Behaviour(fault=refusing)).next_request()
    assert pace.refusal() == refusing
    assert pace.trouble() is None


def delays(seed: int) -> list[float]:
    pace = behaviours.Conduct(behaviours.Behaviour(first_ms=100, jitter_ms=50, seed=seed)).next_request()
    return [pace.first_s() for _ in range(20)]


def test_jitter_lengthens_delays_and_is_the_same_for_the_same_seed() -> None:
    assert all(0.1 <= delay <= 0.15 for delay in delays(1))
    assert delays(1) == delays(1)
    assert delays(1) != delays(2)


def test_the_services_own_interval_holds_unless_another_is_set() -> None:
    usual = behaviours.Conduct(behaviours.Behaviour()).next_request()
    fast = behaviours.Conduct(behaviours.Behaviour(interval_ms=0)).next_request()
    assert (usual.interval_s(20), fast.interval_s(20)) == (0.02, 0.0)
    assert (usual.interval_ms(20), fast.interval_ms(20)) == (20, 0)
