"""A dispatch that may place calls: the sample set with a way out, at ten in the morning in New York."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from callcore import clock
from dispatch.dialing import readiness, reconciling, ringing
from sip_config import configurations, schema

TEN_IN_NEW_YORK = dt.datetime(2026, 1, 2, 15, 0, tzinfo=dt.UTC)


@pytest.fixture
def configuration(configuration: configurations.Configuration) -> configurations.Configuration:
    """The sample set, with a trunk and a number that place calls."""
    ways = {
        name: trunk.model_copy(update={"outbound": schema.OutboundTrunk(address="127.0.0.1:5090")})
        for name, trunk in configuration.trunks.items()
    }
    lines = {
        e164: number.model_copy(update={"direction": schema.Direction.BOTH})
        for e164, number in configuration.numbers.items()
    }
    limits = schema.OrganizationLimits(per_minute=None, per_callee_per_day=None, concurrent=5)
    rules = schema.Dialing(limits=limits, allow_sip_hosts=("pbx.example.com",))
    return dataclasses.replace(configuration, trunks=ways, numbers=lines, dialing=rules)


@pytest.fixture
def manual_clock() -> clock.ManualClock:
    return clock.ManualClock(wall=TEN_IN_NEW_YORK)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (readiness, reconciling, ringing):
        monkeypatch.setattr(module, "_LOOK_S", 0.01)
    monkeypatch.setattr(ringing, "_STOP_S", 0.02)
    monkeypatch.setattr(readiness, "_WORKER_S", 30.0)
    monkeypatch.setattr(readiness, "_READY_S", 30.0)
