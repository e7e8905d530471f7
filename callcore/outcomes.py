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

_OF_DIALS: dict[endings.Reason, Outcome] = {
    endings.Reason.REJECTED: Outcome.NO_ANSWER,
    endings.Reason.UNAVAILABLE: Outcome.NO_ANSWER,
    endings.Reason.CANCELLED: Outcome.NO_ANSWER,
    endings.Reason.OPERATOR_HANGUP: Outcome.NO_ANSWER,
    endings.Reason.INVALID_NUMBER: Outcome.ERROR,
    endings.Reason.POLICY_REFUSED: Outcome.NO_CONTACT,
}
"""Of calls that we placed and nobody answered: nobody was reached, so nothing is incomplete."""

_LEAD_STATUSES: dict[Outcome, str] = {
    Outcome.COMPLETED: "contacted",
    Outcome.INCOMPLETE: "contacted",
    Outcome.FOLLOW_UP: "contacted",
    Outcome.BUSY: "no_answer",
}


def lead_status(outcome: Outcome) -> str:
    """What an outcome makes of the person in a CRM: the outcome's own name, or what several of them have in common."""
    return _LEAD_STATUSES.get(outcome, outcome.value)


def by_rule(
    termination: endings.Termination,
    *,
    user_turns: int,
    is_unanswered_dial: bool = False,
    wants_no_calls: bool = False,
) -> Outcome:
    """The outcome that termination and turns alone tell, before anybody analyses the words.

    A conversation that the agent closed, or that was handed on, is `completed`; one that the caller left after saying
    something is `completed` as well; one in which the caller never spoke is `incomplete`.

    Args:
        termination: how the call ended.
        user_turns: how many times the person said something.
        is_unanswered_dial: we placed the call, and nobody picked up.
        wants_no_calls: the person asked not to be called again; nothing else matters then.
    """
    if wants_no_calls:
        return Outcome.DNC
    if termination.reason in _BY_REASON:
        return _BY_REASON[termination.reason]
    if is_unanswered_dial and termination.reason in _OF_DIALS:
        return _OF_DIALS[termination.reason]
    if termination.result in (endings.Result.SERVER_ERROR, endings.Result.UPSTREAM_ERROR):
        return Outcome.ERROR
    if termination.result is endings.Result.SUCCESS and user_turns > 0:
        return Outcome.COMPLETED
    return Outcome.INCOMPLETE
