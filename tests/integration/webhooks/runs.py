"""A run: calls are fed to dispatch, a moody receiver is told of them, and meanwhile things die."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import random
from collections.abc import Awaitable, Callable, Sequence

from dispatch.store import engine
from lab import receiver
from tests.integration.webhooks import feeding, judging, sites

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TIMEOUT_S = 0.5
_RETRIES = ",".join(["0", *["0.1"] * 10, *["0.3"] * 39])  # by chance none of all events fails so often in a row
_POLL_S = 0.05

Disturbance = Callable[[], Awaitable[None]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run is made of."""

    store_url: str
    calls: int
    kills: int
    """Of a dispatch, by SIGKILL."""
    seed: int
    processes: int = 1
    bad: float = 0.4
    """The share of requests that are answered badly."""
    within_s: float
    """For all of it."""

    @property
    def events(self) -> int:
        return self.calls * feeding.EVENTS_OF_A_CALL


async def run(plan: Plan, folder: pathlib.Path, disturbances: Sequence[Disturbance] = ()) -> judging.Findings:
    """Do it.

    Args:
        plan: what it is made of.
        folder: an empty one.
        disturbances: done among the kills, such as restarts of the database.
    """
    rng = random.Random(plan.seed)
    moody = judging.Moody(plan.bad, rng)
    variables = {"TRUNKLINE_WEBHOOK_RETRIES": _RETRIES, "TRUNKLINE_WEBHOOK_TIMEOUT": str(TIMEOUT_S)}
    async with asyncio.timeout(plan.within_s), receiver.running([SECRET]) as hooks:
        hooks.answer("status", moody)
        config = sites.configuration(folder, hooks)
        async with sites.running(config, hooks, plan.store_url, plan.processes, variables) as site:
            store = engine.Store(plan.store_url)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(feeding.feed(site, plan.calls))
                    tasks.create_task(_disturb(plan, site, moody, rng, disturbances))
                while not await _is_all_told(store):
                    await asyncio.sleep(_POLL_S)
                return await judging.findings(store, moody)
            finally:
                await store.close()


async def _disturb(
    plan: Plan, site: sites.Site, moody: judging.Moody, rng: random.Random, disturbances: Sequence[Disturbance]
) -> None:
    async def kill() -> None:
        victim = rng.choice(site.dispatches)
        await victim.kill()
        await victim.start()

    acts: list[Disturbance] = [kill] * plan.kills + list(disturbances)
    rng.shuffle(acts)
    for place, act in enumerate(acts, start=1):
        wanted = plan.events * place / (len(acts) + 1)  # more requests come than there are events
        while len(moody.came) < wanted:
            await asyncio.sleep(_POLL_S)
        await asyncio.sleep(rng.uniform(0, 2 * _POLL_S))
        await act()


async def _is_all_told(store: engine.Store) -> bool:
    try:
        return await judging.is_all_told(store)
    except engine.StoreUnavailable:
        return False  # it is being restarted
