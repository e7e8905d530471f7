"""What a phone can be told to do wrong."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Misbehaviour:
    """Faults of one call; without arguments, none."""

    sends_no_rtp: bool = False
    """Never sends a packet of audio."""
    rtp_stops_after_s: float | None = None
    """Stops sending audio so long after the answer, and says nothing of it."""
    comfort_noise_dbfs: float | None = None
    """Sends noise of this RMS level instead of digital silence whenever it has nothing to say."""
    never_acks: bool = False
    """Sends no ACK, neither for an answer nor for a refusal."""
    never_answers_bye: bool = False
    """Ignores BYE and stays on the line."""
    answers_bye_after_s: float = 0.0
    """Stays on the line so long before it answers a BYE."""
    hangs_up_after_s: float | None = None
    """Hangs up by itself so long after the answer; who was called not before the caller's ACK, even so (RFC 3261
    section 15)."""
