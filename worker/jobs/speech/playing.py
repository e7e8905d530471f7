"""Playing ready sound to the caller, outside of any conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Iterator

from livekit import rtc

_FRAME_MS = 20
_SUBSCRIBE_S = 5.0  # the bridge takes a track within 0.2 s
_PLAYOUT_S = 5.0  # the queue of the track holds 1 s


class Player:
    """One track of ours in the call's room, mono, published with the first sound: that answers a call that rings.

    The sound waits until the bridge has taken the track, so that none of it is lost.
    """

    def __init__(self, room: rtc.Room, *, rate: int, name: str, on_heard: Callable[[], None]) -> None:
        """Make the track.

        Args:
            room: the call's.
            rate: of everything that is played, Hz.
            name: of the track.
            on_heard: called when the bridge has taken the track: the call is answered.
        """
        self.rate = rate
        self.is_heard = False
        """The bridge has taken the track."""
        self._room = room
        self._name = name
        self._on_heard = on_heard
        self._source = rtc.AudioSource(rate, 1)

    async def play(self, frames: AsyncIterable[rtc.AudioFrame]) -> None:
        """Play these, and return when the last of them is under way to the caller.

        Raises:
            TimeoutError, rtc.room.ConnectError, rtc.participant.PublishTrackError: the bridge is gone.
        """
        async for frame in frames:
            await self._open()
            await self._source.capture_frame(frame)
        async with asyncio.timeout(_PLAYOUT_S):
            await self._source.wait_for_playout()

    async def play_pcm(self, pcm: bytes) -> None:
        """Play 16-bit samples at the track's rate; returns and raises as `play`."""

        async def frames() -> AsyncIterable[rtc.AudioFrame]:
            for frame in _cut(pcm, self.rate):
                yield frame

        await self.play(frames())

    async def aclose(self) -> None:
        """Fall silent at once."""
        await self._source.aclose()

    async def _open(self) -> None:
        if self.is_heard:
            return
        track = rtc.LocalAudioTrack.create_audio_track(self._name, self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await self._room.local_participant.publish_track(track, options)
        async with asyncio.timeout(_SUBSCRIBE_S):
            await publication.wait_for_subscription()
        self.is_heard = True
        self._on_heard()


def _cut(pcm: bytes, rate: int) -> Iterator[rtc.AudioFrame]:
    size = 2 * (rate * _FRAME_MS // 1000)
    for start in range(0, len(pcm) - size + 1, size):
        yield rtc.AudioFrame(pcm[start : start + size], rate, 1, size // 2)
