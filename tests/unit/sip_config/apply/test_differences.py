"""What a plan says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from livekit import api

from callcore import contract, errors
from sip_config import apply
from sip_config.apply import conflicts, differences
from tests.unit.sip_config.apply import fake_livekit, folders

pytestmark = pytest.mark.unit

MAIN, SECOND = "+12015550100", "+12015550101"


@pytest.fixture
def configured(tmp_path: Path) -> folders.Configured:
    return folders.Configured(tmp_path)


@pytest.fixture
def livekit() -> fake_livekit.FakeLiveKit:
    return fake_livekit.FakeLiveKit()


def field(change: apply.Change, path: str) -> tuple[object, object]:
    (found,) = [field for field in change.fields if field.path == path]
    return found.old, found.new


async def test_everything_is_new_at_first_and_nothing_after(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    wanted = configured.with_trunks({"carrier": [MAIN]}, password="hush")
    plan = differences.compare(wanted, livekit.fake.inventory)
    assert [(change.action, change.kind, change.name) for change in plan.changes] == [
        ("create", "trunk", "carrier"),
        ("create", "rule", "carrier"),
        ("create", "rule", "catch-all"),
    ]
    assert field(plan.changes[0], "auth_password") == (None, "(set)")
    assert "hush" not in json.dumps(dataclasses.asdict(plan))
    await apply.apply(wanted, livekit)
    assert dataclasses.asdict(await apply.plan(wanted, livekit)) == {"changes": (), "foreign": (), "conflicts": ()}


async def test_changes_have_old_and_new_and_passwords_neither(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    await apply.apply(configured.with_trunks({"east": [MAIN]}, password="hush"), livekit)
    other = configured.with_trunks({"north": [MAIN]}, password="louder", addresses="192.0.2.0/24")
    plan = await apply.plan(other, livekit)
    trunk, rule, catch_all = plan.changes
    assert (trunk.action, trunk.name) == ("change", "north")
    assert field(trunk, "auth_password") == ("(set)", "(changed)")
    assert field(trunk, "allowed_addresses") == (["127.0.0.1/32"], ["192.0.2.0/24"])
    assert field(trunk, "name") == ("acme east", "acme north")
    assert (rule.action, rule.name) == ("change", "north")
    assert [changed.path for changed in catch_all.fields] == ["mark.set"]
    assert "hush" not in repr(plan)
    assert "louder" not in repr(plan)


async def test_what_nothing_wants_is_deleted_and_what_is_not_ours_is_named(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    await apply.apply(configured.with_trunks({"east": [MAIN], "west": [SECOND]}), livekit)
    theirs = api.SIPInboundTrunkInfo(name="theirs", numbers=["+12015550999"])
    made = await livekit.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=theirs))
    plan = await apply.plan(configured.with_trunks({"east": [MAIN]}), livekit)
    deleted = [(change.kind, change.name) for change in plan.changes if change.action == "delete"]
    assert deleted == [("trunk", "west"), ("rule", "west")]
    assert [(foreign.kind, foreign.name, foreign.id) for foreign in plan.foreign] == [
        ("trunk", "theirs", made.sip_trunk_id)
    ]


async def test_number_of_somebody_else_is_told_by_plan_and_refused_by_apply(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    theirs = api.SIPInboundTrunkInfo(name="theirs", numbers=["1 (201) 555-0100"])
    made = await livekit.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=theirs))
    wanted = configured.with_trunks({"east": [MAIN]})
    (conflict,) = (await apply.plan(wanted, livekit)).conflicts
    assert made.sip_trunk_id in conflict
    with pytest.raises(errors.Conflict, match=made.sip_trunk_id):
        await apply.apply(wanted, livekit)
    assert livekit.fake.changes == 1


async def test_headers_that_say_who_forwarded_become_attributes(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    await apply.apply(configured.with_trunks({"east": [MAIN]}), livekit)
    (trunk,) = livekit.fake.trunks.values()
    attributes = dict(trunk.headers_to_attributes)
    assert attributes["Diversion"] == contract.DIVERSION_ATTRIBUTE
    assert attributes["History-Info"] == contract.HISTORY_ATTRIBUTE
    assert {*attributes.values()} == {
        contract.DIVERSION_ATTRIBUTE,
        contract.HISTORY_ATTRIBUTE,
        contract.FORWARDED_ATTRIBUTE,
    }


async def test_what_is_gone_is_restored_and_what_was_changed_by_hand_is_left(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    wanted = configured.with_trunks({"east": [MAIN], "west": [SECOND]})
    applied = await apply.apply(wanted, livekit)
    east, west = (livekit.fake.trunks[applied.numbers[number].trunk_id] for number in (MAIN, SECOND))
    east.allowed_addresses.append("192.0.2.1/32")
    del livekit.fake.trunks[west.sip_trunk_id]
    sight = await apply.look(wanted, livekit)
    assert (sight.gone, sight.drifted) == (("trunk/west", "rule/west"), ("trunk/east",))
    restored = await apply.restore(wanted, livekit)
    sight = await apply.look(wanted, livekit)
    assert (sight.gone, sight.drifted) == ((), ("trunk/east",))
    assert restored.numbers[MAIN] == applied.numbers[MAIN]
    assert restored.numbers[SECOND].rule_id == applied.numbers[SECOND].rule_id


async def test_what_another_configuration_has_taken_away_is_known_as_such(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    older = configured.with_trunks({"east": [MAIN], "west": [SECOND]})
    await apply.apply(older, livekit)
    assert (await apply.look(older, livekit)).of_another is False
    await apply.apply(configured.with_trunks({"east": [MAIN]}), livekit)
    sight = await apply.look(older, livekit)
    assert (sight.of_another, sight.gone) == (True, ("trunk/west", "rule/west"))
    livekit.fake.trunks.clear()
    livekit.fake.rules.clear()
    assert (await apply.look(older, livekit)).of_another is False


async def test_a_second_organization_is_refused_and_told_whose_the_rule_is(
    livekit: fake_livekit.FakeLiveKit, configured: folders.Configured
) -> None:
    first = configured.with_trunks({"east": [MAIN]})
    await apply.apply(first, livekit)
    organization = first.organization.model_copy(update={"id": "beta"})
    second = dataclasses.replace(configured.with_trunks({"west": [SECOND]}), organization=organization)
    with pytest.raises(conflicts.InTheWay, match=r"of Trunkline's organization `acme`, takes every call"):
        await apply.apply(second, livekit)
