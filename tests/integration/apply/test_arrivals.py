"""Where a real INVITE ends up once a configuration is applied."""

from __future__ import annotations

import re

import pytest
from livekit import api

from callcore import calls, contract, endings
from lab.stack import stacks
from sip_config import apply, routing
from tests.integration.apply import callers, kills
from tests.unit.sip_config import samples
from tests.unit.sip_config.apply import folders

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

MAIN = samples.MAIN


@pytest.fixture
def caller(stack: stacks.Stack, livekit_api: api.LiveKitAPI) -> callers.Caller:
    return callers.Caller(livekit_api, stack.site.ports.sip)


def _intake(room_name: str, participant: api.ParticipantInfo) -> contract.CallIntake:
    attributes = participant.attributes
    return contract.CallIntake(
        room_name=room_name,
        direction=calls.Direction.INBOUND,
        caller=attributes.get("sip.phoneNumber"),
        dialed=attributes.get("sip.trunkPhoneNumber"),
        trunk_id=attributes.get("sip.trunkID"),
        rule_id=attributes.get("sip.ruleID"),
        sip_call_id=attributes.get("sip.callIDFull"),
        job_id="AJ_test",
        worker_id="wrk_test",
        arrived_at=samples.NOW,
    )


@pytest.mark.parametrize(
    "dialed", [MAIN, "12015550100", "1-201-555-0100", "0012015550100", "01112015550100", "2015550100"]
)
async def test_call_from_the_carrier_reaches_its_agent_however_the_number_is_written(
    caller: callers.Caller, livekit_api: api.LiveKitAPI, configured: folders.Configured, dialed: str
) -> None:
    configuration = configured.with_trunks({"carrier": [MAIN]})
    live = await apply.apply(configuration, livekit_api)
    room, participant = await caller.call(dialed)

    assert re.fullmatch(rf"call_{re.escape(dialed)}_\w{{12}}", room)
    assert participant.attributes["sip.trunkID"] == live.numbers[MAIN].trunk_id
    assert participant.attributes["sip.ruleID"] == live.numbers[MAIN].rule_id
    assert contract.CATCH_ALL_ATTRIBUTE not in participant.attributes
    plan = routing.decide(configuration, live, _intake(room, participant), samples.NOW).plan
    assert isinstance(plan, contract.Converse)
    assert plan.agent.agent_id == "front-desk"


@pytest.mark.parametrize(
    ("dialed", "source"),
    [pytest.param("+12015550999", "127.0.0.1", id="unknown"), pytest.param(MAIN, "127.0.0.2", id="foreign")],
)
async def test_unknown_number_and_foreign_address_reach_the_catch_all_and_are_refused(
    caller: callers.Caller, livekit_api: api.LiveKitAPI, configured: folders.Configured, dialed: str, source: str
) -> None:
    configuration = configured.with_trunks({"carrier": [MAIN]})
    live = await apply.apply(configuration, livekit_api)
    room, participant = await caller.call(dialed, source=source)

    assert room.startswith(f"refused_{dialed}_")
    assert participant.attributes[contract.CATCH_ALL_ATTRIBUTE] == "1"
    assert participant.attributes["sip.ruleID"] == live.catch_all_rule_id
    plan = routing.decide(configuration, live, _intake(room, participant), samples.NOW).plan
    assert isinstance(plan, contract.Refuse)
    assert plan.reason is endings.Reason.INVALID_NUMBER


async def test_number_moved_to_another_trunk_rings_there(
    caller: callers.Caller, livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    await apply.apply(configured.with_trunks({"east": [MAIN], "west": [samples.SECOND]}), livekit_api)
    live = await apply.apply(configured.with_trunks({"east": [samples.SECOND], "west": [MAIN]}), livekit_api)
    _, participant = await caller.call(MAIN)
    assert participant.attributes["sip.trunkID"] == live.numbers[MAIN].trunk_id


async def test_number_rings_at_its_agent_while_it_moves(
    caller: callers.Caller, livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    before = configured.with_trunks({"east": [MAIN, "+12015550103"], "west": [samples.SECOND]})
    after = configured.with_trunks({"east": ["+12015550103"], "west": [samples.SECOND, MAIN]})
    await apply.apply(before, livekit_api)
    lives = rang = 0
    while await kills.killed(after, livekit_api, lives):
        live = (await apply.look(before, livekit_api)).live
        room, participant = await caller.call(MAIN.removeprefix("+"))
        for configuration in (before, after):
            plan = routing.decide(configuration, live, _intake(room, participant), samples.NOW).plan
            assert isinstance(plan, contract.Converse), lives
        stranger, unknown = await caller.call("+12015550999")
        plan = routing.decide(before, live, _intake(stranger, unknown), samples.NOW).plan
        assert isinstance(plan, contract.Refuse), lives
        await apply.apply(before, livekit_api)
        lives, rang = lives + 1, rang + 1
    assert rang >= 6
