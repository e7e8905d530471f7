"""The caller's sound and keys, outside of any conversation."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

from livekit import rtc

_TRACK_S = 10.0  # the caller's track is there when the call is answered; LiveKit reconnects within 5 s
_FRAME_S = 10.0  # frames come all the time, also when the caller is silent
_QUEUE_FRAMES = 500  # of 10 ms; more is lost rather than kept


async def frames(room: rtc.Room, caller: rtc.RemoteParticipant, rate: int) -> AsyncIterator[rtc.AudioFrame]:
    """What the caller says from now on, mono at `rate` Hz, also on a track that replaces the first.

    Raises:
        TimeoutError: nothing came for 10 s.
    """
    while True:
        stream = rtc.AudioStream(await _track(room, caller), capacity=_QUEUE_FRAMES, sample_rate=rate, num_channels=1)
        try:
            while True:
                try:
                    async with asyncio.timeout(_FRAME_S):
                        event = await anext(stream)
                except StopAsyncIteration:
                    break
                yield event.frame
        finally:
            await stream.aclose()


@contextlib.contextmanager
def listening_for(room: rtc.Room, identity: str, key: str, then: Callable[[], None]) -> Iterator[None]:
    """Call `then` whenever the participant of this identity, who need not be there yet, presses this key."""

    def on_digit(pressed: rtc.SipDTMF) -> None:
        if pressed.digit == key and pressed.participant and pressed.participant.identity == identity:
            then()

    room.on("sip_dtmf_received", on_digit)
    try:
        yield
    finally:
        room.off("sip_dtmf_received", on_digit)


async def _track(room: rtc.Room, caller: rtc.RemoteParticipant) -> rtc.Track:
    """The caller's sound, as soon as there is any."""
    subscribed = asyncio.Event()

    def on_subscribed(*_: object) -> None:
        subscribed.set()

    room.on("track_subscribed", on_subscribed)
    try:
        async with asyncio.timeout(_TRACK_S):
            while True:
                subscribed.clear()
                for publication in caller.track_publications.values():
                    if publication.track is not None and publication.kind == rtc.TrackKind.KIND_AUDIO:
                        return publication.track
                await subscribed.wait()
    finally:
        room.off("track_subscribed", on_subscribed)
