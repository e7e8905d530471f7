"""What the YAML says."""

from __future__ import annotations

from typing import Any

from dispatch.openapi import noting
from dispatch.openapi.notes import calls

Note = noting.Note
Tag = noting.Tag

_AGENT: dict[str, Any] = {
    "id": "front-desk",
    "name": "Front desk",
    "voiceMode": "pipeline",
    "language": "en",
    "systemPrompt": "You answer the phone of {{ organization.name }}.",
    "greeting": "Good morning, this is the front desk. How can I help?",
    "stt": {"provider": "deepgram", "model": "nova-3"},
    "llm": {"provider": "openai", "model": "gpt-4.1-mini"},
    "tts": {"provider": "elevenlabs", "voice": "rachel"},
    "tools": [{"type": "end_call"}],
    "transfers": {},
    "version": "9f8e7d6c5b4a",
    "phoneNumbers": ["+12015550100"],
    "managedBy": "file",
}
_NUMBER: dict[str, Any] = {
    "id": "+12015550100",
    "e164": "+12015550100",
    "label": "Main line",
    "brandName": "Example Inc.",
    "trunk": "carrier",
    "direction": "both",
    "agentId": "front-desk",
    "split": None,
    "routes": [{"when": "caller.country == 'DE'", "agentId": "front-desk-de", "split": None}],
    "workMode": "always_on",
    "forwardTo": None,
    "forwardFallback": None,
    "offHoursMessage": None,
    "voicemailGreeting": None,
    "dispatchMetadataTemplate": {"campaign": "autumn"},
    "managedBy": "file",
}
_TRUNK: dict[str, Any] = {
    "name": "carrier",
    "inbound": True,
    "outbound": True,
    "refer": {
        "configured": True,
        "learned": "refuses",
        "taken": 12,
        "refused": 2,
        "unknown": 1,
        "lastResult": "refused",
        "lastSipStatusCode": 405,
        "lastAt": "2026-03-02T14:05:06.789Z",
        "refusesSince": "2026-03-02T14:05:06.789Z",
    },
    "managedBy": "file",
}
_RELOADED: dict[str, Any] = {
    "versionBefore": "cfg_1c6ff9d0a1b2",
    "version": "cfg_77aa00bb11cc",
    "applied": True,
    "counts": {"trunks": 1, "numbers": 3, "agents": 2},
}

NOTES: dict[noting.PathOf, Note] = {
    ("GET", "/v1/agents"): Note(id="listAgents", tag=Tag.AGENTS, answer={"items": [_AGENT], "nextCursor": None}),
    ("GET", "/v1/agents/{id}"): Note(
        id="getAgent",
        tag=Tag.AGENTS,
        description="Secrets are left out, and of a `baseUrl` login and query.",
        answer=_AGENT,
    ),
    ("GET", "/v1/phone-numbers"): Note(
        id="listPhoneNumbers", tag=Tag.NUMBERS, answer={"items": [_NUMBER], "nextCursor": None}
    ),
    ("GET", "/v1/phone-numbers/{id}"): Note(id="getPhoneNumber", tag=Tag.NUMBERS, answer=_NUMBER),
    ("GET", "/v1/phone-numbers/{id}/calls"): Note(id="listPhoneNumberCalls", tag=Tag.NUMBERS, answer=calls.PAGE),
    ("GET", "/v1/trunks"): Note(
        id="listTrunks",
        tag=Tag.CONFIGURATION,
        description="`refer` is about transfers by the carrier (REFER, RFC 3515): `configured` is what the file "
        "says, `learned` what it did when it was asked. One that `refuses` is not asked for a day, and the "
        "destination is dialed instead. Nothing is shown of addresses and credentials.",
        answer={"items": [_TRUNK], "nextCursor": None},
    ),
    ("POST", "/v1/config/reload"): Note(
        id="reloadConfiguration",
        tag=Tag.CONFIGURATION,
        description="A call keeps what it began with.",
        answer=_RELOADED,
        refusals={
            409: "`reload_under_way`: another reload is at it.",
            422: "The input is not valid; or `configuration_invalid`: the files have mistakes, each with its place as "
            "`path` (`numbers.yaml:3:5`), and the former configuration goes on serving.",
        },
    ),
}
