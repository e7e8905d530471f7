"""A room with livekit-sip in it, as the worker sees them when it speaks."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc


class Source:
    """Stands in for the queue of sound that LiveKit sends: keeps what it gets, and plays it at once."""

    made: list[Source]

    def __init__(self, sample_rate: int, num_channels: int, queue_size_ms: int = 0) -> None:
        assert num_channels == 1
        self.rate = sample_rate
        self.heard = b""
        self.queued_duration = 0.0
        self.is_closed = False
        self.made.append(self)

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        assert frame.sample_rate == self.rate
        self.heard += bytes(frame.data)

    async def wait_for_playout(self) -> None:
        pass

    def clear_queue(self) -> None:
        pass

    async def aclose(self) -> None:
        self.is_closed = True


class Bridge:
    """Stands in for the room and for livekit-sip in it, which answers the phone when it subscribes."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.subscribed = asyncio.Event()
        self.failure: Exception | None = None
        self.local_participant = self
        self.sid = "TR_1"

    async def publish_track(self, track: str, options: rtc.TrackPublishOptions) -> Bridge:
        if self.failure:
            raise self.failure
        assert options.source == rtc.TrackSource.SOURCE_MICROPHONE
        self.published.append(track)
        return self

    async def wait_for_subscription(self) -> None:
        await self.subscribed.wait()


def build(monkeypatch: pytest.MonkeyPatch) -> Bridge:
    """A bridge, with LiveKit's own sound out of the way."""
    monkeypatch.setattr(Source, "made", [], raising=False)
    monkeypatch.setattr(rtc, "AudioSource", Source)
    monkeypatch.setattr(rtc.LocalAudioTrack, "create_audio_track", lambda name, _: name)
    return Bridge()
