"""How a transfer changes: every fact in every state."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from callcore import errors, events, transfer_steps, transfers

pytestmark = pytest.mark.unit

AT = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(seconds=7)
NEW = transfers.Transfer(
    id="tr_1",
    call_id="call_1",
    kind=transfers.Kind.WARM,
    state=transfers.State.REQUESTED,
    attempts=(),
    created_at=AT,
    updated_at=AT,
)
RESULT, STATE = transfers.AttemptResult, transfers.State
HELD = transfer_steps.Held(at=AT)
DIALED = transfer_steps.Dialed(at=AT, to="+12015550191", label="Sales")
PICKED_UP = transfer_steps.PickedUp(at=LATER, attempt=1)
ACCEPTED = transfer_steps.Accepted(at=LATER, attempt=1)
MERGED = transfer_steps.Merged(at=LATER, attempt=1)
BUSY = transfer_steps.AttemptFailed(at=LATER, attempt=1, result=RESULT.BUSY, sip_status_code=486)
RETURNED, FAILED = transfer_steps.Returned(at=LATER), transfer_steps.Failed(at=LATER)
CANCELLED, LOST = transfer_steps.Cancelled(at=LATER), transfer_steps.Lost(at=LATER)


def after(*facts: transfer_steps.Fact, kind: transfers.Kind = transfers.Kind.WARM) -> transfers.Transfer:
    transfer = dataclasses.replace(NEW, kind=kind)
    for fact in facts:
        transfer = transfer_steps.step(transfer, fact).transfer
    return transfer


STATES = {
    "requested": after(),
    "holding": after(HELD),
    "dialing": after(HELD, DIALED),
    "consulting": after(HELD, DIALED, PICKED_UP),
    "accepted": after(HELD, DIALED, PICKED_UP, ACCEPTED),
    "failed_once": after(HELD, DIALED, BUSY),
    "bridged": after(HELD, DIALED, PICKED_UP, MERGED),
    "returned": after(HELD, RETURNED),
    "failed": after(HELD, FAILED),
    "cancelled": after(HELD, CANCELLED),
}
ENDS: dict[transfer_steps.Fact, transfers.State] = {
    RETURNED: STATE.RETURNED,
    FAILED: STATE.FAILED,
    CANCELLED: STATE.CANCELLED,
}
# What a fact does in a state; what is not here changes nothing.
MOVES: dict[tuple[str, transfer_steps.Fact], transfers.State | None] = {
    ("requested", HELD): STATE.HOLDING,
    ("requested", DIALED): STATE.DIALING,
    ("holding", DIALED): STATE.DIALING,
    ("failed_once", DIALED): STATE.DIALING,
    ("dialing", DIALED): None,  # one phone at a time
    ("consulting", DIALED): None,
    ("accepted", DIALED): None,
    ("dialing", PICKED_UP): STATE.CONSULTING,
    ("dialing", ACCEPTED): None,  # nobody has picked up
    ("dialing", MERGED): None,
    ("consulting", ACCEPTED): STATE.CONSULTING,
    ("consulting", MERGED): STATE.BRIDGED,
    ("accepted", MERGED): STATE.BRIDGED,
    ("dialing", BUSY): STATE.HOLDING,
    ("consulting", BUSY): STATE.HOLDING,
    ("accepted", BUSY): STATE.HOLDING,
    ("bridged", LOST): STATE.RETURNED,
    **{(name, end): to for end, to in ENDS.items() for name in STATES if not STATES[name].state.is_final},
}


@pytest.mark.parametrize(
    "fact", [HELD, DIALED, PICKED_UP, ACCEPTED, MERGED, BUSY, LOST, *ENDS], ids=lambda fact: type(fact).__name__
)
@pytest.mark.parametrize("name", STATES)
def test_every_fact_in_every_state(name: str, fact: transfer_steps.Fact) -> None:
    before = STATES[name]
    if MOVES.get((name, fact), before.state) is None:
        with pytest.raises(errors.IllegalTransition):
            transfer_steps.step(before, fact)
        return
    stepped = transfer_steps.step(before, fact)
    if (name, fact) not in MOVES:
        assert stepped == transfer_steps.Stepped(transfer=before, event=None)
        return
    assert stepped.transfer.state is MOVES[name, fact]
    assert stepped.transfer.version == before.version + 1
    assert stepped.event is not None
    assert {"transfer_id", "kind", "requested_by", "destination"} <= stepped.data.keys()
    assert "+12015550191" not in repr(stepped.data)


@pytest.mark.parametrize("kind", [transfers.Kind.FORWARD, transfers.Kind.BLIND])
def test_without_consent_who_picks_up_is_connected(kind: transfers.Kind) -> None:
    bridged = after(DIALED, PICKED_UP, kind=kind)
    (attempt,) = bridged.attempts
    assert (bridged.state, bridged.bridged_at) == (STATE.BRIDGED, LATER)
    assert (attempt.result, attempt.sip_status_code, attempt.seconds) == (RESULT.ANSWERED, 200, 7.0)
    stepped = transfer_steps.step(after(DIALED, kind=kind), PICKED_UP)
    assert (stepped.event, stepped.data["seconds"]) == (events.EventType.TRANSFER_BRIDGED, 7.0)


def test_each_dial_has_a_leg_of_its_own_and_a_refer_has_none() -> None:
    second = after(HELD, DIALED, BUSY, DIALED)
    assert (after(HELD, DIALED).identity, second.identity) == ("tr_1_1", "tr_1_2")
    refer = dataclasses.replace(DIALED, method=transfers.Method.REFER)
    asked = transfer_steps.step(after(HELD), refer)
    assert (asked.transfer.identity, asked.data["method"]) == (None, "refer")


def test_what_is_said_of_an_earlier_attempt_is_late() -> None:
    second = after(HELD, DIALED, PICKED_UP, ACCEPTED, BUSY, DIALED)
    assert second.accepted_at is None
    for fact in (PICKED_UP, ACCEPTED, MERGED, BUSY):
        assert transfer_steps.step(second, fact).event is None


def test_a_destination_that_is_passed_over_was_tried_without_a_dial() -> None:
    fact = transfer_steps.Refused(
        at=LATER, to="+12015550191", label="Sales", result=RESULT.REFUSED, rule="limit_concurrent"
    )
    stepped = transfer_steps.step(after(HELD), fact)
    (attempt,) = stepped.transfer.attempts
    assert (stepped.transfer.state, stepped.transfer.identity) == (STATE.HOLDING, None)
    assert (attempt.result, attempt.seconds, attempt.began_at) == (RESULT.REFUSED, None, None)
    assert (stepped.event, stepped.data["code"], stepped.data["destination"]) == (
        events.EventType.TRANSFER_ATTEMPT_FAILED,
        "limit_concurrent",
        1,
    )
    with pytest.raises(errors.IllegalTransition):
        transfer_steps.step(after(HELD, DIALED), fact)


@pytest.mark.parametrize(
    ("end", "result"), [(CANCELLED, RESULT.CANCELLED), (FAILED, RESULT.UNKNOWN), (RETURNED, RESULT.UNKNOWN)]
)
def test_an_end_ends_the_attempt_as_well(end: transfer_steps.Fact, result: transfers.AttemptResult) -> None:
    stepped = transfer_steps.step(after(HELD, DIALED), end)
    assert not stepped.transfer.is_attempting
    assert (stepped.transfer.attempts[0].result, stepped.data["result"]) == (result, result.value)


def test_the_last_answer_is_told_with_the_end() -> None:
    stepped = transfer_steps.step(after(HELD, DIALED, BUSY), RETURNED)
    assert (stepped.data["result"], stepped.data["sip_status_code"]) == ("busy", 486)
    assert "result" not in transfer_steps.step(after(HELD), RETURNED).data


def test_who_is_lost_in_the_moment_of_the_merge_hung_up() -> None:
    lost = after(HELD, DIALED, PICKED_UP, ACCEPTED, MERGED, LOST)
    assert (lost.state, lost.attempts[0].result) == (STATE.RETURNED, RESULT.HUNG_UP)
    assert (lost.bridged_at, lost.accepted_at) == (None, None)
