"""When a transferred call is over, by who is missing. Pure: it is told what was seen, and when."""

from __future__ import annotations

import dataclasses

from callcore import endings
from dispatch.livekit import rooms
from dispatch.store import calls as call_rows
from dispatch.transfers import absences

_UNSETTLED_S = 15.0  # after LiveKit was out, or nobody was in the room: it was started again, and all come back in 5 s
_JOBS_S = 4.0  # for the call's job to take the caller back, should the destination go in the moment of the merge
_REFERRED_S = 5.0  # for the carrier to take the caller's leg away

_BY_THEMSELVES = "CLIENT_INITIATED"  # LiveKit's word for a BYE, which needs no confirmation
_TOO_LONG = endings.Termination(reason=endings.Reason.MAX_DURATION, ended_by=endings.EndedBy.SYSTEM)
_LOST = endings.Termination(reason=endings.Reason.PLATFORM_LOST, ended_by=endings.EndedBy.SYSTEM)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Look:
    """A transferred call at one moment."""

    entry: call_rows.Entry
    present: tuple[rooms.Participant, ...] | None
    """None while LiveKit is out."""
    identity: str | None
    """Of the dialed leg; None where the carrier has taken the caller over."""
    is_too_long: bool = False
    """They have been connected for as long as they may be."""
    at_s: float
    """By a clock that never runs backwards."""

    @property
    def has_caller(self) -> bool:
        return rooms.has_caller(self.present or ())

    @property
    def has_dialed(self) -> bool:
        return any(someone.identity == self.identity for someone in self.present or ())

    @property
    def has_agent(self) -> bool:
        return any(someone.kind is rooms.Kind.AGENT for someone in self.present or ())


class Parting:
    """Follows one transferred call, look after look."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s
        self._caller, self._dialed = absences.Absence(), absences.Absence()
        self._unsettled_s: float | None = None
        self._was_out = False

    @property
    def is_well(self) -> bool:
        """Nobody was missing at the last look."""
        return not (self._caller.is_so or self._dialed.is_so)

    def missing_s(self, now_s: float) -> float:
        """For how long somebody has been missing."""
        return max(self._caller.age_s(now_s), self._dialed.age_s(now_s))

    def end(self, look: Look) -> endings.Termination | None:
        """How the call ended; None while it goes on."""
        if look.entry.hangup_requested_at is not None:
            return endings.BY_OPERATOR
        if look.present is None:
            self._unsettled_s, self._was_out = look.at_s, True
            self._caller, self._dialed = absences.Absence(), absences.Absence()
            return None
        caller_s = self._caller.lasts(look.at_s, is_missing=not look.has_caller)
        has_left = not look.has_caller and look.entry.leg_left_reason == _BY_THEMSELVES
        if look.identity is None:
            return self._referred(look, has_left or caller_s >= absences.CONFIRM_S)
        dialed_s = self._dialed.lasts(look.at_s, is_missing=not look.has_dialed)
        if look.has_caller and look.has_dialed:
            return _TOO_LONG if look.is_too_long else None
        if has_left:
            return _by(endings.EndedBy.CALLER)
        return self._missing(look, caller_s, dialed_s)

    def _missing(self, look: Look, caller_s: float, dialed_s: float) -> endings.Termination | None:
        if not (look.has_caller or look.has_dialed):
            return self._nobody(look, caller_s, dialed_s)
        if self._unsettled_s is not None and look.at_s - self._unsettled_s < _UNSETTLED_S:
            return None
        if look.has_dialed:
            return _by(endings.EndedBy.CALLER) if caller_s >= absences.CONFIRM_S else None
        is_jobs = look.has_agent and look.at_s - self._began_s < _JOBS_S
        return _by(endings.EndedBy.CALLEE) if dialed_s >= absences.CONFIRM_S and not is_jobs else None

    def _nobody(self, look: Look, caller_s: float, dialed_s: float) -> endings.Termination | None:
        """Both are missing: they hung up at the same time, or LiveKit was started again."""
        self._unsettled_s = look.at_s
        if min(caller_s, dialed_s) < _UNSETTLED_S:
            return None
        if self._was_out:
            return _LOST
        return _by(endings.EndedBy.CALLEE if dialed_s > caller_s else endings.EndedBy.CALLER)

    def _referred(self, look: Look, is_gone: bool) -> endings.Termination | None:
        if is_gone:
            return _by(endings.EndedBy.CALLER)
        is_late = look.has_caller and look.at_s - self._began_s >= _REFERRED_S
        return _by(endings.EndedBy.SYSTEM) if is_late else None


def _by(whom: endings.EndedBy) -> endings.Termination:
    return endings.Termination(reason=endings.Reason.TRANSFERRED, ended_by=whom)
