"""What a worker gets to route alone is what dispatch would have decided, for a caller not yet known."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from callcore import contract
from sip_config import live, routing, snapshots
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit


def test_snapshot_decides_as_dispatch_would(tmp_path: Path) -> None:
    configuration = samples.load(tmp_path)
    applied = samples.applied(configuration)
    number = snapshots.take(configuration, applied, samples.NOW).numbers[samples.MAIN]
    assert (number.trunk_id, number.rule_id) == ("ST_carrier", "SDR_carrier")
    assert number.plan == routing.decide(configuration, applied, samples.intake(caller=None), samples.NOW)


def test_snapshot_holds_no_secret(tmp_path: Path) -> None:
    trunk = "trunks: {carrier: {inbound: {auth: {username: a, password: '${TRUNK_PASSWORD}'}}}}"
    configuration = samples.load(tmp_path, {"trunks.yaml": trunk})
    text = snapshots.take(configuration, samples.applied(configuration), samples.NOW).model_dump_json()
    assert samples.ENVIRONMENT["TRUNK_PASSWORD"] not in text
    assert "${MY_KEY}" in text


def test_snapshot_has_only_what_is_live(tmp_path: Path) -> None:
    configuration = samples.load(tmp_path)
    stranger = live.LiveNumber(trunk_id="ST_x", rule_id="SDR_x")
    assert snapshots.take(configuration, live.LiveObjects(), samples.NOW).numbers == {}
    only_stranger = live.LiveObjects(numbers={"+12015550999": stranger})
    assert snapshots.take(configuration, only_stranger, samples.NOW).numbers == {}


def test_version_changes_with_anything_that_a_worker_would_do_differently(tmp_path: Path) -> None:
    configuration = samples.load(tmp_path)
    applied = samples.applied(configuration)
    moved = dataclasses.replace(
        applied, numbers={samples.MAIN: live.LiveNumber(trunk_id="ST_carrier", rule_id="SDR_new")}
    )
    versions = [
        snapshots.take(configuration, applied, samples.NOW).version,
        snapshots.take(configuration, moved, samples.NOW).version,
        snapshots.take(configuration, applied, samples.NOW + dt.timedelta(minutes=1)).version,
    ]
    assert len(set(versions)) == 3
    assert snapshots.take(configuration, applied, samples.NOW).version == versions[0]


def test_snapshot_survives_the_wire(tmp_path: Path) -> None:
    configuration = samples.load(tmp_path)
    snapshot = snapshots.take(configuration, samples.applied(configuration), samples.NOW)
    assert contract.Snapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
