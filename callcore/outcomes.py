"""What came of the conversation, for the people who work with leads; not the same as how the call ended."""

from __future__ import annotations

import enum

from callcore import endings


class Outcome(enum.StrEnum):
    """The twelve outcomes."""

    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    NO_CONTACT = "no_contact"
    SCHEDULED_CALLBACK = "scheduled_callback"
    FOLLOW_UP = "follow_up"
    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"
    DNC = "dnc"
    ERROR = "error"


_BY_REASON: dict[endings.Reason, Outcome] = {
    endings.Reason.VOICEMAIL: Outcome.VOICEMAIL,
    endings.Reason.BUSY: Outcome.BUSY,
    endings.Reason.NO_ANSWER: Outcome.NO_ANSWER,
}


def by_rule(termination: endings.Termination, *, user_turns: int) -> Outcome:
    """The outcome that termination and turns alone tell, before anybody analyses the words.

    A conversation that the agent closed, or that was handed on, is `completed`; one that the caller left after saying
    something is `completed` as well; one in which the caller never spoke is `incomplete`.
    """
    if termination.reason in _BY_REASON:
        return _BY_REASON[termination.reason]
    if termination.result in (endings.Result.SERVER_ERROR, endings.Result.UPSTREAM_ERROR):
        return Outcome.ERROR
    if termination.result is endings.Result.SUCCESS and user_turns > 0:
        return Outcome.COMPLETED
    return Outcome.INCOMPLETE
