"""A configuration that places calls, for the tests of this folder."""

from __future__ import annotations

import datetime as dt
import pathlib

from sip_config import configurations, loading

NOW = dt.datetime(2026, 3, 6, 14, 30, tzinfo=dt.UTC)
TO = "+12015550199"
ONLY_INBOUND, SALES_LINE, DESK_LINE = "+12015550100", "+12015550101", "+12015550102"

FILES = {
    "organization.yaml": """\
organization: {id: acme, name: Acme, time_zone: America/New_York, country: US}
dialing: {max_duration: 20m}
""",
    "trunks.yaml": """\
trunks:
  carrier:
    inbound: {allowed_addresses: ["127.0.0.1/32"]}
    outbound: {address: sip.carrier.example}
""",
    "numbers.yaml": """\
numbers:
  - {e164: "+12015550100", trunk: carrier, agent: desk}
  - e164: "+12015550101"
    trunk: carrier
    agent: sales
    direction: both
    metadata:
      line: sales
      caller: "{{callerNumber}}"
      dialed: "{{dialedNumber}}"
      via: "{{forwardedFromNumber}}"
      language: "-"
  - {e164: "+12015550102", trunk: carrier, direction: outbound, split: {desk: 50, sales: 50}}
""",
    "agents/desk.yaml": """\
name: Ava
instructions: You are {{ agent.name }}.
greeting: Hello{% if contact.is_known %} {{ contact.name }}{% endif %}, this is {{ number.brand_name }}.
stt: {provider: deepgram, keyterms: [valve], language: multi}
llm:
  provider: openai
  base_url: http://vllm:8000/v1
  api_key: "${VLLM_KEY}"
  model: qwen3
  fallback: [{provider: offline, flow: desk.flow.yaml}]
tts: {provider: elevenlabs, voice: Rachel, speed: 1.1, api_key: "${VOICE_KEY}"}
max_duration: {limit: 15m}
tools: [{end_call: {when: "dialed.startsWith('+1201') && caller == '+12015550101'"}}]
metadata: {team: office}
""",
    "agents/desk.flow.yaml": "start: main\nstates: {main: {say: 'hello'}}\nfallback: [sorry]\n",
    "agents/sales.yaml": """\
name: Sam
instructions: You sell.
greeting: Hello
stt: {provider: offline}
llm: {provider: offline, flow: desk.flow.yaml}
tts: {provider: offline}
""",
}


def load(folder: pathlib.Path, dialing: str = "{max_duration: 20m}") -> configurations.Configuration:
    """It, with other rules for dialing."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text.replace("{max_duration: 20m}", dialing), encoding="utf-8")
    return loading.load(folder, {})
