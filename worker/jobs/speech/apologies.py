"""What the caller hears when nothing else works: a sound file that ships with the worker."""

from __future__ import annotations

import asyncio
import functools
import importlib.resources
import io
import logging
import wave
from collections.abc import Callable

from livekit import rtc

from worker.jobs.speech import playing

_log = logging.getLogger(__name__)

_FILE = "apology.wav"
_LONGEST_S = 15.0  # the file is 6 s long


async def play(room: rtc.Room, on_heard: Callable[[], None]) -> None:
    """Say sorry on a track of its own, which also answers a call that still rings. Takes at most 15 s.

    Args:
        room: the call's.
        on_heard: called when the bridge has taken the track, so that the call is answered.
    """
    pcm, rate = _sound()
    player = playing.Player(room, rate=rate, name="apology", on_heard=on_heard)
    try:
        async with asyncio.timeout(_LONGEST_S):
            await player.play_pcm(pcm)
    except (TimeoutError, rtc.room.ConnectError, rtc.participant.PublishTrackError) as error:
        _log.warning("the apology could not be played", extra={"error_class": type(error).__name__})
    finally:
        await player.aclose()


@functools.cache
def _sound() -> tuple[bytes, int]:
    data = importlib.resources.files("worker").joinpath("sounds", _FILE).read_bytes()
    with wave.open(io.BytesIO(data)) as sound:
        return sound.readframes(sound.getnframes()), sound.getframerate()
