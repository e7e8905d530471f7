"""When somebody speaks: by energy, with a run-in against clicks and a hangover across the gaps between words."""

from __future__ import annotations

import dataclasses

from lab.softphone import levels, sounds
from lab.softphone.sounds import Samples


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a call, in seconds since it began."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """What counts as speech."""

    loud_dbfs: float = -45.0
    """A frame is loud from this RMS level on: telephone speech lies around -25, comfort noise below -50."""
    run_in_s: float = 0.06
    """So much must be loud on end: clicks are shorter, syllables longer."""
    hangover_s: float = 0.4
    """A gap up to this long belongs to the utterance."""


class SpeechDetector:
    """Takes one frame after another and keeps the stretches of speech."""

    def __init__(self, sensitivity: Sensitivity | None = None) -> None:
        self._sensitivity = sensitivity or Sensitivity()
        self._run: Span | None = None
        self.spans: list[Span] = []
        """Speech so far. The last one may still grow."""

    def hear(self, samples: Samples, at_s: float) -> None:
        if levels.dbfs(samples) < self._sensitivity.loud_dbfs:
            self._run = None
            return
        end_s = at_s + len(samples) / sounds.RATE
        self._run = Span(start_s=self._run.start_s if self._run else at_s, end_s=end_s)
        # Half a sample of slack: 60 ms must be found in three frames of 20 ms whatever the rounding.
        if self._run.length_s + 0.5 / sounds.RATE < self._sensitivity.run_in_s:
            return
        if self.spans and self._run.start_s - self.spans[-1].end_s <= self._sensitivity.hangover_s:
            self.spans[-1] = Span(start_s=self.spans[-1].start_s, end_s=end_s)
        else:
            self.spans.append(self._run)


def speech(samples: Samples, *, from_s: float = 0.0, sensitivity: Sensitivity | None = None) -> list[Span]:
    """The stretches of speech in a recording whose first sample is at `from_s`."""
    detector = SpeechDetector(sensitivity)
    for start in range(0, len(samples), sounds.FRAME):
        detector.hear(samples[start : start + sounds.FRAME], from_s + start / sounds.RATE)
    return detector.spans
