"""What a client may change of an agent for one call. Never secrets, base URLs or tools' code."""

from __future__ import annotations

import enum
from typing import Annotated, Any

import pydantic

from callcore import contract

_Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)]


class OptimizeFor(enum.StrEnum):
    """What an ad-hoc intent cares for most."""

    LATENCY = "latency"
    BALANCED = "balanced"
    QUALITY = "quality"


class Intent(contract.Message):
    """What a call is about, where no agent of the configuration is named, or over what it says."""

    language: str | None = pydantic.Field(default=None, max_length=35)
    optimize_for: OptimizeFor | None = None


class AllowedProviders(contract.Message):
    """Providers that a call may use, by what for; a part that is left out may use any."""

    stt: tuple[str, ...] | None = None
    llm: tuple[str, ...] | None = None
    tts: tuple[str, ...] | None = None


class Constraints(contract.Message):
    """What a call must keep to; a call that cannot is refused."""

    allowed_providers: AllowedProviders = AllowedProviders()


class Overrides(contract.Message):
    """What one call does differently from its agent's file. None: as the file says."""

    intent: Intent | None = None
    constraints: Constraints | None = None
    system_prompt: Annotated[_Text, pydantic.Field(max_length=50_000)] | None = None
    """A template, as `instructions` in an agent's file."""
    additional_instructions: Annotated[_Text, pydantic.Field(max_length=10_000)] | None = None
    """Added to the prompt as it is: no template."""
    first_message: Annotated[str, pydantic.Field(max_length=2000)] | None = None
    """A template, as `greeting`; empty: the agent waits for the callee to speak."""
    voice: str | dict[str, Any] | None = None
    """A voice of the agent's provider, or settings of the voice, over those of the file."""
    llm: dict[str, Any] | None = None
    tts_options: dict[str, Any] | None = None
    stt_options: dict[str, Any] | None = None
