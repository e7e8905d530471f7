"""When a transferred call is over, by what is seen of it and when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from callcore import calls, endings
from dispatch.livekit import rooms
from dispatch.store import calls as call_rows
from dispatch.transfers import partings
from tests.unit.dispatch import dialers, doubles, samples

pytestmark = pytest.mark.unit

LEG = dialers.leg("tr_1_1", "active")
CALLER, AGENT = doubles.CALLER, doubles.AGENT
BY = endings.EndedBy
CALL = calls.Call(
    id="call_1",
    direction=calls.Direction.INBOUND,
    status=calls.Status.IN_PROGRESS,
    room_name=samples.ROOM,
    caller=None,
    dialed=doubles.DIALED,
    created_at=samples.START,
)
HOLDER = call_rows.Holder(worker_id="AW_1", job_id="AJ_1", generation=1)
BOTH = (CALLER, LEG)
Seen = tuple[float, tuple[rooms.Participant, ...] | None]


def look(at_s: float, present: tuple[rooms.Participant, ...] | None, **changes: Any) -> partings.Look:
    noted = {name: changes.pop(name) for name in ("leg_left_reason", "hangup_requested_at") if name in changes}
    entry = call_rows.Entry(call=CALL, holder=HOLDER, **noted)
    fields: dict[str, Any] = {"identity": LEG.identity, **changes}
    return partings.Look(entry=entry, present=present, at_s=at_s, **fields)


def ends(*seen: Seen, **changes: Any) -> tuple[float, endings.Reason, endings.EndedBy] | None:
    """When and how it ends, if it does; it was bridged at 0."""
    parting = partings.Parting(0.0)
    for at_s, present in seen:
        if (end := parting.end(look(at_s, present, **changes))) is not None:
            return at_s, end.reason, end.ended_by
    return None


@pytest.mark.parametrize(
    ("seen", "end"),
    [
        ([(0.0, BOTH), (60.0, BOTH)], None),
        ([(10.0, (CALLER,))], None),
        ([(10.0, (CALLER,)), (10.5, (CALLER,))], None),
        ([(10.0, (CALLER,)), (10.5, BOTH), (11.0, (CALLER,))], None),
        ([(10.0, (CALLER,)), (11.0, (CALLER,))], (11.0, BY.CALLEE)),
        ([(10.0, (LEG,)), (11.0, (LEG,))], (11.0, BY.CALLER)),
        ([(10.0, (LEG, AGENT)), (11.0, (LEG, AGENT))], (11.0, BY.CALLER)),
        ([(10.0, (CALLER,)), (10.5, None), (11.5, (CALLER,)), (13.0, (CALLER,))], None),
        ([(10.0, None), (60.0, None)], None),
        ([(10.0, None), (26.0, (CALLER,)), (27.0, (CALLER,))], (27.0, BY.CALLEE)),
        ([(10.0, ()), (14.0, ()), (14.5, (LEG,)), (15.6, (LEG,)), (16.0, BOTH), (40.0, BOTH)], None),
        ([(10.0, (CALLER,)), (10.5, ()), (24.0, ()), (26.0, ())], (26.0, BY.CALLEE)),
        ([(10.0, ()), (24.0, ()), (25.0, ())], (25.0, BY.CALLER)),
    ],
)
def test_by_who_is_missing(seen: list[Seen], end: tuple[float, endings.EndedBy] | None) -> None:
    assert ends(*seen) == (None if end is None else (end[0], endings.Reason.TRANSFERRED, end[1]))


def test_nobody_comes_back_after_livekit_was_out() -> None:
    assert ends((10.0, None), (12.0, ()), (27.0, ())) == (27.0, endings.Reason.PLATFORM_LOST, BY.SYSTEM)


def test_a_bye_needs_no_second_look() -> None:
    for present in ((LEG,), ()):
        found = ends((10.0, present), leg_left_reason="CLIENT_INITIATED")
        assert found == (10.0, endings.Reason.TRANSFERRED, BY.CALLER)
    assert ends((10.0, BOTH), leg_left_reason="CLIENT_INITIATED") is None, "it came back"
    assert ends((10.0, (LEG,)), leg_left_reason="SERVER_SHUTDOWN") is None


def test_in_the_moment_of_the_merge_the_job_may_take_the_caller_back() -> None:
    with_job = (CALLER, AGENT)
    assert ends((0.1, with_job), (1.5, with_job), (3.9, with_job)) is None
    assert ends((0.1, with_job), (1.5, (CALLER,))) == (1.5, endings.Reason.TRANSFERRED, BY.CALLEE)
    assert ends((0.1, with_job), (4.0, with_job)) == (4.0, endings.Reason.TRANSFERRED, BY.CALLEE), "it is stuck"


def test_nobody_talks_for_ever() -> None:
    assert ends((10.0, BOTH), is_too_long=True) == (10.0, endings.Reason.MAX_DURATION, BY.SYSTEM)


def test_an_operators_hand_is_first() -> None:
    found = ends((10.0, None), hangup_requested_at=samples.START + dt.timedelta(seconds=10))
    assert found == (10.0, endings.Reason.OPERATOR_HANGUP, BY.OPERATOR)


@pytest.mark.parametrize(
    ("seen", "end"),
    [
        ([(0.1, (CALLER,)), (0.5, (AGENT,))], None),
        ([(0.1, (CALLER,)), (0.5, (AGENT,)), (1.5, ())], (1.5, BY.CALLER)),
        ([(0.1, (CALLER,)), (4.9, (CALLER,))], None),
        ([(0.1, (CALLER,)), (5.0, (CALLER,))], (5.0, BY.SYSTEM)),
    ],
)
def test_a_caller_whom_the_carrier_takes_over_leaves(
    seen: list[Seen], end: tuple[float, endings.EndedBy] | None
) -> None:
    found = ends(*seen, identity=None)
    assert found == (None if end is None else (end[0], endings.Reason.TRANSFERRED, end[1]))
