"""When a call came to what."""

from __future__ import annotations

import enum
import time

from lab.softphone import errors


class Milestone(enum.StrEnum):
    """The moments of a call."""

    INVITE = "invite"
    """The INVITE was sent, or received: second 0."""
    TRYING = "trying"
    """100 Trying."""
    RINGING = "ringing"
    """180 Ringing or another provisional response that tells of progress."""
    EARLY_MEDIA = "early_media"
    """The 183 with a session description: audio flows before the answer."""
    ANSWERED = "answered"
    """The 2xx."""
    ACKED = "acked"
    """The ACK of the 2xx."""
    REFERRED = "referred"
    """The first REFER of the other side."""
    BYE = "bye"
    """The first BYE, whoever sent it."""
    ENDED = "ended"
    """Nothing is left of the call."""


class _Seconds:
    """Reads one milestone, as an attribute."""

    def __init__(self, milestone: Milestone) -> None:
        self._milestone = milestone

    def __get__(self, timeline: Timeline, owner: type[Timeline]) -> float:
        found = timeline.get(self._milestone)
        if found is None:
            raise errors.NotReached(f"the call has not come to: {self._milestone}")
        return found


class Timeline:
    """Milestones in seconds since the INVITE; reading one that was not reached raises NotReached."""

    trying_s = _Seconds(Milestone.TRYING)
    ringing_s = _Seconds(Milestone.RINGING)
    early_media_s = _Seconds(Milestone.EARLY_MEDIA)
    answered_s = _Seconds(Milestone.ANSWERED)
    acked_s = _Seconds(Milestone.ACKED)
    referred_s = _Seconds(Milestone.REFERRED)
    bye_s = _Seconds(Milestone.BYE)
    ended_s = _Seconds(Milestone.ENDED)

    def __init__(self) -> None:
        self.origin_s = time.monotonic()
        """Second 0 by the machine's monotonic clock."""
        self._reached: dict[Milestone, float] = {Milestone.INVITE: 0.0}

    def now_s(self) -> float:
        return time.monotonic() - self.origin_s

    def clock_s(self, at_s: float) -> float:
        """A moment of this call by the machine's monotonic clock, which is the event loop's and one for all phones."""
        return self.origin_s + at_s

    def since_s(self, clock_s: float) -> float:
        """A moment of that clock in seconds of this call; the other way round."""
        return clock_s - self.origin_s

    def mark(self, milestone: Milestone) -> None:
        """The call has come to this, now, unless it had before."""
        self._reached.setdefault(milestone, self.now_s())

    def get(self, milestone: Milestone) -> float | None:
        return self._reached.get(milestone)

    def reached(self, milestone: Milestone) -> bool:
        return milestone in self._reached
