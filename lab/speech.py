"""Text to speech for callers in tests and demos, by the `flite` program."""

from __future__ import annotations

import asyncio
import enum
import functools
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from callcore import errors

RATE = 16_000
"""Samples a second of everything made here."""
TIMEOUT_S = 20.0
"""A sentence takes 0.1 s; a busy machine may need much longer."""
_CACHED_TEXTS = 256


class Voice(enum.StrEnum):
    """A voice of flite that is worth hearing."""

    RMS = "rms"
    """A man; of all voices the one that recognition and turn detector understand best through a telephone."""
    KAL16 = "kal16"
    """A man, harsh; the fastest to make."""
    SLT = "slt"
    """A woman."""
    AWB = "awb"
    """A man from Scotland."""


class SpeechUnavailable(errors.Unavailable):
    """flite is not installed: apt-get install flite."""


def say(text: str, voice: Voice = Voice.RMS, *, timeout: float = TIMEOUT_S) -> npt.NDArray[np.int16]:
    """Speaks a text. Said once, it is remembered; the samples are read-only.

    Args:
        text: in English.
        voice: who speaks.
        timeout: in seconds.

    Returns:
        Mono samples at `RATE`.

    Raises:
        SpeechUnavailable: flite is missing, fails, or takes too long.
    """
    return _say(text, voice, timeout)


async def say_async(text: str, voice: Voice = Voice.RMS, *, timeout: float = TIMEOUT_S) -> npt.NDArray[np.int16]:
    """Speaks a text without holding up the event loop; otherwise as `say`."""
    return await asyncio.to_thread(_say, text, voice, timeout)


@functools.lru_cache(maxsize=_CACHED_TEXTS)
def _say(text: str, voice: Voice, timeout: float) -> npt.NDArray[np.int16]:
    program = shutil.which("flite")
    if program is None:
        raise SpeechUnavailable
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "speech.wav"
        command = [program, "-voice", Voice(voice).value, "-t", text, "-o", str(path)]
        try:
            subprocess.run(command, check=True, timeout=timeout, capture_output=True, stdin=subprocess.DEVNULL)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
            # Without the cause: its message holds the text, which may be personal.
            raise SpeechUnavailable(f"flite failed with voice {voice}: {type(problem).__name__}") from None
        samples, rate = soundfile.read(path, dtype="int16")
    spoken = np.asarray(samples if rate == RATE else soxr.resample(samples, rate, RATE), np.int16)
    spoken.setflags(write=False)
    return spoken
