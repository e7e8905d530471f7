"""A small valid configuration, to be bent by tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from callcore import calls, contract
from sip_config import configurations, live, loading

NOW = dt.datetime(2026, 3, 6, 14, 30, tzinfo=dt.UTC)
MAIN, SECOND = "+12015550100", "+12015550101"
ENVIRONMENT = {"TRUNK_PASSWORD": "correct horse", "EMPTY": ""}

FILES = {
    "organization.yaml": """\
organization:
  id: acme
  name: Acme Plumbing
  time_zone: America/New_York
  country: US
""",
    "trunks.yaml": """\
trunks:
  carrier:
    inbound:
      allowed_addresses: ["127.0.0.1/32"]
      ringing_timeout: 25s
""",
    "numbers.yaml": """\
numbers:
  - e164: "+12015550100"
    label: Main line
    trunk: carrier
    agent: front-desk
""",
    "agents/front-desk.yaml": """\
name: Ava
instructions: You are {{ agent.name }} of {{ organization.name }}. It is {{ now }}.
greeting: "{{ organization.name }}, hello{% if caller %} {{ caller }}{% endif %}!"
stt: {provider: deepgram}
llm: {provider: openai, api_key: "${MY_KEY}"}
tts: {provider: elevenlabs, voice: Rachel}
""",
}


def write(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """The sample in a folder, with some files replaced or added."""
    for name, text in {**FILES, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def load(folder: Path, files: Mapping[str, str] | None = None) -> configurations.Configuration:
    """The sample, loaded."""
    return loading.load(write(folder, files), ENVIRONMENT)


def applied(configuration: configurations.Configuration) -> live.LiveObjects:
    """Live objects as `apply` would report them."""
    return live.LiveObjects(
        numbers={
            number.e164: live.LiveNumber(trunk_id=f"ST_{number.trunk}", rule_id=f"SDR_{number.trunk}")
            for number in configuration.numbers.values()
        },
        catch_all_rule_id="SDR_catch_all",
    )


def intake(
    dialed: str | None = MAIN,
    *,
    caller: str | None = "+12015550199",
    trunk_id: str | None = "ST_carrier",
    rule_id: str | None = "SDR_carrier",
    direction: calls.Direction = calls.Direction.INBOUND,
) -> contract.CallIntake:
    """A call as its job first sees it."""
    return contract.CallIntake(
        room_name="call_sample",
        direction=direction,
        caller=caller,
        dialed=dialed,
        trunk_id=trunk_id,
        rule_id=rule_id,
        sip_call_id="sample@127.0.0.1",
        job_id="AJ_sample",
        worker_id="wrk_sample",
        arrived_at=NOW,
    )
