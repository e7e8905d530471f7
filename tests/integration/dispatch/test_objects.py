"""Looking at LiveKit's trunks and rules without changing them."""

from __future__ import annotations

import dataclasses

import pytest
from livekit import api

from lab import labs
from sip_config import apply, loading
from tests.integration.dispatch import conftest

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]


async def ids(site: conftest.Site) -> set[str]:
    trunks = (await site.livekit.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
    rules = (await site.livekit.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items
    return {trunk.sip_trunk_id for trunk in trunks} | {rule.sip_dispatch_rule_id for rule in rules}


async def test_what_was_applied_is_found_and_nothing_is_made(site: conftest.Site) -> None:
    configuration = loading.load(labs.SAMPLE_SET, {})

    async def has_applied() -> bool:
        return (await site.checks())["configuration"]

    await conftest.eventually(has_applied)  # dispatch's own apply is over: two at once would make everything twice
    applied = await apply.apply(configuration, site.livekit)
    before = await ids(site)
    assert applied.numbers
    assert (await apply.look(configuration, site.livekit)).live == applied
    others = dataclasses.replace(
        configuration, organization=configuration.organization.model_copy(update={"id": "somebody-else"})
    )
    nothing = (await apply.look(others, site.livekit)).live
    assert (dict(nothing.numbers), nothing.catch_all_rule_id) == ({}, None)
    assert await ids(site) == before
