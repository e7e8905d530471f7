"""Voice activity and the end of turns, found on this machine."""

from __future__ import annotations

from typing import Literal

from livekit.agents import inference, vad

from sip_config import providers

TurnDetection = inference.TurnDetector | Literal["vad", "stt"]


def activity(settings: providers.LocalVad | providers.SileroVad) -> vad.VAD:
    """The voice activity detector."""
    if isinstance(settings, providers.LocalVad):
        return inference.VAD(min_silence_duration=settings.min_silence, activation_threshold=settings.threshold)
    from livekit.plugins import silero  # brings onnxruntime, some 100 MB that few agents need

    return silero.VAD.load(min_silence_duration=settings.min_silence, activation_threshold=settings.threshold)


def turn_detection(decided_by: providers.TurnDetection) -> TurnDetection:
    """What ends the caller's turn. The version is pinned: left open, it may be a model in the cloud."""
    match decided_by:
        case providers.TurnDetection.V1_MINI:
            return inference.TurnDetector(version="v1-mini")
        case providers.TurnDetection.VAD:
            return "vad"
        case providers.TurnDetection.STT:
            return "stt"
