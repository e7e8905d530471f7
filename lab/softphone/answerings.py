"""What a phone does when it is called."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from lab.softphone import conversations, g711, guards, negotiation, sounds
from lab.softphone.misbehaviour import Misbehaviour


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answering:
    """Rings, then answers or refuses."""

    guard: guards.Guard | None = None
    """Whoever calls must show these credentials first; who does not, does not ring here and is no call."""
    after_s: float | None = 0.0
    """Rings so long; None: until the test says `answer` or `refuse`, or the caller gives up."""
    code: int = 200
    """The final response: 200 answers, 300 and more refuse."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Further headers of the final response."""
    rings: bool = True
    """Off: no 180 before the final response."""
    early_media: bool = False
    """Sends 183 with a session description before the final response; audio flows both ways from then on."""
    play_early: sounds.Sound | None = None
    """With `early_media`: said before the final response, which cuts it off."""
    play: sounds.Sound | None = None
    """Said as soon as the call is answered."""
    play_rate: int = conversations.DEFAULT_RATE
    """Samples a second of `play` and `play_early`; a file knows its own."""
    codecs: tuple[g711.Codec, ...] = negotiation.DEFAULT_CODECS
    """What the phone can do, the preferred one first."""
    misbehaviour: Misbehaviour = dataclasses.field(default_factory=Misbehaviour)


BEEP_HZ = 1000.0
_BEFORE_BEEP_S = 0.3
_BEEP_S = 0.4


def voicemail(greeting: sounds.Sound, *, rate: int = conversations.DEFAULT_RATE, after_s: float = 0.0) -> Answering:
    """A machine that says its greeting as soon as it has answered, beeps, and then records: is silent.

    Args:
        greeting: for example made by `lab.speech`.
        rate: of its samples, in Hz; a file knows its own.
        after_s: it rings so long.
    """
    pause = np.zeros(round(_BEFORE_BEEP_S * sounds.RATE), np.int16)
    said = np.concatenate([sounds.telephone(greeting, rate), pause, sounds.tone(BEEP_HZ, _BEEP_S)])
    return Answering(after_s=after_s, play=said, play_rate=sounds.RATE)


UNAVAILABLE = Answering(code=480, rings=False)
"""A phone that was not told how to answer."""
RINGS_FOREVER = Answering(after_s=None)
"""Nobody is at home."""
