"""What `trunkline route explain` says of LiveKit is what LiveKit does with a real INVITE."""

from __future__ import annotations

import pytest
from livekit import api

from cli import arriving
from lab.stack import stacks
from sip_config import apply
from sip_config.apply import sip_services
from tests.integration.apply import callers
from tests.unit.sip_config import samples
from tests.unit.sip_config.apply import folders

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

CALLER = "+12015550199"  # who calls in `callers`


async def test_trunk_and_rule_are_the_ones_that_livekit_takes(
    stack: stacks.Stack, livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    configuration = configured.with_trunks({"east": [samples.MAIN], "west": [samples.SECOND]})
    await apply.apply(configuration, livekit_api)
    narrower = api.SIPDispatchRuleInfo(
        name="somebody else's",
        rule=api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name="theirs")),
        inbound_numbers=[CALLER],
        numbers=["+12015550777"],
    )
    await livekit_api.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=narrower))
    inventory = await sip_services.SipService(livekit_api).inventory()
    caller = callers.Caller(livekit_api, stack.site.ports.sip)
    trunks = set()
    for dialed, source in (
        *((spelling, "127.0.0.1") for spelling in (samples.MAIN, "1-201-555-0100", "2015550100", "0012015550100")),
        (samples.SECOND, "127.0.0.1"),
        (samples.MAIN, "127.0.0.2"),
        ("+12015550999", "127.0.0.1"),
        ("+12015550777", "127.0.0.1"),
    ):
        invite = arriving.Invite(dialed=dialed, caller=CALLER, source_ip=source)
        found = arriving.find(configuration.organization.id, inventory, invite)
        _, participant = await caller.call(dialed, source=source)
        arrived = participant.attributes.get("sip.trunkID", ""), participant.attributes.get("sip.ruleID", "")
        assert (found.by.trunk_id, found.by.rule_id) == arrived, dialed
        trunks.add(arrived)
    assert len(trunks) == 4
