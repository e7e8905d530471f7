"""The only way a call changes: `transition(call, fact)`.

    queued ──Dialing──▶ dialing ──Ringing──▶ ringing ──Answered──▶ in_progress ──Ended──▶ ended
                                              ▲
                                    an inbound call begins here

`Ended` is allowed everywhere and absorbs what comes later. Only an end that was inferred, because the worker could not
be heard, lets in what the worker tells when it is heard again: `Corrected` gives the true end, `UserSpoke`, `Routed`,
`AskedNotToBeCalled` and `Answered` fill in what is not known. The call stays ended all the while.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from callcore import calls, endings, errors, events, outcomes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arrived:
    """The call exists: an INVITE came in, or one of ours is about to go out."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dialing:
    """The INVITE is on its way to the callee."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ringing:
    """The callee's phone rings."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Routed:
    """Somebody decided who takes the call."""

    at: dt.datetime
    agent_id: str | None
    """None where no agent takes the call."""
    agent_version: str | None
    decided_by: str
    """`dispatch`, or `snapshot` where the worker had to decide alone."""
    action: calls.Action = calls.Action.CONVERSE
    ring_back: bool = False
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answered:
    """200 OK was sent or received."""

    at: dt.datetime
    ringing_ms: int | None = None
    """From the first sight of the call to the answer."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class UserSpoke:
    """The caller finished a turn."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class AskedNotToBeCalled:
    """The person does not want to be called again."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Noted:
    """Something worth keeping that moves nothing."""

    at: dt.datetime
    type: events.EventType
    data: events.Data


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ended:
    """The call is over."""

    at: dt.datetime
    termination: endings.Termination
    duration_s: float | None = None
    """Seconds from answer to end by the worker's monotonic clock, where a worker was there to measure it."""
    inferred: bool = False
    """Concluded from outside; the worker's own report, should it come, is the better one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corrected:
    """The worker's own report of an end that was inferred before it came."""

    at: dt.datetime
    termination: endings.Termination
    duration_s: float | None = None
    """As in `Ended`."""


Fact = Arrived | Dialing | Ringing | Routed | Answered | UserSpoke | AskedNotToBeCalled | Noted | Ended | Corrected


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """Effect: keep this event under the call's next sequence."""

    type: events.EventType
    at: dt.datetime
    data: events.Data


@dataclasses.dataclass(frozen=True, kw_only=True)
class CloseRoom:
    """Effect: delete the room, which ends every SIP leg in it."""

    room_name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class KeepLate:
    """Effect: the call was over already; log the fact, change nothing."""

    fact: Fact


Effect = Record | CloseRoom | KeepLate

_ALLOWED: dict[type[Fact], frozenset[calls.Status]] = {
    Arrived: frozenset({calls.Status.QUEUED, calls.Status.RINGING}),
    Dialing: frozenset({calls.Status.QUEUED}),
    Ringing: frozenset({calls.Status.QUEUED, calls.Status.DIALING}),
    Routed: frozenset({calls.Status.QUEUED, calls.Status.DIALING, calls.Status.RINGING}),
    Answered: frozenset({calls.Status.DIALING, calls.Status.RINGING}),
    UserSpoke: frozenset({calls.Status.IN_PROGRESS}),
    AskedNotToBeCalled: frozenset({calls.Status.IN_PROGRESS}),
    Noted: frozenset(calls.Status),
    Ended: frozenset(calls.Status),
}


_ARRIVALS = {
    calls.Status.QUEUED: events.EventType.QUEUED,
    calls.Status.RINGING: events.EventType.RINGING,
}


def transition(call: calls.Call, fact: Fact) -> tuple[calls.Call, tuple[Effect, ...]]:
    """The call after a fact, and what has to be done about it.

    Raises:
        IllegalTransition: the call's state does not allow this fact.
    """
    if call.is_over:
        return _after_the_end(call, fact)
    if isinstance(fact, Corrected) or call.status not in _ALLOWED[type(fact)]:
        raise errors.IllegalTransition(f"{type(fact).__name__} does not fit a call that is {call.status}")
    match fact:
        case Arrived():
            return _with_record(call, _ARRIVALS[call.status], fact.at, {"direction": call.direction.value})
        case Dialing():
            dialing = dataclasses.replace(call, status=calls.Status.DIALING)
            return _with_record(dialing, events.EventType.DIALING, fact.at, {})
        case Ringing():
            ringing = dataclasses.replace(call, status=calls.Status.RINGING)
            return _with_record(ringing, events.EventType.RINGING, fact.at, {"direction": call.direction.value})
        case Routed():
            return _with_record(_routed(call, fact), events.EventType.ROUTED, fact.at, _routing(fact))
        case Answered():
            answered = dataclasses.replace(call, status=calls.Status.IN_PROGRESS, answered_at=fact.at)
            return _with_record(answered, events.EventType.ANSWERED, fact.at, {"ringing_ms": fact.ringing_ms})
        case UserSpoke():
            return dataclasses.replace(call, user_turns=call.user_turns + 1), ()
        case AskedNotToBeCalled():
            asked = dataclasses.replace(call, wants_no_calls=True)
            return _with_record(asked, events.EventType.DO_NOT_CALL, fact.at, {})
        case Noted():
            return _with_record(call, fact.type, fact.at, fact.data)
        case Ended():
            return _end(call, fact)


