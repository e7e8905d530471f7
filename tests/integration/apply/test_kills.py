"""Apply, killed after any of its steps, against a real livekit-server; the whole matrix is in the unit tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest
from livekit import api

from sip_config import apply, configurations
from sip_config.apply import sights, sip_services
from tests.integration.apply import kills
from tests.unit.sip_config.apply import folders, lookups

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

MAIN, SECOND, THIRD = "+12015550100", "+12015550101", "+12015550102"


class Case(NamedTuple):
    """From which trunks to which, and the addresses that they take calls from in the end."""

    before: Mapping[str, list[str]]
    after: Mapping[str, list[str]]
    addresses: str = "127.0.0.1/32"


CASES = {
    "create": Case({}, {"east": [MAIN], "west": [SECOND]}),
    "change": Case({"east": [MAIN]}, {"east": [MAIN]}, "127.0.0.0/8"),
    "rename": Case({"east": [MAIN]}, {"north": [MAIN]}),
    "move": Case({"east": [MAIN, THIRD], "west": [SECOND]}, {"east": [THIRD], "west": [MAIN, SECOND]}),
    "swap": Case({"east": [MAIN], "west": [SECOND]}, {"east": [SECOND], "west": [MAIN]}),
    "merge and rename": Case({"east": [MAIN], "west": [SECOND]}, {"north": [SECOND, MAIN]}),
    "split": Case({"east": [MAIN, SECOND]}, {"east": [MAIN], "west": [SECOND]}),
    "delete": Case({"east": [MAIN], "west": [SECOND]}, {"west": [SECOND]}),
}


async def finish(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> None:
    await apply.apply(configuration, livekit_api)
    assert (await apply.plan(configuration, livekit_api)).changes == ()


@pytest.mark.parametrize("name", CASES)
async def test_numbers_that_stay_ring_after_every_step(
    livekit_api: api.LiveKitAPI, configured: folders.Configured, name: str
) -> None:
    case, lives, died = CASES[name], 0, True
    before = configured.with_trunks(case.before)
    after = configured.with_trunks(case.after, addresses=case.addresses)
    while died:
        await finish(before, livekit_api)
        died = await kills.killed(after, livekit_api, lives)
        inventory = await sip_services.SipService(livekit_api).inventory()
        for number in set(before.numbers) & set(after.numbers):
            way = lookups.way_of(inventory, number)
            assert way is not None, (number, lives)
            assert sights.live_objects(before, inventory).carry(number, way)
            assert sights.live_objects(after, inventory).carry(number, way)
        await finish(after, livekit_api)
        lives += 1
    assert lives > 1
