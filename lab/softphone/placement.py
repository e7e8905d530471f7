"""Where in a recording the audio of a packet belongs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.float64]

_LOOK_AHEAD = 25
"""Frames, half a second: a stall shorter than that moves nothing, because what comes after it is on time again."""
_TOLERATED_S = 0.06
"""Jitter that does not move the audio."""


def place(arrived_s: Seconds, stamped_s: Seconds) -> Seconds:
    """The position of each packet of one RTP stream, in seconds.

    Within a stream the timestamps say how the audio hangs together, and the earliest arrivals say when it was heard. A
    sender that pauses without counting its timestamps on is late from then on, and its audio moves accordingly.

    Args:
        arrived_s: when each packet arrived.
        stamped_s: its timestamp in seconds, from any origin.
    """
    lateness = arrived_s - stamped_s
    padded = np.concatenate([lateness, np.full(_LOOK_AHEAD - 1, np.inf)])
    soon: Seconds = np.lib.stride_tricks.sliding_window_view(padded, _LOOK_AHEAD).min(axis=1)
    offsets = np.empty_like(soon)
    offset = np.inf
    for index, candidate in enumerate(soon):
        if abs(candidate - offset) > _TOLERATED_S:
            offset = candidate
        offsets[index] = offset
    placed: Seconds = stamped_s + offsets
    return placed
