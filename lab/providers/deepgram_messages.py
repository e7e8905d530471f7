"""Messages of Deepgram's streaming recognition: what is asked for, and what is answered.

Shapes as of https://developers.deepgram.com/reference/speech-to-text/listen-streaming.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import pydantic

from lab.providers import lines, listening

Encoding = Literal["linear16", "mulaw"]

_DEFAULT_ENDPOINTING_MS = 10
_NO_ENDPOINTING = {"false", "0"}


def _endpointing(value: object) -> object:
    """`false` is spelled out by clients that want no endpoint."""
    return None if isinstance(value, str) and value.lower() in _NO_ENDPOINTING else value


class Query(pydantic.BaseModel):
    """The query of the handshake. What is not listed is accepted and changes nothing."""

    model_config = pydantic.ConfigDict(frozen=True)

    model: str = pydantic.Field("base", max_length=100)
    encoding: Encoding
    sample_rate: int = pydantic.Field(ge=8000, le=48000)
    channels: Literal["1"] = "1"
    interim_results: bool = False
    vad_events: bool = False
    punctuate: bool = False
    smart_format: bool = False
    endpointing: Annotated[int | None, pydantic.BeforeValidator(_endpointing)] = _DEFAULT_ENDPOINTING_MS
    """Milliseconds of silence; None ends no utterance."""
    utterance_end_ms: int | None = pydantic.Field(None, ge=1000, le=5000)

    @property
    def formatted(self) -> bool:
        """Whether transcripts have capitals and punctuation."""
        return self.punctuate or self.smart_format


class Control(pydantic.BaseModel):
    """A text message of the client."""

    model_config = pydantic.ConfigDict(frozen=True)

    type: Literal["KeepAlive", "Finalize", "CloseStream"]


def speech_started(event: listening.Started) -> lines.Message:
    return {"type": "SpeechStarted", "channel": [0, 1], "timestamp": event.at_s}


def utterance_end(event: listening.Ended) -> lines.Message:
    return {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": event.last_word_end_s}


def results(event: listening.Result, query: Query, request_id: str, *, from_finalize: bool = False) -> lines.Message:
    """A result; `speech_final` only where a pause ended the utterance and endpointing is on."""
    words = [
        {
            "word": word.plain,
            "punctuated_word": word.written,
            "start": word.start_s,
            "end": word.end_s,
            "confidence": round(word.confidence, 4),
        }
        for word in event.words
    ]
    transcript = " ".join(word.written if query.formatted else word.plain for word in event.words)
    confidence = min((word.confidence for word in event.words), default=0.0)
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": event.start_s,
        "duration": round(event.duration_s, 3),
        "is_final": event.is_final,
        "speech_final": event.is_endpoint and query.endpointing is not None,
        "from_finalize": from_finalize,
        "channel": {
            "alternatives": [{"transcript": transcript, "confidence": round(confidence, 4), "words": words}],
        },
        "metadata": {"request_id": request_id, "model_info": {"name": query.model}},
    }


def metadata(query: Query, request_id: str, duration_s: float) -> lines.Message:
    """The summary at the end of the stream."""
    return {
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": request_id,
        "created": datetime.datetime.now(datetime.UTC).isoformat(),
        "duration": round(duration_s, 3),
        "channels": 1,
        "models": [query.model],
    }
