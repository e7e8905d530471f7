"""One stack for the whole folder; every test begins with a LiveKit that has no trunk and no rule."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from livekit import api

from lab.stack import stacks
from tests.unit.sip_config.apply import folders


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def stack() -> AsyncIterator[stacks.Stack]:
    async with stacks.running(stacks.StackOptions(environment=os.environ)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="package")
async def livekit_api(stack: stacks.Stack) -> AsyncIterator[api.LiveKitAPI]:
    access = stack.site.access
    url = access.url.replace("ws://", "http://")
    async with api.LiveKitAPI(url, access.api_key, access.api_secret) as client:
        yield client
        for rule in (await client.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items:
            await client.sip.delete_dispatch_rule(
                api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
            )
        for trunk in (await client.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items:
            await client.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))


@pytest.fixture
def configured(tmp_path: Path) -> folders.Configured:
    return folders.Configured(tmp_path)
