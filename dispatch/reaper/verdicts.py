"""Is a call over although nobody reported its end? Pure."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection

from callcore import calls as callcore_calls
from callcore import endings, transfers
from dispatch.livekit import rooms
from dispatch.store import calls

GRACE_S = 6.0
"""For the worker's own report to come first; three of its reporting intervals."""
CLAIMED_GRACE_S = 15.0
"""While a worker says that its job is in the room: it sees more than we do, for instance that LiveKit restarts."""
CARRIED_GRACE_S = 20.0
"""While the call goes on by a transfer: whoever sees to that lets a room that is gone come back for 15 s."""

_LEFT_BY_THEMSELVES = "CLIENT_INITIATED"  # LiveKit's word for a BYE or CANCEL, and also for a media timeout


class Symptom(enum.StrEnum):
    """What is wrong with a call that has not ended."""

    HANGUP_PENDING = "hangup_pending"
    """An operator ended it and nobody reported so."""
    ROOM_GONE = "room_gone"
    """LiveKit does not have its room."""
    LEG_LEFT = "leg_left"
    """The room is there, the leg of the person that the call is with is not."""
    UNATTENDED = "unattended"
    """Room and leg are there, and no worker says that its job is in it."""


SEEN_IN_ROOM = frozenset({Symptom.LEG_LEFT, Symptom.UNATTENDED})
"""Symptoms that the room itself can refute."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sighting:
    """A live call beside what LiveKit and the workers say."""

    entry: calls.Entry
    has_room: bool
    is_claimed: bool
    """A worker that is alive says that its job is in the room."""
    has_worker: bool
    """The worker that announced the call is alive."""
    transfer: transfers.Transfer | None = None
    """That is seen to by whoever carries transfers out, who also ends the call when one of the two leaves: it needs no
    agent.
    """


def symptom(seen: Sighting) -> Symptom | None:
    """What is wrong; None for a call that is well."""
    if seen.entry.hangup_requested_at is not None:
        return Symptom.HANGUP_PENDING
    if not seen.has_room:
        return Symptom.ROOM_GONE
    if seen.transfer is not None:
        return None
    if seen.entry.leg_left_at is not None:
        return Symptom.LEG_LEFT
    return None if seen.is_claimed else Symptom.UNATTENDED


def grace_s(seen: Sighting) -> float:
    """How long it may be so."""
    if seen.transfer is not None:
        return CARRIED_GRACE_S
    return CLAIMED_GRACE_S if seen.is_claimed else GRACE_S


def is_refuted(suspected: Symptom, present: Collection[rooms.Participant]) -> bool:
    """Whether those who are in the room tell otherwise. LiveKit drops a dead agent by itself, after 21 s or so."""
    if suspected is Symptom.LEG_LEFT:
        return rooms.has_caller(present)
    return any(someone.kind is rooms.Kind.AGENT for someone in present)


def termination(seen: Sighting) -> endings.Termination:
    """How the call ended, as far as can be told from here."""
    if seen.entry.hangup_requested_at is not None:
        return endings.BY_OPERATOR
    if seen.entry.leg_left_reason == _LEFT_BY_THEMSELVES:
        answered = seen.entry.call.answered_at is not None
        reason = endings.Reason.CALLER_HANGUP if answered else endings.Reason.CANCELLED
        is_bridged = seen.transfer is not None and seen.transfer.state is transfers.State.BRIDGED
        reason = transfers.reason_of_end(reason, is_bridged=is_bridged)
        return endings.Termination(reason=reason, ended_by=_person(seen))
    has_none = not (seen.is_claimed or (seen.has_worker and not seen.has_room))
    lost_worker = has_none and seen.transfer is None
    reason = endings.Reason.WORKER_LOST if lost_worker else endings.Reason.PLATFORM_LOST
    return endings.Termination(reason=reason, ended_by=endings.EndedBy.SYSTEM)


def _person(seen: Sighting) -> endings.EndedBy:
    is_ours = seen.entry.call.direction is callcore_calls.Direction.OUTBOUND
    return endings.EndedBy.CALLEE if is_ours else endings.EndedBy.CALLER
