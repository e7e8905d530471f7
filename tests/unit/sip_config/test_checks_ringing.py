"""A call must be able to ring as long as it takes to ask the pre-call webhook and to make the greeting."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcore import endings, errors
from sip_config import loading, routing, snapshots
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

SECRETS = 'webhooks: {secrets: ["${HOOK}"]}\n'
ENVIRONMENT = {**samples.ENVIRONMENT, "HOOK": "whsec_" + "QUJD" * 11}


def files(timeout: str, ringing: str, on_error: str = "default_agent") -> dict[str, str]:
    asked = f"{{url: 'https://hooks.example.com/x', timeout: {timeout}, on_error: {on_error}}}"
    return {
        "organization.yaml": samples.FILES["organization.yaml"] + SECRETS,
        "trunks.yaml": samples.FILES["trunks.yaml"].replace("25s", ringing),
        "agents/front-desk.yaml": samples.FILES["agents/front-desk.yaml"] + f"webhooks: {{pre_call: {asked}}}\n",
    }


@pytest.mark.parametrize(
    ("timeout", "ringing", "is_enough"), [("3s", "7s", False), ("3s", "8s", True), ("7s", "12s", True)]
)
def test_ringing_must_last_longer_than_asking_and_greeting(
    tmp_path: Path, timeout: str, ringing: str, is_enough: bool
) -> None:
    folder = samples.write(tmp_path, files(timeout, ringing))
    if is_enough:
        loading.load(folder, ENVIRONMENT)
    else:
        with pytest.raises(errors.ConfigurationInvalid) as invalid:
            loading.load(folder, ENVIRONMENT)
        (text,) = invalid.value.problems
        assert "trunks.yaml:5:7" in text
        assert "must be over 7 s: agent `front-desk` asks its pre-call webhook for 3 s" in text


@pytest.mark.parametrize(("direction", "is_enough"), [("inbound", True), ("both", False), ("outbound", False)])
def test_an_agent_takes_calls_that_come_back_to_it(tmp_path: Path, direction: str, is_enough: bool) -> None:
    changed = files("3s", "7s")
    number = samples.FILES["numbers.yaml"].replace("front-desk", "sales")
    changed["numbers.yaml"] = f"{number}    direction: {direction}\n"
    changed["agents/sales.yaml"] = samples.FILES["agents/front-desk.yaml"]
    folder = samples.write(tmp_path, changed)
    if is_enough:
        loading.load(folder, ENVIRONMENT)
    else:
        with pytest.raises(errors.ConfigurationInvalid) as invalid:
            loading.load(folder, ENVIRONMENT)
        assert "must be over 7 s: agent `front-desk`" in "; ".join(invalid.value.problems)


@pytest.mark.parametrize("on_error", ["default_agent", "reject"])
def test_a_worker_alone_takes_no_call_that_must_be_asked_about(tmp_path: Path, on_error: str) -> None:
    folder = samples.write(tmp_path, files("3s", "25s", on_error))
    configuration = loading.load(folder, ENVIRONMENT)
    taken = snapshots.take(configuration, samples.applied(configuration))
    kept = snapshots.Snapshot.model_validate_json(taken.model_dump_json())
    assert "hooks.example.com" not in taken.model_dump_json()
    decided = routing.decide(kept.configuration(), kept.live_objects(), samples.intake(), samples.NOW)
    plan = kept.unasked(decided.plan)
    if on_error == "reject":
        assert plan == snapshots.UNASKED
        assert snapshots.UNASKED.reason is endings.Reason.POLICY_REFUSED
    else:
        assert plan == decided.plan
