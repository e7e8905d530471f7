"""Failed tries are limited by address, and nobody is locked out by others' failures."""

from __future__ import annotations

import pytest

from callcore import clock
from dispatch.access import failed_tries
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit


@pytest.fixture
def tries(manual_clock: clock.ManualClock) -> failed_tries.FailedTries:
    return failed_tries.FailedTries(manual_clock)


def test_twenty_in_a_minute_are_free(tries: failed_tries.FailedTries, manual_clock: clock.ManualClock) -> None:
    for _ in range(20):
        assert tries.note("192.0.2.1") is None
        manual_clock.advance(1)
    assert tries.note("192.0.2.1") == 40.0
    manual_clock.advance(39)
    assert tries.note("192.0.2.1") == 1.0
    manual_clock.advance(1)
    assert tries.note("192.0.2.1") is None
    assert tries.note("192.0.2.1") == 1.0


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        (None, "", True),
        (None, "192.0.2.1", False),
    ],
)
def test_who_is_one(tries: failed_tries.FailedTries, one: str | None, other: str | None, are_one: bool) -> None:
    for _ in range(20):
        tries.note(one)
    assert (tries.note(other) is not None) is are_one


def test_memory_is_bounded(tries: failed_tries.FailedTries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_tries, "_ADDRESSES", 3)
    for last in range(100):
        tries.note(f"192.0.2.{last}")
    assert list(tries._by_network) == ["192.0.2.97", "192.0.2.98", "192.0.2.99"]


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/nothing", "/internal/snapshot"])
async def test_after_too_many_failures_only_a_good_key_enters(service: conftest.Service, path: str) -> None:
    assert service.clock.now() == samples.START
    bad = {"Authorization": "Bearer tl_bad_0123456789abcdef"}
    seen = []
    for _ in range(22):
        async with service.client.get(path, headers=bad) as response:
            seen.append((response.status, response.headers.get("Retry-After"), (await response.json())["code"]))
    assert seen == [(401, None, "unauthorized")] * 20 + [(429, "60", "too_many_failures")] * 2
    assert (await service.public("/v1/calls"))[0] == 200
    async with service.client.get("/metrics") as response:
        exposed = await response.text()
    assert 'trunkline_refused_requests_total{why="unauthorized"} 20.0' in exposed
    assert 'trunkline_refused_requests_total{why="too_many_failures"} 2.0' in exposed
    service.clock.advance(60)
    async with service.client.get(path, headers=bad) as response:
        assert response.status == 401
