"""Calls that there are."""

from __future__ import annotations

from typing import Any

from dispatch.openapi import noting
from dispatch.v1 import schemas

Note = noting.Note
Tag = noting.Tag

CALL_ID = "call_01kb8r9x4e6q0v3m5n7p9s1t2w"
CONTACT_ID = "ct_01kb8r9x4e6q0v3m5n7p9s1t2w"

_SUMMARY: dict[str, Any] = {
    "callId": CALL_ID,
    "direction": "inbound",
    "status": "ended",
    "action": "converse",
    "from": "+12015550123",
    "callerIdStatus": "known",
    "to": "+12015550100",
    "dialedNumber": "+12015550100",
    "forwardedFromNumber": None,
    "ringBack": False,
    "agentId": "front-desk",
    "agentVersion": "cfg_1c6ff9d0a1b2",
    "contactId": CONTACT_ID,
    "roomName": "call_01kb8r9x4e6q0v3m5n7p9s1t2w",
    "createdAt": "2026-11-30T15:04:05.120Z",
    "scheduledAt": None,
    "answeredAt": "2026-11-30T15:04:06.480Z",
    "endedAt": "2026-11-30T15:05:12.000Z",
    "durationSeconds": 65.52,
    "termination": {
        "result": "success",
        "reason": "caller_hangup",
        "sipStatusCode": None,
        "sipStatus": None,
        "endedBy": "caller",
    },
    "outcome": "completed",
    "recordingUrl": None,
    "voicemail": None,
    "transfers": [],
    "metadata": {"campaign": "autumn"},
}
_TURN: dict[str, Any] = {
    "role": "agent",
    "message": "Good morning, this is the front desk. How can I help?",
    "timestamp": "2026-11-30T15:04:06.510Z",
    "source": "voice_ai",
    "interrupted": False,
    "transcriptionDelaySeconds": None,
    "endOfTurnDelaySeconds": None,
    "llmFirstTokenSeconds": None,
    "ttsFirstAudioSeconds": 0.12,
    "replyDelaySeconds": None,
}
CALL: dict[str, Any] = _SUMMARY | {"overrides": None, "transcript": [_TURN]}
PAGE: dict[str, Any] = {"items": [_SUMMARY], "nextCursor": None}

NOTES: dict[noting.PathOf, Note] = {
    ("GET", "/v1/calls"): Note(id="listCalls", tag=Tag.CALLS, answer=PAGE),
    ("GET", "/v1/calls/{id}"): Note(id="getCall", tag=Tag.CALLS, answer=CALL),
    ("GET", "/v1/calls/{id}/events"): Note(
        id="listCallEvents",
        tag=Tag.CALLS,
        description="No event holds a phone number or what was said.",
        answer={
            "events": [
                {
                    "id": "evt_01kb8r9x4e6q0v3m5n7p9s1t2w",
                    "sequence": 1,
                    "type": "call.ringing",
                    "at": "2026-11-30T15:04:05.120Z",
                    "data": {"direction": "inbound"},
                }
            ]
        },
    ),
    ("GET", "/v1/calls/{id}/transcript"): Note(
        id="getTranscript",
        tag=Tag.CALLS,
        description="A stream has the events `connected`, one `turn` for each turn, and `ended`; it is the same for a "
        "call that goes on and for one that is over. A turn's id is its place: a reader that comes back with "
        "`Last-Event-ID` gets what it missed, and 204 when it has seen the end. A comment comes every 15 s. A reader "
        "that takes nothing for 5 s is dropped.",
        answer=[_TURN],
        headers={"Last-Event-ID": "Of a stream: the id of the last event that was seen."},
        stream={"turn": schemas.Turn, "ended": schemas.Ended},
        refusals={429: "`too_many`: as many streams are open as there may be."},
    ),
    ("GET", "/v1/calls/{id}/voicemail"): Note(
        id="getVoicemail",
        tag=Tag.CALLS,
        headers={"Range": "The part that is wanted, such as `bytes=0-65535` (RFC 9110 section 14)."},
        refusals={
            404: "There is no such call, or `no_voicemail`: nobody left a message.",
            416: "There is no such part.",
        },
    ),
    ("POST", "/v1/calls/{id}/hangup"): Note(
        id="hangUpCall",
        tag=Tag.CALLS,
        description="A call that is queued or rings is cancelled; doing it again, or to a call that is over, changes "
        "nothing.",
        answer=CALL,
    ),
}
