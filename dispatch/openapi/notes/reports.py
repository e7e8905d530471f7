"""Reports of calls."""

from __future__ import annotations

from typing import Any

from dispatch.openapi import noting
from dispatch.openapi.notes import calls
from dispatch.reports import shapes

Note = noting.Note
Tag = noting.Tag

REPORT_ID = "rpt_01kb8r9x4e6q0v3m5n7p9s1t2w"
TOLD: dict[str, Any] = {
    "type": "call.report",
    "report_id": REPORT_ID,
    "timestamp": "2026-11-30T15:05:12.340Z",
    "call_id": calls.CALL_ID,
    "session_id": calls.CALL_ID,
    "direction": "inbound",
    "action": "converse",
    "agent_id": "front-desk",
    "agent_version": "cfg_1c6ff9d0a1b2",
    "contact_id": calls.CONTACT_ID,
    "contact_status": "contacted",
    "from": "+12015550123",
    "to": "+12015550100",
    "dialed_number": "+12015550100",
    "forwarded_from_number": None,
    "ring_back": False,
    "created_at": "2026-11-30T15:04:05.120Z",
    "scheduled_at": None,
    "answered_at": "2026-11-30T15:04:06.480Z",
    "ended_at": "2026-11-30T15:05:12.000Z",
    "durations": {"ringing_seconds": 1.36, "talk_seconds": 65.52, "total_seconds": 66.88},
    "termination": {
        "result": "success",
        "reason": "caller_hangup",
        "sip_status_code": None,
        "sip_status": None,
        "ended_by": "caller",
    },
    "end_is_inferred": False,
    "outcome": "completed",
    "transcript": [
        {
            "role": "agent",
            "message": "Good morning, this is the front desk. How can I help?",
            "timestamp": "2026-11-30T15:04:06.510Z",
            "source": "voice_ai",
            "interrupted": False,
        }
    ],
    "transcript_omitted": 0,
    "summary": None,
    "structured_data": None,
    "cost": None,
    "scheduled_callback": None,
    "usage": [
        {
            "part": "llm",
            "provider": "openai",
            "model": "gpt-4.1-mini",
            "requests": 3,
            "audio_seconds": 0.0,
            "characters": 0,
            "input_tokens": 1240,
            "cached_input_tokens": 1024,
            "output_tokens": 96,
        }
    ],
    "transfers": [],
    "artifacts": {"transcript_url": f"/v1/calls/{calls.CALL_ID}/transcript", "recording_url": None, "voicemail": None},
    "metadata": {"campaign": "autumn"},
}
"""As the webhook has it."""
REPORT: dict[str, Any] = shapes.Report.model_validate(TOLD).model_dump(mode="json", by_alias=True)

NOTES: dict[noting.PathOf, Note] = {
    ("GET", "/v1/calls/{id}/report"): Note(
        id="getReport",
        tag=Tag.CALLS,
        description="Made when the call is over, mostly within a second; up to 60 s later where the sound of a message "
        "is still on its way. What comes to be known after that is in it when it is made anew: see `finalizeReport`. "
        "The webhook `call.report` has the same under names in snake_case.",
        answer=REPORT,
        refusals={
            404: "There is no such call, or `report_not_ready`: its report is not made yet.",
            409: "`report_unreadable`: another version of Trunkline made it. Have it made anew.",
        },
    ),
    ("POST", "/v1/calls/{id}/report/finalize"): Note(
        id="finalizeReport",
        tag=Tag.CALLS,
        description="A report that is not made yet is made at once and delivered. One that is made stays as it is, "
        "unless `forceAnalysis` wants it made anew; it is delivered once more where `retryWebhook` wants that, with "
        "the same `webhook-id`. Nothing is analyzed by this version.",
        body={"forceAnalysis": False, "retryWebhook": True},
        answer={
            "callId": calls.CALL_ID,
            "reportId": REPORT_ID,
            "madeAt": "2026-11-30T15:05:12.340Z",
            "remade": False,
            "analyzed": False,
            "webhookQueued": True,
        },
        refusals={409: "`call_not_over`: the call goes on."},
    ),
}
