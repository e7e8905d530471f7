"""What a client may change of an agent for one call. Never secrets, base URLs or tools' code."""

from __future__ import annotations

import enum
from typing import Annotated, Any

import pydantic

from callcore import contract

MAX_FIRST_MESSAGE = 2_000
"""Characters; as many as `greeting` in an agent's file may have."""

MAX_PROMPT = 50_000
"""Characters; as many as `instructions` in an agent's file may have."""

_NO_CONTROL_SIGNS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"  # no voice says them, and no database keeps all of them
_Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)]
_Names = Annotated[
    tuple[Annotated[str, pydantic.StringConstraints(min_length=1, max_length=64)], ...], pydantic.Field(max_length=50)
]


class _Part(contract.Message):
    """Base of everything here: as other messages, with what each field is for below it."""

    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)


class OptimizeFor(enum.StrEnum):
    """What a call cares for most."""

    LATENCY = "latency"
    """The agent answers at once, and may cut people off who think while they speak."""
    BALANCED = "balanced"
    QUALITY = "quality"
    """The agent lets people think; a short answer takes longer to come."""


class Intent(_Part):
    """What a call is about, where no agent of the configuration is named, or over what it says."""

    language: str | None = pydantic.Field(default=None, max_length=35)
    """Language of the conversation, for recognition and voice as well; over `language` in their own settings."""
    optimize_for: OptimizeFor | None = None
    """`latency`, `balanced` or `quality`: how soon the agent takes its turn; `turns.preset` of its file."""


class AllowedProviders(_Part):
    """Providers that a call may use, by what for; a part that is left out may use any."""

    stt: _Names | None = None
    """For recognition."""
    llm: _Names | None = None
    """For the model, its fallbacks included."""
    tts: _Names | None = None
    """For the voice."""


class Constraints(_Part):
    """What a call must keep to; a call that cannot is refused."""

    allowed_providers: AllowedProviders = AllowedProviders()
    """Providers that the call may use, once everything else is merged."""


class Overrides(_Part):
    """What one call does differently from its agent's file. None: as the file says."""

    intent: Intent | None = None
    """What the call is about: language, and how soon the agent takes its turn."""
    constraints: Constraints | None = None
    """What the call must keep to; a call that cannot is refused."""
    system_prompt: Annotated[_Text, pydantic.Field(max_length=MAX_PROMPT, pattern=_NO_CONTROL_SIGNS)] | None = None
    """Instead of the agent's prompt; a template, as `instructions` in its file."""
    additional_instructions: Annotated[_Text, pydantic.Field(max_length=10_000, pattern=_NO_CONTROL_SIGNS)] | None = (
        None
    )
    """Added at the end of the prompt as it is: no template."""
    first_message: Annotated[str, pydantic.Field(max_length=MAX_FIRST_MESSAGE, pattern=_NO_CONTROL_SIGNS)] | None = None
    """Instead of the agent's greeting, a template as well; empty: the agent waits for the callee to speak."""
    voice: Annotated[_Text, pydantic.Field(max_length=200)] | dict[str, Any] | None = None
    """Name of a voice of the agent's provider, or settings of the voice, over those of the file's `tts`."""
    llm: dict[str, Any] | None = None
    """Settings of the model, over those of the file's `llm`."""
    tts_options: dict[str, Any] | None = None
    """Settings of the voice, over those of the file's `tts` and over `voice`."""
    stt_options: dict[str, Any] | None = None
    """Settings of recognition, over those of the file's `stt`."""
