"""What the receiver of a call's webhooks was told, held against the ledger and against the phone's own clock."""

from __future__ import annotations

from typing import Any

from cli import api
from lab import receiver
from tests.calls import standing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AGENT = "hooked"
RETRIES = "0," + ",".join(["1"] * 40)
"""Seconds between attempts: those of the schedule of days would outlast a test."""

TOLD_S = 20.0
"""For a webhook to come after what it tells: at once, unless the machine has much else to do."""


def asked(hooks: receiver.Receiver, call_id: str) -> receiver.Request:
    """The one pre-call webhook of a call."""
    [request] = hooks.requests("pre_call", lambda one: one.call_id == call_id)
    return request


async def statuses(hooks: receiver.Receiver, ledger: api.Api, call_id: str) -> list[receiver.Request]:
    """The status webhooks of a call that is over, after checking that each of its events is told once and in order."""
    events = await ledger.events(call_id)
    told = await hooks.wait("status", len(events), timeout=TOLD_S, where=lambda one: one.call_id == call_id)
    assert [one.document["sequence"] for one in told] == list(range(1, len(events) + 1))
    assert [(one.document["event_type"], one.document["timestamp"]) for one in told] == [
        (event["type"], event["at"]) for event in events
    ]
    assert {one.type for one in told} == {"call.status"}
    assert len({one.message_id for one in told}) == len(told)
    assert told[-1].document["status"] == "ended"
    return told


async def report(hooks: receiver.Receiver, call_id: str) -> dict[str, Any]:
    """The one report of a call that is over."""
    return await _only(hooks, "post_call", "call.report", lambda one: one.call_id == call_id)


async def lead(hooks: receiver.Receiver, call_id: str) -> dict[str, Any]:
    """The one `lead.updated` of a call that is over."""

    def is_of_call(one: receiver.Request) -> bool:
        return call_id in [call.get("call_id") for call in one.document.get("calls", [])]

    return await _only(hooks, "lead_updated", "lead.updated", is_of_call)


def types(told: list[receiver.Request]) -> list[str]:
    """The types of the events of status webhooks."""
    return [one.document["event_type"] for one in told]


async def the_call(ledger: api.Api, known: set[str]) -> api.Json:
    """The one new call, with its end."""
    [row] = await standing.new_rows(ledger, known, 1)
    return row


async def _only(hooks: receiver.Receiver, name: str, kind: str, where: receiver.Where) -> dict[str, Any]:
    request, *_ = await hooks.wait(name, 1, timeout=TOLD_S, where=where)
    assert request.type == kind
    return request.document


def assert_in_order(hooks: receiver.Receiver) -> None:
    """Assert that all that came was signed, and that no call has a second report.

    What is sent again, because the sender died before it had written down that it arrived, is the same message.
    """
    assert [(request.name, request.problem) for request in hooks.requests() if request.signed_with != (0,)] == []
    reports = {(request.call_id, request.message_id) for request in hooks.requests("post_call")}
    assert len(reports) == len({call_id for call_id, _ in reports})
