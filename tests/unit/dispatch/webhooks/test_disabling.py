"""An endpoint is given up when it says that it is gone, or after days of nothing but failure; any success clears it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest

from dispatch.store import endpoints
from dispatch.webhooks import disabling, posting
from lab import receiver
from tests.unit.dispatch import samples
from tests.unit.dispatch.webhooks import kits

pytestmark = pytest.mark.unit

PATIENCE = disabling.Patience()
NEW = endpoints.Endpoint(url="https://example.com/hook")


def failed(hours: Iterable[float], endpoint: endpoints.Endpoint = NEW, *, is_gone: bool = False) -> endpoints.Endpoint:
    for hour in hours:
        endpoint = disabling.failed(endpoint, samples.START + dt.timedelta(hours=hour), PATIENCE, is_gone=is_gone)
    return endpoint


def test_nothing_but_failure_for_five_days_disables() -> None:
    steady = [hour * 3.0 for hour in range(45)]
    assert failed(steady[:5]).failing_since == samples.START + dt.timedelta(hours=12)
    assert not failed([hour for hour in steady if hour < 12 + 120]).is_disabled
    given_up = failed(steady)
    assert given_up.disabled_at == samples.START + dt.timedelta(hours=132)
    assert given_up.disabled_because == disabling.FAILING


def test_failures_far_apart_never_disable() -> None:
    assert not failed(range(0, 24 * 60, 25)).is_disabled
    assert failed(range(0, 24 * 60, 25)).failing_since is None


def test_many_failures_within_an_hour_are_one_accident() -> None:
    assert failed([minute / 60 for minute in range(60)]).failing_since is None


def test_a_success_clears_the_clock() -> None:
    cleared = disabling.succeeded(failed(hour * 3.0 for hour in range(40)))
    assert cleared == NEW
    assert not failed((120 + hour * 3.0 for hour in range(30)), cleared).is_disabled


def test_gone_disables_at_once_and_a_success_that_was_under_way_does_not_bring_it_back() -> None:
    gone = failed([0], is_gone=True)
    assert (gone.is_disabled, gone.disabled_because) == (True, disabling.GONE)
    assert disabling.succeeded(gone) == gone
    assert failed([1], gone) == gone


async def test_what_waits_for_a_gone_endpoint_fails_with_it_and_others_go_on(
    kit: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", lambda one: receiver.Answer(status=410 if one.document["sequence"] == 2 else 200))
    await kit.take(*samples.whole_call())
    await kit.go()
    rows = await kit.rows()
    assert [(one.state.value, one.error, one.attempts) for one in rows] == [
        ("delivered", None, 1),
        ("failed", "bad_status", 1),
        ("failed", posting.ENDPOINT_DISABLED, 0),
        ("failed", posting.ENDPOINT_DISABLED, 0),
    ]
    endpoint = await kit.endpoint(hooks.url("status"))
    assert endpoint.disabled_because == disabling.GONE
    await kit.take(samples.arrived("call_2"), samples.ROUTED, room="call_2")
    await kit.go()
    assert (await kit.states())[4:] == ["failed", "failed"]
    assert len(hooks.requests("status")) == 2


async def test_an_endpoint_that_fails_for_days_is_disabled_with_what_waits(
    kit: kits.Kit, hooks: receiver.Receiver
) -> None:
    patience = disabling.Patience(days=dt.timedelta(days=1))
    kit = kits.Kit(kit.store, kit.board.configuration, kit.clock, patience=patience)
    hooks.answer("status", receiver.Answer(status=500))
    for number in range(11):
        room = f"call_{number}"
        await kit.take(samples.arrived(room), samples.ROUTED, room=room)
        await kit.go()
        kit.clock.advance(4 * 3600)
    assert (await kit.endpoint(hooks.url("status"))).disabled_because == disabling.FAILING
    assert set(await kit.states()) == {"failed"}
    came = len(hooks.requests())
    await kit.go()
    assert len(hooks.requests()) == came
    await kit.aclose()
