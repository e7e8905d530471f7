"""Calls that are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from callcore import dialable
from dispatch.gate import admitting, counting
from dispatch.openapi import noting
from dispatch.openapi.notes import calls

Note = noting.Note
Tag = noting.Tag

_HOW: dict[str, Any] = {
    "agentId": "front-desk",
    "firstMessage": "Good morning, this is Example Inc. about your order.",
    "variables": {"order": "4711"},
    "metadata": {"campaign": "autumn"},
    "timeZone": "America/New_York",
    "maxDurationSeconds": 600,
    "telephony": {"ringingTimeout": 30},
}
_PLACED: dict[str, Any] = {
    "sessionId": calls.CALL_ID,
    "callId": calls.CALL_ID,
    "status": "queued",
    "roomName": calls.CALL_ID,
    "callerId": "+12015550100",
    "sipParticipant": {"identity": "callee_01kb8r9x4e6q0v3m5n7p9s1t2w"},
    "maxDurationSeconds": 600,
    "scheduledAt": None,
}
DESTINATIONS_FORBIDDEN = (
    dialable.EMERGENCY_NUMBER,
    dialable.NUMBER_TYPE_FORBIDDEN,
    dialable.COUNTRY_FORBIDDEN,
    dialable.SIP_HOST_FORBIDDEN,
)
_FORBIDDEN = (*DESTINATIONS_FORBIDDEN, admitting.DO_NOT_CALL, admitting.QUIET_HOURS)
_LIMITS = (
    counting.CONCURRENT,
    counting.PER_MINUTE,
    counting.PER_DAY,
    counting.MINUTES_PER_DAY,
    counting.PER_CALLEE_PER_DAY,
)


def codes_of(codes: Iterable[str]) -> str:
    """Codes as a text lists them."""
    return ", ".join(f"`{code}`" for code in codes)


_REFUSALS = {
    403: f"`missing_scope`: the key has not the scope for it. Or the dial gate refuses, {codes_of(_FORBIDDEN)}: "
    "`retryAt` says from when on it may be allowed, where that is known.",
    422: "The input is not valid; `errors` says what. `not_supported`: it asks for what is not built yet.",
    429: f"A limit of dials is reached, {codes_of(_LIMITS)}: `scope` says whose, and `retryAt` when to try again.",
    503: "`no_worker`: no worker takes calls; or something else that this needs does not answer.",
}

NOTES: dict[noting.PathOf, Note] = {
    ("POST", "/v1/sessions/phone"): Note(
        id="placeCall",
        tag=Tag.SESSIONS,
        description="The call is `queued` until the gate has let it pass once more and a worker is ready; look at it, "
        "or at its events, to see what became of it. It is dialed once, whatever happens. What is given here holds "
        "over the agent's settings, for this call.",
        body={"to": "+12015550123", "from": "+12015550100", **_HOW},
        answer=_PLACED,
        refusals=_REFUSALS,
    ),
    ("POST", "/api/v1/voice/calls/initiate"): Note(
        id="initiateCall",
        tag=Tag.SESSIONS,
        description="As `POST /v1/sessions/phone`, to a contact that there is.",
        body={"leadId": calls.CONTACT_ID, "direction": "outbound", **_HOW},
        answer=_PLACED | {"interactionId": calls.CALL_ID},
        refusals={**_REFUSALS, 404: "There is no such contact."},
    ),
}
