"""Apply, killed after any of its steps: no number that stays ever stops ringing, and the next apply finishes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from livekit import api

from sip_config import apply, configurations
from sip_config.apply import differences, sights
from tests.unit.sip_config.apply import fake_livekit, folders, lookups

pytestmark = pytest.mark.unit

MAIN, SECOND, THIRD = "+12015550100", "+12015550101", "+12015550102"
TRANSITIONS: dict[str, tuple[dict[str, list[str]], dict[str, list[str]]]] = {
    "create": ({}, {"east": [MAIN], "west": [SECOND]}),
    "add": ({"east": [MAIN]}, {"east": [MAIN, SECOND]}),
    "delete": ({"east": [MAIN], "west": [SECOND]}, {"west": [SECOND]}),
    "rename": ({"east": [MAIN]}, {"north": [MAIN]}),
    "move": ({"east": [MAIN, THIRD], "west": [SECOND]}, {"east": [THIRD], "west": [MAIN, SECOND]}),
    "move all": ({"east": [MAIN], "west": [SECOND]}, {"west": [MAIN, SECOND]}),
    "move to a new trunk": ({"east": [MAIN, SECOND]}, {"east": [MAIN], "west": [SECOND]}),
    "give all to a new trunk": ({"east": [MAIN]}, {"east": [SECOND], "west": [MAIN]}),
    "swap": ({"east": [MAIN], "west": [SECOND]}, {"east": [SECOND], "west": [MAIN]}),
    "rotate": (
        {"east": [MAIN], "west": [SECOND], "south": [THIRD]},
        {"east": [SECOND], "west": [THIRD], "south": [MAIN]},
    ),
    "merge and rename": ({"east": [MAIN], "west": [SECOND]}, {"north": [SECOND, MAIN]}),
    "split and rename": ({"east": [MAIN, SECOND]}, {"north": [MAIN], "south": [SECOND]}),
}


class Steps:
    """Applies with a death after each step, and looks where calls would go."""

    def __init__(self, folder: Path) -> None:
        self.livekit = fake_livekit.FakeLiveKit()
        self._configured = folders.Configured(folder)

    def configuration(self, trunks: Mapping[str, list[str]]) -> configurations.Configuration:
        return self._configured.with_trunks(trunks)

    async def killed(self, wanted: configurations.Configuration, lives: int) -> bool:
        """Apply with so many changes to live; whether it died."""
        self.livekit.fake.changes, self.livekit.fake.lives = 0, lives
        try:
            await apply.apply(wanted, self.livekit)
        except fake_livekit.Killed:
            return True
        finally:
            self.livekit.fake.lives = None
        return False

    async def finish(self, wanted: configurations.Configuration) -> None:
        await apply.apply(wanted, self.livekit)
        assert differences.compare(wanted, self.livekit.fake.inventory).changes == ()

    def ring(self, *configured: configurations.Configuration) -> None:
        """Assert that numbers that all of these have reach an agent, and are taken by each of them."""
        inventory = self.livekit.fake.inventory
        for number in set.intersection(*(set(one.numbers) for one in configured)):
            way = lookups.way_of(inventory, number)
            assert way is not None
            assert all(sights.live_objects(one, inventory).carry(number, way) for one in configured)


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path)


@pytest.mark.parametrize("name", TRANSITIONS)
async def test_transition_killed_after_every_step(steps: Steps, name: str) -> None:
    before, after = (steps.configuration(trunks) for trunks in TRANSITIONS[name])
    lives = 0
    while True:
        await steps.finish(before)
        died = await steps.killed(after, lives)
        assert steps.livekit.fake.changes == lives or not died
        steps.ring(before, after)
        await steps.finish(after)
        if not died:
            break
        lives += 1
    assert lives > 0


async def test_numbers_move_also_where_somebody_else_has_the_trunk_without_numbers(steps: Steps) -> None:
    before, after = (steps.configuration(trunks) for trunks in TRANSITIONS["swap"])
    await steps.finish(before)
    theirs = api.SIPInboundTrunkInfo(name="theirs", allowed_addresses=["192.0.2.1/32"])
    made = await steps.livekit.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=theirs))
    await steps.finish(after)
    steps.ring(before, after)
    assert steps.livekit.fake.trunks[made.sip_trunk_id] == made


async def test_strangers_do_not_get_in_by_the_detour(steps: Steps) -> None:
    before, after = (steps.configuration(trunks) for trunks in TRANSITIONS["move"])
    await steps.finish(before)
    lives = 0
    while await steps.killed(after, lives):
        inventory = steps.livekit.fake.inventory
        way = lookups.way_of(inventory, "+12015550999")
        if way is not None:  # an agent's job gets it, and routing refuses it
            live = sights.live_objects(before, inventory)
            assert not any(live.carry(number, way) for number in (SECOND, THIRD))
        await steps.finish(before)
        lives += 1


async def test_what_was_killed_may_be_followed_by_something_else(steps: Steps) -> None:
    seeded = random.Random(7)
    numbers = [f"+1201555010{digit}" for digit in range(5)]

    def anything() -> configurations.Configuration:
        trunks: dict[str, list[str]] = {name: [] for name in seeded.sample(["a", "b", "c", "d"], seeded.randint(1, 4))}
        for number in seeded.sample(numbers, seeded.randint(3, 5)):
            trunks[seeded.choice(sorted(trunks))].append(number)
        return steps.configuration(trunks)

    known = [anything()]
    await steps.finish(known[0])
    for _ in range(60):
        known = [*known[-2:], anything()]
        died = await steps.killed(known[-1], seeded.randint(0, 12))
        steps.ring(*known)
        if seeded.random() < 0.3:
            await steps.finish(known[-1])
        elif not died:
            assert differences.compare(known[-1], steps.livekit.fake.inventory).changes == ()
