"""What came of a call by rule, and what that makes of its person."""

from __future__ import annotations

import pytest

from callcore import endings, outcomes

pytestmark = pytest.mark.unit

R, Out = endings.Reason, outcomes.Outcome
TALKED = {
    R.CALLER_HANGUP,
    R.AGENT_HANGUP,
    R.MESSAGE_PLAYED,
    R.OPERATOR_HANGUP,
    R.TRANSFERRED,
    R.MAX_DURATION,
    R.SILENCE,
}
BROKEN = {R.CARRIER_FAILURE, R.MEDIA_TIMEOUT, R.PROVIDER_FAILURE, R.WORKER_LOST, R.PLATFORM_LOST, R.INTERNAL_ERROR}


def outcome(reason: endings.Reason, *, user_turns: int = 1, **facts: bool) -> outcomes.Outcome:
    termination = endings.Termination(reason=reason, ended_by=endings.EndedBy.SYSTEM)
    return outcomes.by_rule(termination, user_turns=user_turns, **facts)


@pytest.mark.parametrize("reason", list(R))
def test_every_reason_has_an_outcome(reason: endings.Reason) -> None:
    said, silent = outcome(reason), outcome(reason, user_turns=0)
    if reason in (R.VOICEMAIL, R.BUSY, R.NO_ANSWER):
        assert said is silent is Out(reason.value)
    elif reason in BROKEN:
        assert said is silent is Out.ERROR
    elif reason in TALKED:
        assert (said, silent) == (Out.COMPLETED, Out.INCOMPLETE)
    else:
        assert said is silent is Out.INCOMPLETE


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (R.BUSY, Out.BUSY),
        (R.NO_ANSWER, Out.NO_ANSWER),
        (R.REJECTED, Out.NO_ANSWER),
        (R.UNAVAILABLE, Out.NO_ANSWER),
        (R.CANCELLED, Out.NO_ANSWER),
        (R.OPERATOR_HANGUP, Out.NO_ANSWER),
        (R.INVALID_NUMBER, Out.ERROR),
        (R.CARRIER_FAILURE, Out.ERROR),
        (R.POLICY_REFUSED, Out.NO_CONTACT),
    ],
)
def test_a_dial_that_nobody_answered(reason: endings.Reason, expected: outcomes.Outcome) -> None:
    assert outcome(reason, user_turns=0, is_unanswered_dial=True) is expected


@pytest.mark.parametrize("reason", list(R))
def test_a_wish_not_to_be_called_comes_first(reason: endings.Reason) -> None:
    assert outcome(reason, wants_no_calls=True) is Out.DNC


def test_the_contacts_status_follows_each_of_the_twelve() -> None:
    statuses = {each: outcomes.lead_status(each) for each in Out}
    assert len(statuses) == 12
    assert statuses == {
        Out.COMPLETED: "contacted",
        Out.INCOMPLETE: "contacted",
        Out.FOLLOW_UP: "contacted",
        Out.VOICEMAIL: "voicemail",
        Out.NO_ANSWER: "no_answer",
        Out.BUSY: "no_answer",
        Out.NO_CONTACT: "no_contact",
        Out.SCHEDULED_CALLBACK: "scheduled_callback",
        Out.QUALIFIED: "qualified",
        Out.DISQUALIFIED: "disqualified",
        Out.DNC: "dnc",
        Out.ERROR: "error",
    }
