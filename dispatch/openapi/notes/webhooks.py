"""Webhooks that we send."""

from __future__ import annotations

from typing import Any

from dispatch.openapi import noting, parameters
from dispatch.openapi.notes import calls

Note = noting.Note
Tag = noting.Tag

_URL = "https://hooks.example.com/trunkline"
_DELIVERY: dict[str, Any] = {
    "id": parameters.DELIVERY_ID,
    "messageId": "evt_01kbf5s9z6a1b2c3d4e5f6g7h8",
    "kind": "status",
    "type": "call.status",
    "url": _URL,
    "agentId": "front-desk",
    "callId": calls.CALL_ID,
    "state": "failed",
    "attemptCount": 10,
    "lastStatusCode": 503,
    "lastError": "bad_status",
    "nextAttemptAt": None,
    "eventAt": "2026-11-30T15:04:05.120Z",
    "createdAt": "2026-11-30T15:04:05.130Z",
    "finishedAt": "2026-12-03T22:41:17.000Z",
}
_AGAIN: dict[str, Any] = _DELIVERY | {
    "state": "pending",
    "lastError": None,
    "nextAttemptAt": "2026-12-04T08:00:00.000Z",
    "finishedAt": None,
}
_ATTEMPT: dict[str, Any] = {
    "number": 1,
    "at": "2026-11-30T15:04:05.140Z",
    "latencySeconds": 0.212,
    "statusCode": 503,
    "error": "bad_status",
    "response": "out of order",
}
_BODY = (
    '{"type":"call.status","call_id":"' + calls.CALL_ID + '","event_type":"call.answered","sequence":3,'
    '"timestamp":"2026-11-30T15:04:05.120Z","provider":"livekit","status":"in_progress","failure_cause":null,'
    '"sip_status_code":null,"sip_status":null,"data":{},"metadata":{}}'
)
_ENDPOINT: dict[str, Any] = {
    "url": _URL,
    "agentIds": ["front-desk"],
    "health": "disabled",
    "failures": 37,
    "firstFailureAt": "2026-11-30T15:04:05.352Z",
    "failingSince": "2026-12-01T03:10:00.000Z",
    "disabledAt": "2026-12-06T03:12:44.000Z",
    "disabledBecause": "failing",
    "pending": 0,
    "oldestPendingAt": None,
}
_TRIAL: dict[str, Any] = {
    "kind": "post_call",
    "url": _URL,
    "agentIds": ["front-desk"],
    "messageId": "test_01kbf5s9z6k2m4n6p8q1r3s5t7",
    "ok": False,
    "statusCode": 401,
    "latencySeconds": 0.087,
    "error": "bad_status",
    "problem": "It does not let us in. Does it check the signature, with the right secret, over the very bytes that "
    "came?",
    "ignored": [],
}
_SAME = "The id and the body are the same, so a receiver that keeps ids takes nothing twice. A disabled endpoint is "
_SAME += "used again: whoever asks for this knows that it is well."

NOTES: dict[noting.PathOf, Note] = {
    ("GET", "/v1/webhooks/deliveries"): Note(
        id="listWebhookDeliveries",
        tag=Tag.WEBHOOKS,
        description="Pre-call webhooks are not among them: they are asked once, and what came of it is the event "
        "`call.pre_call` of the call.",
        answer={"items": [_DELIVERY], "nextCursor": None},
    ),
    ("POST", "/v1/webhooks/deliveries/replay"): Note(
        id="replayWebhookDeliveries",
        tag=Tag.WEBHOOKS,
        description="Newest first, as many as `limit` says; ask again with `cursor` until `nextCursor` is null. "
        f"{_SAME}",
        body={"state": "failed", "from": "2026-11-30T00:00:00Z", "to": "2026-12-01T00:00:00Z"},
        answer={"replayed": 1, "nextCursor": None},
    ),
    ("GET", "/v1/webhooks/deliveries/{id}"): Note(
        id="getWebhookDelivery",
        tag=Tag.WEBHOOKS,
        description="`body` and what the endpoint answered are shown to keys that have `calls:read` as well.",
        answer=_DELIVERY | {"attemptCount": 1, "attempts": [_ATTEMPT], "body": _BODY},
    ),
    ("POST", "/v1/webhooks/deliveries/{id}/replay"): Note(
        id="replayWebhookDelivery",
        tag=Tag.WEBHOOKS,
        description=f"It waits for no other one, and keeps none waiting. {_SAME}",
        answer=_AGAIN,
    ),
    ("GET", "/v1/webhooks/endpoints"): Note(
        id="listWebhookEndpoints",
        tag=Tag.WEBHOOKS,
        description="Those of the configuration in force, and others for which there were webhooks; in no order.",
        answer={"items": [_ENDPOINT], "nextCursor": None},
    ),
    ("POST", "/v1/webhooks/endpoints/enable"): Note(
        id="enableWebhookEndpoint",
        tag=Tag.WEBHOOKS,
        description="What failed meanwhile stays failed until it is replayed.",
        body={"url": _URL},
        answer=_ENDPOINT
        | {
            "health": "healthy",
            "failures": 0,
            "firstFailureAt": None,
            "failingSince": None,
            "disabledAt": None,
            "disabledBecause": None,
        },
        refusals={404: "`no_such_endpoint`: no webhook was ever for this URL."},
    ),
    ("POST", "/v1/webhooks/test"): Note(
        id="testWebhooks",
        tag=Tag.WEBHOOKS,
        description="Samples are signed like real webhooks, and tell of a call that never was; their `webhook-id` "
        'begins with `test_`, and their `metadata` is `{"test": "true"}` where they have some. The answer to a '
        "pre-call webhook is read as that of a real one. Nothing of it is kept, and no endpoint is disabled for it.",
        body={"agentId": "front-desk", "kind": "post_call"},
        answer={"ok": False, "results": [_TRIAL]},
    ),
}
