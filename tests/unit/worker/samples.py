"""One inbound call, its plan, and a snapshot that routes it."""

from __future__ import annotations

import datetime as dt

from callcore import calls, clock, contract
from sip_config import snapshots

NOW = dt.datetime(2026, 3, 6, 14, 30, tzinfo=dt.UTC)
DIALED, CALLER = "+12015550100", "+12015550123"
TRUNK, RULE = "ST_carrier", "SDR_carrier"
SECRET = "internal-secret-of-the-tests"
CALL = "call_01k8r3v5m2c4d6e8f0g1h2j3k4"


def a_clock() -> clock.ManualClock:
    return clock.ManualClock(wall=NOW)


def intake(
    dialed: str | None = DIALED, *, trunk_id: str | None = TRUNK, rule_id: str | None = RULE
) -> contract.CallIntake:
    return contract.CallIntake(
        room_name=f"call_{DIALED}_x7",
        direction=calls.Direction.INBOUND,
        caller=CALLER,
        dialed=dialed,
        trunk_id=trunk_id,
        rule_id=rule_id,
        sip_call_id="abc@127.0.0.1",
        job_id="AJ_1",
        worker_id="wrk_1",
        arrived_at=NOW,
    )


def agent(agent_id: str = "front-desk") -> contract.AgentPlan:
    """An agent of hosted providers."""
    return contract.AgentPlan(
        agent_id=agent_id,
        agent_version="v1",
        name="Ava",
        instructions="Help.",
        greeting="Hello.",
        language="en-US",
        stt=contract.ProviderSpec(provider="deepgram"),
        llm=contract.ProviderSpec(provider="openai"),
        tts=contract.ProviderSpec(provider="elevenlabs"),
    )


KEYS = {"DEEPGRAM_API_KEY": "dg-secret", "OPENAI_API_KEY": "oa-secret", "ELEVENLABS_API_KEY": "el-secret"}
BY_DISPATCH = contract.CallPlan(call_id=CALL, decided_by="dispatch", plan=contract.Converse(agent=agent()))


def snapshot(version: str = "1", *, agent_id: str = "front-desk") -> snapshots.Snapshot:
    """A snapshot in which one number leads to one agent of hosted providers."""
    text = {"file": f"agents/{agent_id}.yaml", "line": 1, "path": ()}
    settings = {
        "name": "Ava",
        "instructions": "Help.",
        "greeting": "Hello.",
        "stt": {"provider": "deepgram"},
        "llm": {"provider": "openai"},
        "tts": {"provider": "elevenlabs", "voice": "Rachel"},
    }
    return snapshots.Snapshot.model_validate(
        {
            "version": version,
            "configuration_version": version,
            "organization": {"id": "acme", "name": "Acme", "time_zone": "America/New_York", "country": "US"},
            "hours": None,
            "pronunciations": {},
            "numbers": [{"e164": DIALED, "trunk": "carrier", "agent": agent_id}],
            "agents": [
                {
                    "id": agent_id,
                    "version": "v1",
                    "settings": settings,
                    "instructions": {**text, "text": "Help."},
                    "greeting": {**text, "text": "Hello. It is {{ now }}."},
                    "flow": None,
                }
            ],
            "arrivals": {DIALED: {"own": {"trunk_id": TRUNK, "rule_id": RULE}, "detours": []}},
            "catch_all_rule_id": None,
        }
    )
