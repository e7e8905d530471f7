"""The body of the status webhook, by event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callcore import calls, endings, events, ids, transitions
from dispatch.webhooks import bodies
from tests.unit.dispatch import samples

pytestmark = pytest.mark.unit

CALL_ID = "call_01kb8r9x4e6q0v3m5n7p9s1t2w"


def told(event_type: events.EventType, status: calls.Status, **data: Any) -> dict[str, Any]:
    event = events.Event(
        id=ids.new(ids.EVENT, samples.START), call_id=CALL_ID, sequence=3, type=event_type, at=samples.START, data=data
    )
    body = json.loads(bodies.status_body(event, status=status, metadata={"order": "7"}).text())
    assert isinstance(body, dict)
    return body


def end(reason: endings.Reason, code: int | None, words: str | None) -> dict[str, Any]:
    """The data of a hangup, as the transition makes them."""
    termination = endings.Termination(
        reason=reason, ended_by=endings.EndedBy.SYSTEM, sip_status_code=code, sip_status=words
    )
    return dict(transitions._data(termination))


def test_a_body_is_as_the_api_says() -> None:
    body = told(events.EventType.RINGING, calls.Status.RINGING, direction="outbound")
    assert body == {
        "type": "call.status",
        "call_id": CALL_ID,
        "event_type": "call.ringing",
        "sequence": 3,
        "timestamp": "2026-01-02T03:04:05.000Z",
        "provider": "livekit",
        "status": "ringing",
        "failure_cause": None,
        "sip_status_code": None,
        "sip_status": None,
        "data": {"direction": "outbound"},
        "metadata": {"order": "7"},
    }


@pytest.mark.parametrize("event_type", [events.EventType.HANGUP, events.EventType.CORRECTED])
@pytest.mark.parametrize("reason", list(endings.Reason))
def test_what_did_not_succeed_has_its_cause(reason: endings.Reason, event_type: events.EventType) -> None:
    body = told(event_type, calls.Status.ENDED, **end(reason, 486, "Busy Here"))
    has_succeeded = endings.Termination(reason=reason, ended_by=endings.EndedBy.SYSTEM).result == "success"
    assert body["failure_cause"] == (None if has_succeeded else reason.value)
    assert (body["status"], body["sip_status_code"], body["sip_status"]) == ("ended", 486, "Busy Here")


def test_a_transfer_that_failed_is_no_failure_of_the_call() -> None:
    data = {"transfer_id": "tr_1", "kind": "forward", "destination": 1, "result": "busy", "sip_status_code": 486}
    body = told(events.EventType.TRANSFER_FAILED, calls.Status.RINGING, **data)
    assert (body["failure_cause"], body["sip_status_code"], body["sip_status"]) == (None, 486, None)


def test_a_body_that_was_kept_reads_the_same_again() -> None:
    body = told(events.EventType.HANGUP, calls.Status.ENDED, **end(endings.Reason.BUSY, None, None))
    assert json.loads(bodies.StatusBody.model_validate(body).text()) == body
