"""A valid configuration that uses everything there is."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

ENVIRONMENT = {
    "CARRIER_PASSWORD": "correct horse",
    "NEW_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "OLD_SECRET": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}

FILES = {
    "organization.yaml": """\
organization: {id: acme, name: Acme Plumbing, time_zone: America/New_York, country: US}
hours:
  mon-fri: ["09:00-12:00", "13:00-17:00"]
  sat,sun: ["22:00-02:00"]
  holidays: {country: US, subdivision: NY}
  closed: ["2026-12-24"]
  open: {"2026-12-31": ["09:00-12:00"]}
pronunciations: {SQL: S. Q. L., Nguyen: win}
webhooks: {secrets: ["${NEW_SECRET}", "${OLD_SECRET}"], allow: ["n8n:5678", 10.0.5.0/24]}
""",
    "trunks.yaml": """\
trunks:
  carrier:
    inbound:
      allowed_addresses: [203.0.113.0/24]
      auth: {username: acme, password: "${CARRIER_PASSWORD}"}
      forwarded_from_headers: [X-Original-To]
      ringing_timeout: 30s
    outbound:
      address: sip.carrier.example:5061
      transport: tls
      media_encryption: require
      auth: {username: acme, password: "${CARRIER_PASSWORD}"}
      headers: {X-Tenant: acme}
      ringing_timeout: 40s
    refer: false
""",
    "numbers.yaml": """\
numbers:
  - e164: +12015550100
    label: Main line
    brand_name: Acme
    trunk: carrier
    direction: both
    routes:
      - {when: "!is_business_hours && caller.startsWith('+1212')", agent: front-desk}
      - {when: now.getHours('America/New_York') > 20, split: {front-desk: 50, night: 50}}
    split: {front-desk: 80, night: 20}
    metadata: {tenant: acme, caller: "{{callerNumber}}", via: "{{forwardedFromNumber}}"}
  - e164: "+12015550101"
    trunk: carrier
    agent: night
    work_mode: message_off_hours
    off_hours_message: "{{ organization.name }} is closed, {{ now.weekday }}."
  - e164: "+12015550102"
    trunk: carrier
    agent: night
    work_mode: forward_off_hours
    forward_to: +12015550190
    forward_fallback: voicemail
    voicemail_greeting: Please leave a message{% if caller %} for {{ number.brand_name }}{% endif %}.
""",
    "agents/front-desk.yaml": """\
name: Ava
prompt: own.md
greeting: "{{ number.brand_name }}, hello!"
language: en-US
stt: {provider: deepgram, model: nova-3, keyterms: [valve]}
llm: {provider: openai, model: gpt-4.1-mini, api_key: "${OPENAI}", fallback: [{provider: openai, model: gpt-4.1}]}
tts: {provider: elevenlabs, voice: Rachel, speed: 1.1}
vad: {provider: silero, threshold: 0.6}
turns: {preset: fast, detector: vad, interruptions: {enabled: true, sensitivity: low}}
max_duration: {limit: 15m, after_transfer: 2h}
transfers:
  sales:
    label: Sales
    to:
      - +12015550191
      - {to: "sip:jane@pbx.example.com", label: Jane, ringing_timeout: 20s, extension: "ww204#"}
    screening: Ask first.
    when: is_business_hours
    ringing_timeout: 25s
    voicemail_detection: {enabled: true, timeout: 8s}
    fallback: hang_up
  support: {label: Support, to: "sip:support@pbx.example.com", mode: blind, headers: {X-Team: "7"}}
  office: {label: The office, to: +12015550192, extension: "12"}
transfer_fallback: take_message
transfer_texts:
  connecting: I will get {destination}.
  unavailable: Sorry, {destination} is away.
  take_message: Please leave a message for {destination}.
  goodbye: Goodbye!
  briefing: "{agent} here, for {destination}. {summary} Yes or no?"
transfer_keys: false
tools: [{end_call: {when: "caller != ''"}}, {do_not_call: {when: is_business_hours}}, {transfer_call: {when: "true"}}]
metadata: {team: office}
webhooks:
  pre_call: {url: "https://acme.example/pre", timeout: 2s, on_error: fallback_url, fallback_url: "https://b.example/pre"}
  status: {url: "http://n8n:5678/status"}
  post_call: {url: "https://acme.example/post-call"}
  lead_updated: {url: "http://10.0.5.7:80/lead"}
""",
    "agents/night.yaml": """\
name: Bo
instructions: |
  You are {{ agent.name }}.
  {% if is_business_hours %}Open{% else %}Closed{% endif %}
greeting: Hello
stt: {provider: offline}
llm: {provider: offline, flow: night.flow.yaml}
tts: {provider: offline}
""",
    "agents/night.flow.yaml": "start: main\nslots: {name: '[A-Z][a-z]+'}\nstates: {main: {say: 'hello {name}'}}\n"
    "fallback: [sorry]\n",
    "prompts/own.md": "You are {{ agent.name }} of {{ organization.name }}.\n",
}


def write(folder: pathlib.Path, files: Mapping[str, str] | None = None) -> pathlib.Path:
    """It in a folder, with some files replaced."""
    for name, text in {**FILES, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    return folder
