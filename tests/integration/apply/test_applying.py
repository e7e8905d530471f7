"""Trunks and rules in a real livekit-server."""

from __future__ import annotations

import random

import pytest
from livekit import api

from callcore import contract, errors
from sip_config import apply
from tests.integration.apply import kills
from tests.unit.sip_config.apply import folders

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

MAIN, SECOND = "+12015550100", "+12015550101"


async def _trunks(livekit_api: api.LiveKitAPI) -> list[api.SIPInboundTrunkInfo]:
    return list((await livekit_api.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items)


async def _rules(livekit_api: api.LiveKitAPI) -> list[api.SIPDispatchRuleInfo]:
    return list((await livekit_api.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items)


async def test_first_apply_makes_everything_and_the_second_nothing(
    livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    wanted = configured.with_trunks({"carrier": [MAIN, SECOND]})
    first = await apply.apply(wanted, livekit_api)

    (trunk,) = await _trunks(livekit_api)
    rules = {rule.sip_dispatch_rule_id: rule for rule in await _rules(livekit_api)}
    assert first.catch_all_rule_id is not None
    assert {live.trunk_id for live in first.numbers.values()} == {trunk.sip_trunk_id}
    assert set(first.numbers) == {MAIN, SECOND} <= set(trunk.numbers)
    assert trunk.ringing_timeout.seconds == 30
    carrier_rule, catch_all = rules[first.numbers[MAIN].rule_id], rules[first.catch_all_rule_id]
    assert [agent.agent_name for agent in carrier_rule.room_config.agents] == [contract.AGENT_NAME]
    assert not catch_all.room_config.agents
    assert not catch_all.trunk_ids
    assert dict(catch_all.attributes) == {contract.CATCH_ALL_ATTRIBUTE: "1"}

    assert await kills.killed(wanted, livekit_api, lives=0) is False  # it would die of the first change
    assert (await apply.look(wanted, livekit_api)).live == first
    assert (await apply.plan(wanted, livekit_api)).changes == ()


async def test_password_and_addresses_change_the_same_trunk(
    livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    first = await apply.apply(configured.with_trunks({"carrier": [MAIN]}, password="one"), livekit_api)
    second = await apply.apply(
        configured.with_trunks({"carrier": [MAIN]}, password="two", addresses="192.0.2.0/24"), livekit_api
    )
    assert second == first
    (trunk,) = await _trunks(livekit_api)
    assert trunk.auth_password == "two"
    assert list(trunk.allowed_addresses) == ["192.0.2.0/24"]
    assert "two" not in trunk.metadata


async def test_renamed_trunk_stays_the_same_object(livekit_api: api.LiveKitAPI, configured: folders.Configured) -> None:
    first = await apply.apply(configured.with_trunks({"carrier": [MAIN]}), livekit_api)
    second = await apply.apply(configured.with_trunks({"carrier-east": [MAIN]}), livekit_api)
    assert second == first
    assert [trunk.name for trunk in await _trunks(livekit_api)] == ["acme carrier-east"]


async def test_number_moves_to_another_trunk(livekit_api: api.LiveKitAPI, configured: folders.Configured) -> None:
    await apply.apply(configured.with_trunks({"east": [MAIN], "west": [SECOND]}), livekit_api)
    wanted = configured.with_trunks({"west": [MAIN, SECOND]})
    moved = await apply.apply(wanted, livekit_api)
    (trunk,) = await _trunks(livekit_api)
    assert {live.trunk_id for live in moved.numbers.values()} == {trunk.sip_trunk_id}
    assert len(await _rules(livekit_api)) == 2
    assert (await apply.plan(wanted, livekit_api)).changes == ()


async def test_two_trunks_swap_their_numbers(livekit_api: api.LiveKitAPI, configured: folders.Configured) -> None:
    before = await apply.apply(configured.with_trunks({"east": [MAIN], "west": [SECOND]}), livekit_api)
    wanted = configured.with_trunks({"east": [SECOND], "west": [MAIN]})
    after = await apply.apply(wanted, livekit_api)
    assert after.numbers == {MAIN: before.numbers[SECOND], SECOND: before.numbers[MAIN]}
    assert (await apply.plan(wanted, livekit_api)).changes == ()


async def test_numbers_shuffled_among_trunks_end_where_they_are_wanted(
    livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    seeded = random.Random(7)
    numbers = [f"+1201555010{digit}" for digit in range(6)]
    for _ in range(30):
        trunks: dict[str, list[str]] = {name: [] for name in seeded.sample(["a", "b", "c", "d"], seeded.randint(1, 4))}
        for number in seeded.sample(numbers, seeded.randint(1, len(numbers))):
            trunks[seeded.choice(sorted(trunks))].append(number)
        wanted = configured.with_trunks(trunks)
        live = await apply.apply(wanted, livekit_api)
        assert (await apply.plan(wanted, livekit_api)).changes == ()
        by_id = {trunk.sip_trunk_id: set(trunk.numbers) for trunk in await _trunks(livekit_api)}
        assert all(number in by_id[objects.trunk_id] for number, objects in live.numbers.items())
        assert len(by_id) == sum(bool(given) for given in trunks.values())
        assert len(await _rules(livekit_api)) == len(by_id) + 1


async def test_trunk_without_numbers_is_not_made(livekit_api: api.LiveKitAPI, configured: folders.Configured) -> None:
    # LiveKit would let such a trunk take calls to any number.
    await apply.apply(configured.with_trunks({"carrier": [MAIN], "spare": []}), livekit_api)
    assert [trunk.name for trunk in await _trunks(livekit_api)] == ["acme carrier"]


async def test_what_is_gone_or_changed_by_hand_is_told_and_mended(
    livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    wanted = configured.with_trunks({"carrier": [MAIN]})
    live = await apply.apply(wanted, livekit_api)
    (trunk,) = await _trunks(livekit_api)
    trunk.allowed_addresses.append("0.0.0.0/0")
    await livekit_api.sip.update_inbound_trunk(trunk.sip_trunk_id, trunk)
    await livekit_api.sip.delete_dispatch_rule(
        api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=live.catch_all_rule_id or "")
    )
    sight = await apply.look(wanted, livekit_api)
    assert (sight.gone, sight.drifted, sight.of_another) == (("catch-all",), ("trunk/carrier",), False)

    restored = await apply.restore(wanted, livekit_api)
    assert restored.catch_all_rule_id not in (None, live.catch_all_rule_id)
    sight = await apply.look(wanted, livekit_api)
    assert (sight.gone, sight.drifted) == ((), ("trunk/carrier",))

    mended = await apply.apply(wanted, livekit_api)
    assert (await apply.plan(wanted, livekit_api)).changes == ()
    assert mended.numbers == live.numbers
    assert list((await _trunks(livekit_api))[0].allowed_addresses) == ["127.0.0.1/32"]


async def test_objects_of_others_are_left_alone(livekit_api: api.LiveKitAPI, configured: folders.Configured) -> None:
    theirs = await livekit_api.sip.create_inbound_trunk(
        api.CreateSIPInboundTrunkRequest(
            trunk=api.SIPInboundTrunkInfo(name="theirs", metadata="{}", numbers=["+12015550999"])
        )
    )
    await apply.apply(configured.with_trunks({"carrier": [MAIN]}), livekit_api)
    await apply.apply(configured.with_trunks({"carrier": [SECOND]}), livekit_api)
    assert theirs in await _trunks(livekit_api)


@pytest.mark.parametrize("spelling", ["+12015550100", "12015550100", "1 (201) 555-0100"])
async def test_number_of_a_foreign_trunk_is_refused_before_anything_is_changed(
    livekit_api: api.LiveKitAPI, configured: folders.Configured, spelling: str
) -> None:
    foreign = api.SIPInboundTrunkInfo(name="theirs", numbers=[spelling])
    made = await livekit_api.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=foreign))
    with pytest.raises(errors.Conflict, match=made.sip_trunk_id) as refused:
        await apply.apply(configured.with_trunks({"carrier": [MAIN]}), livekit_api)
    assert "201555" not in refused.value.message
    assert await _trunks(livekit_api) == [made]
    assert await _rules(livekit_api) == []


async def test_second_organization_is_refused_by_the_first_ones_catch_all(
    livekit_api: api.LiveKitAPI, configured: folders.Configured
) -> None:
    first = await apply.apply(configured.with_trunks({"carrier": [MAIN]}), livekit_api)
    with pytest.raises(errors.Conflict, match=first.catch_all_rule_id):
        await apply.apply(configured.with_trunks({"carrier": [SECOND]}, organization="other"), livekit_api)
