"""One direction of a call's audio, on a time line."""

from __future__ import annotations

import dataclasses

import numpy as np

from lab.softphone import placement, rtp, sounds
from lab.softphone.sounds import Samples

_JUMP_S = 0.5
"""A timestamp this far from where the clock says it should be begins a new stream."""


@dataclasses.dataclass(kw_only=True)
class _Stream:
    """Packets whose timestamps count on from each other."""

    ssrc: int
    stamp: int
    """The timestamp of the newest packet, as sent."""
    arrived_s: list[float] = dataclasses.field(default_factory=list)
    stamped_s: list[float] = dataclasses.field(default_factory=list)
    frames: list[Samples] = dataclasses.field(default_factory=list)

    def continues(self, ssrc: int, stamp: int, at_s: float) -> bool:
        if ssrc != self.ssrc:
            return False
        step_s = rtp.steps(stamp, self.stamp) / sounds.RATE
        return abs(step_s - (at_s - self.arrived_s[-1])) <= _JUMP_S

    def add(self, stamp: int, at_s: float, samples: Samples) -> None:
        before_s = self.stamped_s[-1] if self.stamped_s else 0.0
        self.stamped_s.append(before_s + rtp.steps(stamp, self.stamp) / sounds.RATE)
        self.stamp = stamp
        self.arrived_s.append(at_s)
        self.frames.append(samples)


class Track:
    """Everything sent, or everything heard; second 0 is the beginning of the call."""

    def __init__(self) -> None:
        self._streams: list[_Stream] = []
        self._count = 0
        self._drawn: tuple[int, Samples] = 0, np.zeros(0, np.int16)

    def __len__(self) -> int:
        """Packets so far."""
        return self._count

    def add(self, samples: Samples, *, ssrc: int, timestamp: int, at_s: float) -> None:
        if not self._streams or not self._streams[-1].continues(ssrc, timestamp, at_s):
            self._streams.append(_Stream(ssrc=ssrc, stamp=timestamp))
        self._streams[-1].add(timestamp, at_s, samples)
        self._count += 1

    def samples(self) -> Samples:
        """The whole line from second 0 to the last packet; silence where nothing came."""
        if self._drawn[0] != self._count:
            self._drawn = self._count, self._draw()
        return self._drawn[1]

    def _draw(self) -> Samples:
        placed: list[tuple[int, Samples]] = []
        for stream in self._streams:
            positions = placement.place(np.array(stream.arrived_s), np.array(stream.stamped_s))
            starts = np.maximum(np.rint(positions * sounds.RATE).astype(np.int64), 0)
            placed += zip(starts.tolist(), stream.frames, strict=True)
        line = np.zeros(max((start + len(frame) for start, frame in placed), default=0), np.int16)
        for start, frame in placed:
            line[start : start + len(frame)] = frame
        return line
