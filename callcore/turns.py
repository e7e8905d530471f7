"""One thing said in a call, by one side."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum


class Role(enum.StrEnum):
    """Who spoke."""

    AGENT = "agent"
    USER = "user"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Timings:
    """How long the stages of a turn took, in seconds; None where a stage did not take place or did not say."""

    transcription_delay_s: float | None = None
    """Last sound of the caller to final transcript."""
    end_of_turn_delay_s: float | None = None
    """Last sound of the caller to the decision that the turn is over."""
    llm_first_token_s: float | None = None
    """Request to first token of the model."""
    tts_first_audio_s: float | None = None
    """First text to first sound of the voice."""
    reply_delay_s: float | None = None
    """Last sound of the caller to first sound of the reply, as the agent hands it over."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Turn:
    """A turn of the transcript."""

    role: Role
    message: str
    """What was said. Of an interrupted agent turn, the part that was spoken."""
    at: dt.datetime
    """When it began."""
    interrupted: bool = False
    """The other side cut it off."""
    timings: Timings = Timings()
