"""The audio of one call: RTP out every 20 ms, RTP in as it comes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

import numpy as np

from lab.softphone import (
    dtmf,
    ears,
    errors,
    keypad,
    media_sockets,
    negotiation,
    playout,
    recordings,
    rtp,
    sounds,
    timelines,
)
from lab.softphone.g711 import Codec
from lab.softphone.misbehaviour import Misbehaviour
from lab.softphone.sounds import Samples

_NOISE_S = 10.0
"""Idle noise repeats after so long."""


class Media:
    """Socket, clock, mouth and ears of a call."""

    def __init__(
        self,
        ip: str,
        *,
        timeline: timelines.Timeline,
        codecs: tuple[Codec, ...],
        misbehaviour: Misbehaviour,
        on_change: Callable[[], None],
    ) -> None:
        self.recording = recordings.Recording()
        self.ears = ears.Ears()
        self.keypad = keypad.Keypad()
        self.digits = dtmf.Listener()
        self.playout = playout.Playout(timeline.now_s)
        self.sources: set[int] = set()
        """The SSRC of every stream heard."""
        self.is_mute = misbehaviour.sends_no_rtp
        """Whether no packet is sent at all."""
        self._timeline = timeline
        self._misbehaviour = misbehaviour
        self._on_change = on_change
        self._socket = media_sockets.MediaSocket(ip, self._receive)
        self.negotiation = negotiation.Negotiation(ip, self._socket.port, codecs)
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._first_stamp = secrets.randbits(31)
        self._event_stamp = 0
        self._is_talking = False
        self._idle = _idle_sound(misbehaviour.comfort_noise_dbfs)

    async def send_paced(self) -> None:
        """Sends one packet each 20 ms, by a schedule: what is late is made up for, so nothing drifts."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        step = 0
        while True:
            await asyncio.sleep(max(0.0, started_s + step * sounds.FRAME_S - loop.time()))
            self._send(step)
            step += 1

    def close(self) -> None:
        self._socket.close()
        self.playout.close()
        self.keypad.close()

    def _send(self, step: int) -> None:
        """The packet of one step. Where nothing may be sent, time and utterances pass all the same."""
        stamp = self._first_stamp + step * sounds.FRAME
        event = self.keypad.take() if self.keypad.is_busy else None
        samples = None if event else self.playout.take()
        agreed = self.negotiation.agreed
        if agreed is None or not agreed.direction.sends or self.is_mute or self._has_stopped():
            self._is_talking = False
            return
        if event is not None and agreed.events_out is not None:
            self._event_stamp = stamp if event.is_first else self._event_stamp
            packet = self._packet(event.payload, agreed.events_out, self._event_stamp, marker=event.is_first)
        else:
            samples = self._idle_frame(step) if samples is None else samples
            packet = self._packet(agreed.codec.encode(samples), agreed.codec.value, stamp, marker=not self._is_talking)
            self.recording.sent.add(samples, ssrc=self._ssrc, timestamp=stamp, at_s=self._timeline.now_s())
        self._socket.send(packet.encode(), agreed.address)
        self._is_talking = True

    def _has_stopped(self) -> bool:
        stops, answered_s = self._misbehaviour.rtp_stops_after_s, self._timeline.get(timelines.Milestone.ANSWERED)
        return stops is not None and answered_s is not None and self._timeline.now_s() >= answered_s + stops

    def _idle_frame(self, step: int) -> Samples:
        start = step * sounds.FRAME % len(self._idle)
        return self._idle[start : start + sounds.FRAME]

    def _packet(self, payload: bytes, payload_type: int, timestamp: int, *, marker: bool) -> rtp.Packet:
        self._sequence += 1
        return rtp.Packet(
            payload_type=payload_type,
            sequence=self._sequence,
            timestamp=timestamp,
            ssrc=self._ssrc,
            payload=payload,
            marker=marker,
        )

    def _receive(self, datagram: bytes, arrived_s: float) -> None:
        at_s = arrived_s - self._timeline.origin_s
        try:
            packet = rtp.parse(datagram)
            self._take_in(packet, at_s)
        except errors.MalformedMessage:
            return

    def _take_in(self, packet: rtp.Packet, at_s: float) -> None:
        if packet.payload_type in (Codec.PCMU.value, Codec.PCMA.value):
            samples = Codec(packet.payload_type).decode(packet.payload)
            self.sources.add(packet.ssrc)
            self.recording.received.add(samples, ssrc=packet.ssrc, timestamp=packet.timestamp, at_s=at_s)
            self.ears.hear(samples, at_s)
        elif packet.payload_type == self._events_in:
            self.digits.hear(packet.payload, ssrc=packet.ssrc, timestamp=packet.timestamp, at_s=at_s)
        else:
            return
        self._on_change()

    @property
    def _events_in(self) -> int | None:
        """The payload type of keypad events; the usual one as long as nothing is agreed."""
        agreed = self.negotiation.agreed
        return dtmf.PAYLOAD_TYPE if agreed is None else agreed.events_in


def _idle_sound(noise_dbfs: float | None) -> Samples:
    if noise_dbfs is None:
        return np.zeros(sounds.FRAME, np.int16)
    return sounds.noise(_NOISE_S, dbfs=noise_dbfs)
