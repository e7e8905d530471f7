"""A receiver on loopback, and what sends to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from callcore import clock
from dispatch.store import engine
from dispatch.webhooks import service
from lab import receiver
from sip_config import configurations
from tests.unit.dispatch.webhooks import kits


@pytest.fixture
async def hooks() -> AsyncIterator[receiver.Receiver]:
    async with receiver.running([kits.SECRET]) as running:
        yield running


@pytest.fixture(autouse=True)
def _without_waiting_for_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_DRAIN_S", 0.01)


@pytest.fixture
async def kit(
    store: engine.Store,
    configuration: configurations.Configuration,
    manual_clock: clock.ManualClock,
    hooks: receiver.Receiver,
) -> AsyncIterator[kits.Kit]:
    made = kits.Kit(store, kits.configured(configuration, hooks, status=hooks.url("status")), manual_clock)
    yield made
    await made.aclose()


@pytest.fixture
async def other(kit: kits.Kit) -> AsyncIterator[kits.Kit]:
    """A second process on the same store."""
    made = kits.Kit(kit.store, kit.board.configuration, kit.clock, "two")
    yield made
    await made.aclose()