def _after_the_end(call: calls.Call, fact: Fact) -> tuple[calls.Call, tuple[Effect, ...]]:
    if call.end_is_inferred:
        match fact:
            case Corrected():
                return _correct(call, fact)
            case UserSpoke():
                return _with_outcome(dataclasses.replace(call, user_turns=call.user_turns + 1)), ()
            case AskedNotToBeCalled():
                return _with_outcome(dataclasses.replace(call, wants_no_calls=True)), ()
            case Routed() if call.action is None:
                return _routed(call, fact), ()
            case Answered() if call.answered_at is None:
                return _answered_after_all(call, fact), ()
            case _:
                pass
    return call, (KeepLate(fact=fact),)


def _routed(call: calls.Call, fact: Routed) -> calls.Call:
    return dataclasses.replace(
        call,
        agent_id=fact.agent_id,
        agent_version=fact.agent_version,
        action=fact.action,
        ring_back=fact.ring_back,
        metadata=fact.metadata,
    )


def _routing(fact: Routed) -> events.Data:
    return {
        "action": fact.action.value,
        "agent_id": fact.agent_id,
        "agent_version": fact.agent_version,
        "decided_by": fact.decided_by,
        "ring_back": fact.ring_back,
    }


def _answered_after_all(call: calls.Call, fact: Answered) -> calls.Call:
    ended_at = max(call.ended_at or fact.at, fact.at)
    duration_s = (ended_at - fact.at).total_seconds()
    return dataclasses.replace(call, answered_at=fact.at, ended_at=ended_at, duration_s=duration_s)


def _correct(call: calls.Call, fact: Corrected) -> tuple[calls.Call, tuple[Effect, ...]]:
    corrected = _with_outcome(
        dataclasses.replace(
            call,
            ended_at=_end_time(call, fact),
            duration_s=_duration(call, fact),
            termination=fact.termination,
            end_is_inferred=False,
        )
    )
    return _with_record(corrected, events.EventType.CORRECTED, fact.at, _data(fact.termination))


def _end(call: calls.Call, fact: Ended) -> tuple[calls.Call, tuple[Effect, ...]]:
    ended = _with_outcome(
        dataclasses.replace(
            call,
            status=calls.Status.ENDED,
            ended_at=_end_time(call, fact),
            duration_s=_duration(call, fact),
            termination=fact.termination,
            end_is_inferred=fact.inferred,
        )
    )
    recorded, effects = _with_record(ended, events.EventType.HANGUP, fact.at, _data(fact.termination))
    return recorded, (*effects, CloseRoom(room_name=call.room_name))


def _with_outcome(call: calls.Call) -> calls.Call:
    if call.termination is None:
        return call
    outcome = outcomes.by_rule(
        call.termination,
        user_turns=call.user_turns,
        is_unanswered_dial=call.direction is calls.Direction.OUTBOUND and call.answered_at is None,
        wants_no_calls=call.wants_no_calls,
    )
    return dataclasses.replace(call, outcome=outcome)


def _end_time(call: calls.Call, fact: Ended | Corrected) -> dt.datetime:
    return max(fact.at, call.answered_at or call.created_at)


def _duration(call: calls.Call, fact: Ended | Corrected) -> float | None:
    if call.answered_at is None:
        return None
    if fact.duration_s is not None:
        return fact.duration_s
    return max(0.0, (fact.at - call.answered_at).total_seconds())


def _data(termination: endings.Termination) -> events.Data:
    return {
        "result": termination.result.value,
        "reason": termination.reason.value,
        "ended_by": termination.ended_by.value,
        "sip_status_code": termination.sip_status_code,
        "sip_status": termination.sip_status,
    }


def _with_record(
    call: calls.Call, kind: events.EventType, at: dt.datetime, data: events.Data
) -> tuple[calls.Call, tuple[Effect, ...]]:
    numbered = dataclasses.replace(call, sequence=call.sequence + 1)
    return numbered, (Record(type=kind, at=at, data=data),)
