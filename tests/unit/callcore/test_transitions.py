"""The life of a call, and what it refuses."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore import calls, endings, errors, events, outcomes, transitions

pytestmark = pytest.mark.unit

T0 = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def at(seconds: float) -> dt.datetime:
    return T0 + dt.timedelta(seconds=seconds)


def a_call(status: calls.Status = calls.Status.RINGING) -> calls.Call:
    return calls.Call(
        id="call_1",
        direction=calls.Direction.INBOUND,
        status=status,
        room_name="call_12015550100_x",
        caller="+12015550123",
        dialed="+12015550100",
        created_at=T0,
    )


def ended(reason: endings.Reason, seconds: float, duration_s: float | None = None) -> transitions.Ended:
    termination = endings.Termination(reason=reason, ended_by=endings.EndedBy.CALLER)
    return transitions.Ended(at=at(seconds), termination=termination, duration_s=duration_s)


def live(call: calls.Call, *facts: transitions.Fact) -> tuple[calls.Call, list[transitions.Effect]]:
    effects: list[transitions.Effect] = []
    for fact in facts:
        call, more = transitions.transition(call, fact)
        effects.extend(more)
    return call, effects


def test_an_inbound_call_rings_is_answered_and_ends() -> None:
    call, effects = live(
        a_call(),
        transitions.Arrived(at=at(0)),
        transitions.Routed(at=at(0.1), agent_id="front-desk", agent_version="v1", decided_by="dispatch"),
        transitions.Answered(at=at(0.6), ringing_ms=600),
        transitions.UserSpoke(at=at(3)),
        ended(endings.Reason.CALLER_HANGUP, 10, duration_s=9.4),
    )

    recorded = [effect.type for effect in effects if isinstance(effect, transitions.Record)]
    assert recorded == [
        events.EventType.RINGING,
        events.EventType.ROUTED,
        events.EventType.ANSWERED,
        events.EventType.HANGUP,
    ]
    assert call.sequence == 4
    assert call.status is calls.Status.ENDED
    assert call.duration_s == 9.4
    assert call.outcome is outcomes.Outcome.COMPLETED
    assert effects[-1] == transitions.CloseRoom(room_name=call.room_name)


def routed_to_voicemail() -> transitions.Routed:
    return transitions.Routed(
        at=at(0.1),
        agent_id=None,
        agent_version=None,
        decided_by="snapshot",
        action=calls.Action.VOICEMAIL,
        ring_back=True,
        metadata={"caller": "+12015550123"},
    )


def test_what_is_done_with_a_call_is_known_from_its_routing_on() -> None:
    assert a_call().action is None
    call, (record,) = live(a_call(), routed_to_voicemail())
    assert (call.action, call.agent_id, call.ring_back) == (calls.Action.VOICEMAIL, None, True)
    assert call.metadata == {"caller": "+12015550123"}
    assert isinstance(record, transitions.Record)
    assert record.data == {
        "action": "voicemail",
        "agent_id": None,
        "agent_version": None,
        "decided_by": "snapshot",
        "ring_back": True,
    }


def test_a_routing_without_an_agent_is_filled_in_once_after_an_inferred_end() -> None:
    over, _ = live(a_call(), inferred(30))
    filled, effects = live(over, routed_to_voicemail())
    assert (filled.action, filled.ring_back, effects) == (calls.Action.VOICEMAIL, True, [])
    again = transitions.Routed(at=at(1), agent_id="a", agent_version="1", decided_by="dispatch")
    assert transitions.transition(filled, again) == (filled, (transitions.KeepLate(fact=again),))


def test_an_outbound_call_goes_through_dialing() -> None:
    call, _ = live(
        a_call(calls.Status.QUEUED),
        transitions.Dialing(at=at(0)),
        transitions.Ringing(at=at(1)),
        transitions.Answered(at=at(2)),
    )
    assert call.status is calls.Status.IN_PROGRESS
    assert call.answered_at == at(2)


def test_a_late_fact_changes_nothing() -> None:
    over, _ = live(a_call(), transitions.Answered(at=at(1)), ended(endings.Reason.AGENT_HANGUP, 5))
    late = transitions.Answered(at=at(6))
    same, effects = transitions.transition(over, late)
    assert same == over
    assert effects == (transitions.KeepLate(fact=late),)


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        (calls.Status.IN_PROGRESS, transitions.Answered(at=T0)),
        (calls.Status.IN_PROGRESS, transitions.Dialing(at=T0)),
        (calls.Status.RINGING, transitions.UserSpoke(at=T0)),
        (calls.Status.IN_PROGRESS, transitions.Ringing(at=T0)),
        (calls.Status.QUEUED, transitions.Answered(at=T0)),
    ],
)
def test_an_illegal_move_raises(status: calls.Status, fact: transitions.Fact) -> None:
    with pytest.raises(errors.IllegalTransition):
        transitions.transition(a_call(status), fact)


def test_a_call_never_answered_has_no_duration() -> None:
    call, _ = live(a_call(), ended(endings.Reason.CANCELLED, 4))
    assert call.duration_s is None
    assert call.termination is not None
    assert call.termination.result is endings.Result.CLIENT_ERROR


def test_an_end_before_the_answer_by_the_wall_clock_is_not_negative() -> None:
    call, _ = live(a_call(), transitions.Answered(at=at(10)), ended(endings.Reason.CALLER_HANGUP, 4))
    assert call.duration_s == 0.0
    assert call.ended_at == at(10)


def inferred(seconds: float) -> transitions.Ended:
    termination = endings.Termination(reason=endings.Reason.WORKER_LOST, ended_by=endings.EndedBy.SYSTEM)
    return transitions.Ended(at=at(seconds), termination=termination, inferred=True)


def corrected(reason: endings.Reason, seconds: float, duration_s: float | None = None) -> transitions.Corrected:
    termination = endings.Termination(reason=reason, ended_by=endings.EndedBy.CALLER)
    return transitions.Corrected(at=at(seconds), termination=termination, duration_s=duration_s)


def test_an_inferred_end_is_corrected_once_by_the_workers_own_report() -> None:
    over, _ = live(a_call(), transitions.Answered(at=at(1)), inferred(30))
    spoken, none = live(over, transitions.UserSpoke(at=at(3)))
    assert (spoken.user_turns, none) == (1, [])
    right, effects = transitions.transition(spoken, corrected(endings.Reason.CALLER_HANGUP, 12, duration_s=11))
    assert right.status is calls.Status.ENDED
    assert (right.ended_at, right.duration_s, right.sequence) == (at(12), 11, over.sequence + 1)
    assert right.outcome is outcomes.Outcome.COMPLETED
    (record,) = effects
    assert isinstance(record, transitions.Record)
    assert (record.type, record.data["reason"]) == (events.EventType.CORRECTED, "caller_hangup")
    again = corrected(endings.Reason.SILENCE, 13)
    assert transitions.transition(right, again) == (right, (transitions.KeepLate(fact=again),))


def test_an_inferred_end_lets_in_what_was_not_known_and_nothing_else() -> None:
    over, _ = live(a_call(), inferred(30))
    routed = transitions.Routed(at=at(1), agent_id="a", agent_version="1", decided_by="dispatch")
    filled, effects = live(over, routed, transitions.Answered(at=at(2)))
    assert (filled.agent_id, filled.answered_at, filled.duration_s, effects) == ("a", at(2), 28, [])
    for late in (routed, transitions.Answered(at=at(9)), inferred(40), transitions.Ringing(at=at(1))):
        assert transitions.transition(filled, late) == (filled, (transitions.KeepLate(fact=late),))


def test_an_end_that_the_worker_reported_is_not_corrected() -> None:
    over, _ = live(a_call(), ended(endings.Reason.AGENT_HANGUP, 5))
    late = corrected(endings.Reason.CALLER_HANGUP, 6)
    assert transitions.transition(over, late) == (over, (transitions.KeepLate(fact=late),))


def test_a_call_that_goes_on_has_no_end_to_correct() -> None:
    with pytest.raises(errors.IllegalTransition):
        transitions.transition(a_call(), corrected(endings.Reason.CALLER_HANGUP, 6))


FACTS = st.sampled_from(
    [
        transitions.Arrived(at=at(0)),
        transitions.Dialing(at=at(1)),
        transitions.Ringing(at=at(2)),
        transitions.Routed(at=at(2), agent_id="a", agent_version="1", decided_by="dispatch"),
        routed_to_voicemail(),
        transitions.Answered(at=at(3)),
        transitions.UserSpoke(at=at(4)),
        transitions.Noted(at=at(5), type=events.EventType.INTERRUPTED, data={}),
        ended(endings.Reason.CALLER_HANGUP, 6),
        inferred(7),
        corrected(endings.Reason.CALLER_HANGUP, 8),
    ]
)


@given(st.sampled_from([calls.Status.QUEUED, calls.Status.RINGING]), st.lists(FACTS, max_size=20))
def test_whatever_happens_events_are_gapless_and_the_end_stays(
    status: calls.Status, facts: list[transitions.Fact]
) -> None:
    call, recorded, over = a_call(status), 0, False
    for fact in facts:
        try:
            after, effects = transitions.transition(call, fact)
        except errors.IllegalTransition:
            assert not over
            continue
        new = sum(isinstance(effect, transitions.Record) for effect in effects)
        assert after.sequence == call.sequence + new
        if over:
            assert after.is_over
            assert after == call or call.end_is_inferred
        recorded, call, over = recorded + new, after, after.is_over
    assert call.sequence == recorded


@pytest.mark.parametrize("reason", list(endings.Reason))
def test_every_reason_has_a_result_and_an_outcome(reason: endings.Reason) -> None:
    termination = endings.Termination(reason=reason, ended_by=endings.EndedBy.SYSTEM)
    assert termination.result in endings.Result
    assert outcomes.by_rule(termination, user_turns=0) in outcomes.Outcome
