"""Transfers."""

from __future__ import annotations

from typing import Any

from dispatch.ledger import hops
from dispatch.openapi import noting, parameters
from dispatch.openapi.notes import calls, sessions

Note = noting.Note
Tag = noting.Tag

_DESTINATIONS: list[dict[str, Any]] = [
    {"to": "+12015550123", "label": "Sales", "ringingTimeout": 20},
    {"to": "sip:reception@pbx.example.com", "label": "the front desk", "extension": "ww42"},
]
_TRIED: dict[str, Any] = {
    "to": "+12015550123",
    "label": "Sales",
    "method": "dial",
    "result": "busy",
    "sipStatusCode": 486,
    "seconds": 2.31,
}
_UNDER_WAY: dict[str, Any] = {
    "to": "sip:reception@pbx.example.com",
    "label": "the front desk",
    "method": "dial",
    "result": None,
    "sipStatusCode": None,
    "seconds": None,
}
_BEGUN: dict[str, Any] = {
    "id": parameters.TRANSFER_ID,
    "callId": calls.CALL_ID,
    "kind": "warm",
    "state": "requested",
    "requestedBy": "api",
    "attempts": [],
    "fallback": "return_to_agent",
    "createdAt": "2026-11-30T15:04:30.000Z",
    "updatedAt": "2026-11-30T15:04:30.000Z",
    "bridgedAt": None,
    "metadata": {"ticket": "4711"},
}
_LATER = {"updatedAt": "2026-11-30T15:04:41.250Z"}
_CONSULTING: dict[str, Any] = _BEGUN | _LATER | {"state": "consulting", "attempts": [_TRIED, _UNDER_WAY]}
_CANCELLED: dict[str, Any] = _CONSULTING | {
    "state": "cancelled",
    "attempts": [_TRIED, _UNDER_WAY | {"result": "cancelled", "seconds": 6.02}],
}

_REFUSALS = {
    403: "`missing_scope`: the key has not the scope for it. Or a destination must not be dialed, "
    f"{sessions.codes_of((*sessions.DESTINATIONS_FORBIDDEN, hops.TOO_MANY))}.",
    404: "There is no such call.",
    409: "`call_not_in_progress`: nobody has answered, or the call is over. `no_agent`: no agent talks with the "
    "caller. `transfer_in_progress`: the call is being transferred already. `already_transferred`: the caller is "
    "connected with somebody else already.",
    422: "The input is not valid; `errors` says what. `not_dialable`: the number of ours that the call is on is not in "
    "the configuration any more, or places no calls where one is needed.",
}
_GONE = {404: "There is no such call, or it has no such transfer."}
_BEGINNING = (
    "The answer says that it was begun; look at the transfer, or at the call's events, to see what became of it. The "
    "agent tells the caller and "
)

NOTES: dict[noting.PathOf, Note] = {
    ("GET", "/v1/calls/{id}/transfers"): Note(
        id="listTransfers",
        tag=Tag.TRANSFERS,
        answer={"items": [_CONSULTING], "nextCursor": None},
    ),
    ("POST", "/v1/calls/{id}/transfers/blind"): Note(
        id="transferBlind",
        tag=Tag.TRANSFERS,
        description=_BEGINNING + "connects them: by asking their carrier to (REFER) where it takes that, else in the "
        "call's own room, with ringback. Where that fails, what the agent's `transfer_fallback` says follows.",
        body={
            "to": "+12015550123",
            "label": "Sales",
            "ringingTimeout": 25,
            "headers": {"X-Account": "4711"},
            "metadata": {"ticket": "4711"},
        },
        answer=_BEGUN | {"kind": "blind"},
        refusals=_REFUSALS,
    ),
    ("POST", "/v1/calls/{id}/transfers/warm"): Note(
        id="transferWarm",
        tag=Tag.TRANSFERS,
        description=_BEGINNING + "puts them on hold with music. The destinations are dialed one after the other; "
        "whoever answers is told of the call and asked whether they take it, and hears the caller only then. Where "
        "nobody does, the fallback follows, and the caller is told.",
        body={
            "from": "+12015550100",
            "destinations": _DESTINATIONS,
            "screeningPrompt": "Ask whether they know the order 4711.",
            "summary": "Ada wants to change the delivery address of order 4711.",
            "fallback": {"strategy": "take_message"},
            "voicemailDetection": {"mode": "agent", "timeoutSeconds": 10},
            "ringingTimeout": 25,
            "metadata": {"ticket": "4711"},
        },
        answer=_BEGUN,
        refusals=_REFUSALS,
    ),
    ("GET", "/v1/calls/{id}/transfers/{tid}"): Note(
        id="getTransfer", tag=Tag.TRANSFERS, answer=_CONSULTING, refusals=_GONE
    ),
    ("POST", "/v1/calls/{id}/transfers/{tid}/complete"): Note(
        id="completeTransfer",
        tag=Tag.TRANSFERS,
        description="For an operator who has settled it with the destination. They hear each other a moment later, "
        "and the transfer is `bridged` then.",
        answer=_CONSULTING,
        refusals={
            **_GONE,
            409: "`transfer_not_consulting`: no destination is being asked; the transfer may be over.",
        },
    ),
    ("POST", "/v1/calls/{id}/transfers/{tid}/cancel"): Note(
        id="cancelTransfer",
        tag=Tag.TRANSFERS,
        description="The caller is back with the agent, who says so. With `tryNext` the next destination is dialed, "
        "and without a next one the fallback follows.",
        body={"tryNext": False},
        answer=_CANCELLED,
        refusals={
            **_GONE,
            409: "`transfer_not_consulting`: with `tryNext`, and no destination is being tried; or the carrier was "
            "asked to connect the caller, which cannot be taken back. `transfer_over`: it has ended.",
        },
    ),
}
