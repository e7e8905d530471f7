"""`trunkline route explain`: what LiveKit would do, what we would, and where to change it."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from livekit import api

from cli import arriving, main, tracing
from sip_config import configurations
from sip_config.apply import sip_services, wanted
from sip_config.reading import environments
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

FILES = {
    "trunks.yaml": """\
trunks:
  carrier:
    inbound: {allowed_addresses: [203.0.113.0/24], auth: {username: acme, password: "${TRUNK_PASSWORD}"}}
    outbound: {address: 127.0.0.1}
""",
    "numbers.yaml": """\
numbers:
  - {e164: "+12015550100", label: Main line, trunk: carrier, agent: front-desk}
  - e164: "+12015550101"
    trunk: carrier
    direction: outbound
""",
}
INSIDE, OUTSIDE = "203.0.113.7", "198.51.100.1"


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(environments, "read", lambda: samples.ENVIRONMENT)
    return samples.write(tmp_path, FILES)


def explain(folder: pathlib.Path, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main.app(["route", "explain", *words, "--config", str(folder)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_call_that_is_taken(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(folder, samples.MAIN, "--from", "+12015550199", "--at", "2026-03-06 09:30") == 0
    told = capsys.readouterr().out
    assert "✓ number" in told
    assert "numbers.yaml:2:5" in told
    assert told.endswith("→ the agent `front-desk` talks\n")
    assert "✗" not in told


def test_a_call_that_is_refused_names_the_line_to_change(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(folder, samples.SECOND) == 1
    told = capsys.readouterr().out
    assert "✗ direction" in told
    assert "change numbers.yaml:5:5 numbers.+12015550101.direction" in told
    assert explain(folder, samples.SECOND, "--ring-back", "front-desk") == 0


def test_json_has_the_first_mismatch(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(folder, "+12015550999", "--json") == 1
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["routed"], told["first_mismatch"]["name"]) == (False, "number")


def test_a_condition_that_fails_is_named_though_the_call_is_taken(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "numbers.yaml").write_text(
        'numbers: [{e164: "+12015550100", trunk: carrier, agent: front-desk,\n'
        "  routes: [{when: int(caller) > 5, agent: front-desk}]}]\n"
    )
    assert explain(folder, samples.MAIN) == 0
    told = capsys.readouterr().out
    assert "! route" in told
    assert "change numbers.yaml:2:13 numbers.+12015550100.routes.0.when" in told
    assert explain(folder, samples.MAIN, "--json") == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (answer["first_mismatch"], answer["change"][0]["place"]) == (None, "numbers.yaml:2:13")


@pytest.mark.parametrize(
    "words", [["--at", "tomorrow"], ["--trunk", "carier"], ["--source-ip", "carrier"], ["--ring-back", "x"]]
)
def test_options_that_make_no_sense_are_told(
    words: list[str], folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(folder, samples.MAIN, *words) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def configuration(tmp_path: pathlib.Path) -> configurations.Configuration:
    return samples.load(tmp_path, FILES)


def as_applied(configuration: configurations.Configuration) -> sip_services.Inventory:
    """What LiveKit has after `trunkline apply`."""
    trunks = wanted.trunks(configuration)
    for index, trunk in enumerate(trunks.values()):
        trunk.sip_trunk_id = f"ST_{index}"
    rules = wanted.rules(configuration, {mark: trunk.sip_trunk_id for mark, trunk in trunks.items()})
    for index, rule in enumerate(rules.values()):
        rule.sip_dispatch_rule_id = f"SDR_{index}"
    return sip_services.Inventory(trunks=tuple(trunks.values()), rules=tuple(rules.values()))


def find(
    inventory: sip_services.Inventory, dialed: str = samples.MAIN, source_ip: str | None = INSIDE
) -> arriving.Found:
    return arriving.find("acme", inventory, arriving.Invite(dialed=dialed, caller="+12015550199", source_ip=source_ip))


@pytest.mark.parametrize("dialed", [samples.MAIN, "12015550100", "1-201-555-0100", "0012015550100", "2015550100"])
def test_livekit_takes_what_is_meant_for_us(configuration: configurations.Configuration, dialed: str) -> None:
    found = find(as_applied(configuration), dialed)
    assert (found.trunk.passed, found.rule.passed) == (True, True)
    assert (found.by.trunk_id, found.by.rule_id) == ("ST_0", "SDR_0")
    assert "credentials of `acme`" in found.trunk.text


def test_a_foreign_address_leads_to_the_catch_all(configuration: configurations.Configuration) -> None:
    found = find(as_applied(configuration), source_ip=OUTSIDE)
    assert found.trunk.setting == ("trunks", "carrier", "inbound", "allowed_addresses")
    assert "source address" in found.trunk.text
    assert "486" in found.rule.text
    assert not found.rule.passed


def test_without_trunks_and_rules_the_caller_hears_ringing_without_end(
    configuration: configurations.Configuration,
) -> None:
    inventory = as_applied(configuration)
    catch_all = [rule for rule in inventory.rules if not rule.trunk_ids]
    assert "486" in find(sip_services.Inventory(trunks=(), rules=tuple(catch_all))).rule.text
    found = find(sip_services.Inventory(trunks=(), rules=()))
    assert "flood" in found.rule.text
    assert "trunkline apply" in found.trunk.text


def test_objects_of_others_that_take_our_calls_are_named(configuration: configurations.Configuration) -> None:
    ours = as_applied(configuration)
    twin = api.SIPInboundTrunkInfo(sip_trunk_id="ST_twin", numbers=[samples.MAIN])
    found = find(sip_services.Inventory(trunks=(*ours.trunks, twin), rules=ours.rules))
    assert "ST_twin" in found.trunk.text
    assert (found.trunk.passed, found.rule.passed) == (False, False)
    theirs = api.SIPDispatchRuleInfo(
        sip_dispatch_rule_id="SDR_theirs",
        trunk_ids=["ST_0"],
        numbers=[samples.MAIN],
        rule=api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name="theirs")),
    )
    found = find(sip_services.Inventory(trunks=ours.trunks, rules=(*ours.rules, theirs)))
    assert found.by.rule_id == "SDR_theirs"
    assert "SDR_theirs" in found.rule.text


def test_livekits_answer_and_ours_are_told_in_one(
    folder: pathlib.Path,
    configuration: configurations.Configuration,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def inventory(*_: str) -> sip_services.Inventory:
        return as_applied(configuration)

    monkeypatch.setattr(tracing, "_inventory", inventory)
    access = {"LIVEKIT_URL": "ws://x", "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s"}
    monkeypatch.setattr(environments, "read", lambda: {**samples.ENVIRONMENT, **access})
    assert explain(folder, samples.MAIN, "--source-ip", INSIDE) == 0
    assert explain(folder, samples.MAIN, "--trunk", "carrier") == 0
    capsys.readouterr()
    assert explain(folder, samples.MAIN, "--source-ip", OUTSIDE) == 1
    told = capsys.readouterr().out
    assert "✗ livekit trunk" in told
    assert explain(folder, f"sip:{samples.MAIN}@us.example;user=phone", "--source-ip", INSIDE) == 0
    assert "change trunks.yaml:3:15 trunks.carrier.inbound.allowed_addresses" in told
    assert "through the catch-all rule" in told
