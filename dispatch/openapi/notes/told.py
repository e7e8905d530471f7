"""The webhooks that we send, with an example of each; examples are as they are sent, in snake_case."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from dispatch.openapi.notes import calls, reports
from dispatch.reports import leads, shapes
from dispatch.webhooks import bodies
from dispatch.webhooks.pre_call import questions


@dataclasses.dataclass(frozen=True, kw_only=True)
class Webhook:
    """One kind of webhook."""

    id: str
    """Its name in generated receivers."""
    summary: str
    description: str
    body: type[bodies.Body]
    answer: str
    """What is expected of the receiver."""
    example: Mapping[str, Any]


_TAKEN = "Taken. Anything but 2xx, and no answer in time, is tried again."
_PROVIDERS = {
    "stt": {"provider": "deepgram", "model": "nova-3", "voice": None, "language": "en-US"},
    "llm": {"provider": "openai", "model": "gpt-4.1-mini", "voice": None, "language": None},
    "tts": {"provider": "elevenlabs", "model": "eleven_turbo_v2_5", "voice": "Rachel", "language": None},
}
_QUESTION = {
    "type": "call.pre_call",
    "call_id": calls.CALL_ID,
    "session_id": calls.CALL_ID,
    "organization_id": "acme",
    "direction": "inbound",
    "to": "+12015550100",
    "from": "+12015550123",
    "dialed_number": "+12015550100",
    "forwarded_from_number": None,
    "phone_number_id": "+12015550100",
    "call_control_id": "3f1c@192.0.2.7",
    "pipeline_config": {
        "agent_id": "front-desk",
        "agent_version": "cfg_1c6ff9d0a1b2",
        "language": "en-US",
        **_PROVIDERS,
        "tools": ["end_call"],
    },
    "metadata": {"campaign": "autumn"},
    "variables": {},
    "contact": {
        "is_known": True,
        "name": "Ada Example",
        "status": "contacted",
        "do_not_call": False,
        "calls": 1,
        "last_call": "yesterday",
        "history": [],
        "fields": {},
    },
}
_STATUS = {
    "type": "call.status",
    "call_id": calls.CALL_ID,
    "event_type": "call.hangup",
    "sequence": 4,
    "timestamp": "2026-11-30T15:05:12.000Z",
    "provider": "livekit",
    "status": "ended",
    "failure_cause": "busy",
    "sip_status_code": 486,
    "sip_status": "Busy Here",
    "data": {
        "result": "client_error",
        "reason": "busy",
        "ended_by": "callee",
        "sip_status_code": 486,
        "sip_status": "Busy Here",
    },
    "metadata": {"campaign": "autumn"},
}
_LEAD = {
    "type": "lead.updated",
    "timestamp": "2026-11-30T15:05:12.340Z",
    "source": "voice",
    "lead_id": calls.CONTACT_ID,
    "contact_id": calls.CONTACT_ID,
    "number": "+12015550123",
    "name": "Ada Example",
    "fields": {"plan": "gold"},
    "status": "contacted",
    "calls": [
        {
            "call_id": calls.CALL_ID,
            "started_at": "2026-11-30T15:04:05.120Z",
            "ended_at": "2026-11-30T15:05:12.000Z",
            "direction": "inbound",
            "capability": "converse",
            "agent_id": "front-desk",
            "outcome": "completed",
            "summary": None,
            "transcript": reports.TOLD["transcript"],
        }
    ],
}

WEBHOOKS: tuple[Webhook, ...] = (
    Webhook(
        id="call.pre_call",
        summary="Asked before a call: what shall be done with it?",
        description="The caller hears ringing meanwhile. An answer may change how the agent takes this call, have "
        "another agent take it, or reject it; an empty one changes nothing.",
        body=questions.QuestionBody,
        answer="An object: overrides, or `reject`. See the guide to webhooks.",
        example=_QUESTION,
    ),
    Webhook(
        id="call.status",
        summary="An event of a call.",
        description="Those of one call come in order.",
        body=bodies.StatusBody,
        answer=_TAKEN,
        example=_STATUS,
    ),
    Webhook(
        id="call.report",
        summary="The report of a call that is over.",
        description="Once per call; again, with the same `webhook-id`, where somebody asks for that.",
        body=shapes.Report,
        answer=_TAKEN,
        example=reports.TOLD,
    ),
    Webhook(
        id="lead.updated",
        summary="What a call made of a person, for CRMs.",
        description="When a call with a contact is over.",
        body=leads.LeadUpdated,
        answer=_TAKEN,
        example=_LEAD,
    ),
)
