"""What was said, as it is put on record."""

from __future__ import annotations

import datetime as dt

from livekit.agents import llm

from callcore import contract, turns


def of(item: llm.ChatMessage, text: str) -> contract.TurnRecord:
    """A message with its text and the times that it took."""
    metrics = item.metrics
    return contract.TurnRecord(
        role=turns.Role.AGENT if item.role == "assistant" else turns.Role.USER,
        message=text[: contract.MAX_TEXT],
        interrupted=item.interrupted,
        transcription_delay_s=metrics.get("transcription_delay"),
        end_of_turn_delay_s=metrics.get("end_of_turn_delay"),
        llm_first_token_s=metrics.get("llm_node_ttft"),
        tts_first_audio_s=metrics.get("tts_node_ttfb"),
        reply_delay_s=metrics.get("e2e_latency"),
    )


def began_at(item: llm.ChatMessage) -> dt.datetime | None:
    """When somebody began to say it, where that is known."""
    began = item.metrics.get("started_speaking_at")
    return dt.datetime.fromtimestamp(began, dt.UTC) if began else None
