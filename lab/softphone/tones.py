"""When a tone was heard, and how loud: looked for in a recording, after the fact.

A line carries more than the tones of a test: hold music, speech, ringback (425 Hz), beeps (1000 Hz), keys. So that none
of it is taken for a tone, and no tone for another, phones that are told apart by tones send `CLEAR_HZ`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lab.softphone import levels, sounds
from lab.softphone.sounds import Samples
from lab.softphone.speech_detection import Span

CLEAR_HZ = (1523.4, 1811.6, 2154.3, 2714.3)
"""Half way between two notes of the piano, 43 Hz and more from either, so that music in tune has little power there;
above most of the power of speech; not near keys, beeps and ringback, nor near what a codec makes of another of them."""
TONE_DBFS = -35.0
"""What is at least as loud at one of `CLEAR_HZ` is that tone, whole or a leak of 10 ms of one at -15 dBFS: loud speech,
music at -20 dBFS and keys come to -38 there at most."""
WINDOW_S = levels.TONE_BLOCK_S
STEP_S = 0.005
"""Resolution of a tone's beginning and end."""
BRIDGED_S = 0.06
"""A gap up to this long belongs to the tone: on a busy machine a packet or two come late or not at all."""
_EDGE = 0.5  # A window half in the tone has half its amplitude.
_AT_ONCE = 2000  # Windows: 13 MB of samples.

Amplitudes = npt.NDArray[np.float64]


def peak_dbfs(samples: Samples, hz: float) -> float:
    """RMS level of one frequency in the 100 ms where it is loudest.

    Unlike the average of `levels.tone_dbfs`, this finds the shortest tone in the longest stretch: 20 ms of it are 8 dB
    below their own level, 10 ms are 14 dB.
    """
    loudest = float(_amplitudes(samples, hz).max(initial=0.0))
    return levels.amplitude_dbfs(loudest)


def spans(samples: Samples, hz: float, *, at_least_dbfs: float = TONE_DBFS, from_s: float = 0.0) -> list[Span]:
    """The stretches in which a tone was heard, each to `STEP_S` if it is steady and lasts `WINDOW_S` or longer.

    Of a shorter one, the middle is right; its length is not.

    Args:
        samples: first sample at `from_s`.
        hz: of the tone.
        at_least_dbfs: RMS level that it has at some moment.
        from_s: the first sample's time.
    """
    heard = _amplitudes(samples, hz)
    found: list[Span] = []
    for first, last in _runs(heard >= levels.amplitude(at_least_dbfs) * _EDGE):
        run = heard[first:last]
        if levels.amplitude_dbfs(float(run.max())) < at_least_dbfs:
            continue
        inside = np.flatnonzero(run >= run.max() * _EDGE)
        span = Span(
            start_s=from_s + (first + int(inside[0])) * STEP_S,
            end_s=min(from_s + (first + int(inside[-1]) + 1) * STEP_S, from_s + len(samples) / sounds.RATE),
        )
        if found and span.start_s - found[-1].end_s <= BRIDGED_S:
            found[-1] = Span(start_s=found[-1].start_s, end_s=span.end_s)
        else:
            found.append(span)
    return found


def _amplitudes(samples: Samples, hz: float) -> Amplitudes:
    """Peak amplitude of one frequency in the window around every step: Goertzel's algorithm with a Hann window."""
    if not len(samples):
        return np.zeros(0)
    length, step = round(WINDOW_S * sounds.RATE), round(STEP_S * sounds.RATE)
    padded = np.pad(samples.astype(np.float64), length // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, length)[::step]
    hann = np.hanning(length + 1)[:length]
    angle = 2 * np.pi * hz * np.arange(length) / sounds.RATE
    probe = np.column_stack([np.cos(angle), np.sin(angle)]) * hann[:, None] * 2 / hann.sum()
    parts = [windows[start : start + _AT_ONCE] @ probe for start in range(0, len(windows), _AT_ONCE)]
    return np.asarray(np.hypot(*np.concatenate(parts).T), np.float64)


def _runs(is_on: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and one past the last index of every stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_on, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
