"""With what a worker gets to route alone it decides as dispatch would have, at any hour."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from callcore import contract
from sip_config import configurations, live, routing, snapshots
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

FILES = {
    "organization.yaml": samples.FILES["organization.yaml"]
    + 'hours: {mon-fri: ["09:00-17:00"], holidays: {country: US}, open: {"2026-03-07": ["10:00-11:00"]}}\n'
    + "pronunciations: {SQL: sequel}\n",
    "trunks.yaml": "trunks: {carrier: {inbound: {auth: {username: a, password: '${TRUNK_PASSWORD}'}}, "
    "outbound: {address: 127.0.0.1}}}",
    "numbers.yaml": """\
numbers:
  - e164: "+12015550100"
    trunk: carrier
    routes: [{when: "caller == '+12015550177'", agent: night-desk}]
    split: {front-desk: 50, night-desk: 50}
    work_mode: forward_off_hours
    forward_to: "+12015550142"
    metadata: {language: from the number, caller: "{{callerNumber}}", via: "{{forwardedFromNumber}}"}
""",
    "agents/night-desk.yaml": samples.FILES["agents/front-desk.yaml"]
    + "max_duration: {limit: 90s}\nlanguage: de\ntools: [end_call: {when: is_business_hours}]\n",
}
HOURS = (samples.NOW, samples.NOW + dt.timedelta(hours=12), samples.NOW + dt.timedelta(days=1, hours=1))


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> configurations.Configuration:
    return samples.load(tmp_path_factory.mktemp("sample"), FILES)


def received(snapshot: snapshots.Snapshot) -> snapshots.Snapshot:
    return snapshots.Snapshot.model_validate_json(snapshot.model_dump_json(by_alias=True))


@pytest.mark.parametrize("now", HOURS, ids=str)
@pytest.mark.parametrize("caller", [*(f"+1201555017{last}" for last in range(10)), None])
def test_worker_decides_as_dispatch_would(
    configuration: configurations.Configuration, caller: str | None, now: dt.datetime
) -> None:
    applied = samples.applied(configuration)
    alone = received(snapshots.take(configuration, applied))
    for intake in (samples.intake(caller=caller), samples.intake("+12015550999"), samples.intake(trunk_id="ST_x")):
        by_dispatch = routing.decide(configuration, applied, intake, now)
        assert routing.decide(alone.configuration(), alone.live_objects(), intake, now) == by_dispatch


def test_snapshot_survives_the_wire(configuration: configurations.Configuration) -> None:
    snapshot = snapshots.take(configuration, samples.applied(configuration))
    assert received(snapshot) == snapshot
    assert received(snapshot).model_dump_json() == snapshot.model_dump_json()


def test_snapshot_holds_no_secret(configuration: configurations.Configuration) -> None:
    text = snapshots.take(configuration, samples.applied(configuration)).model_dump_json()
    assert samples.ENVIRONMENT["TRUNK_PASSWORD"] not in text
    assert "${MY_KEY}" in text


def test_snapshot_has_only_numbers_that_are_live(configuration: configurations.Configuration) -> None:
    stranger = live.LiveObjects(numbers={"+12015550999": live.LiveNumber(trunk_id="ST_x", rule_id="SDR_x")})
    for objects in (live.LiveObjects(), stranger):
        assert snapshots.take(configuration, objects).numbers == ()


def test_detours_are_kept(configuration: configurations.Configuration) -> None:
    applied = samples.applied(configuration)
    detour = live.LiveNumber(trunk_id="ST_carrier", rule_id="SDR_old")
    moving = dataclasses.replace(applied, detours={samples.MAIN: frozenset({detour})})
    assert received(snapshots.take(configuration, moving)).live_objects() == moving


def test_version_changes_with_anything_that_a_worker_would_do_differently(
    configuration: configurations.Configuration,
) -> None:
    applied = samples.applied(configuration)
    moved = dataclasses.replace(
        applied, numbers={samples.MAIN: live.LiveNumber(trunk_id="ST_carrier", rule_id="SDR_new")}
    )
    changed = dataclasses.replace(configuration, version="another")
    versions = {
        snapshots.take(configuration, applied).version,
        snapshots.take(configuration, moved).version,
        snapshots.take(changed, applied).version,
        snapshots.take(configuration, dataclasses.replace(applied, catch_all_rule_id="SDR_x")).version,
    }
    assert len(versions) == 4
    assert snapshots.take(configuration, applied).version in versions


def test_agents_that_a_number_leads_to_can_be_checked_without_a_call(
    configuration: configurations.Configuration,
) -> None:
    alone = received(snapshots.take(configuration, samples.applied(configuration)))
    front, night = alone.plans()
    assert (front.agent_id, night.agent_id) == ("front-desk", "night-desk")
    assert front.llm.model_dump()["api_key"] == "${MY_KEY}"
    assert front.pronunciations == {"SQL": "sequel"}
    assert contract.AgentPlan.model_validate_json(night.model_dump_json()) == night
    unused = dataclasses.replace(configuration, numbers={})
    assert snapshots.take(unused, samples.applied(configuration)).plans() == []


def test_a_thousand_numbers_are_no_burden(configuration: configurations.Configuration) -> None:
    main = configuration.numbers[samples.MAIN]
    many = {f"+1201555{index:04}": index for index in range(1000)}
    numbers = {e164: main.model_copy(update={"e164": e164}) for e164 in many}
    large = dataclasses.replace(configuration, numbers=numbers)
    assert len(snapshots.take(large, samples.applied(large)).model_dump_json()) < 1_000_000
