"""Calls of a number that only says that the business is closed."""

from __future__ import annotations

from lab import labs, softphone
from tests.calls import hearing, lines, standing

_ANSWER_S = 10.0
_MESSAGE_S = 20.0


async def hears_closed(lab: labs.Lab, phone: softphone.Softphone, caller: str) -> softphone.OutgoingCall:
    """Call off hours until we hang up; what was heard is for `assert_heard_closed`."""
    call = await phone.dial(standing.uri(lab, lines.MESSAGE_OFF_HOURS), caller=caller)
    await call.answered(timeout=_ANSWER_S)
    assert (await call.ended(timeout=_MESSAGE_S)).by is softphone.EndedBy.PEER
    return call


def assert_heard_closed(call: softphone.OutgoingCall) -> None:
    """Assert that the message was spoken, and no agent."""
    assert hearing.says(call, lines.CLOSED)
    assert not hearing.says(call, lines.OTHER_GREETING)
