"""A file in `agents/`: who talks, with which ears, mind and voice."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Literal, Self

import pydantic

from callcore import transfer_wishes
from sip_config import providers, values
from sip_config.schema import shapes
from sip_config.schema import tools as agent_tools
from sip_config.schema import transfers as handing_over
from sip_config.schema import webhooks as webhook_targets

_LONGEST = dt.timedelta(hours=12)
_AFTER_TRANSFER = dt.timedelta(seconds=transfer_wishes.LONGEST_S)
_MAX_DURATION = dt.timedelta(minutes=30)  # no conversation should be endless by default


class Preset(enum.StrEnum):
    """How soon the agent takes its turn."""

    FAST = "fast"
    """Answers at once and may cut people off who think while they speak."""
    BALANCED = "balanced"
    PATIENT = "patient"
    """Lets people think; a short answer takes longer to come."""


class Sensitivity(enum.StrEnum):
    """How little speech of the caller stops the agent."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Interruptions(shapes.Shape):
    """Whether the caller may cut in."""

    enabled: bool = True
    """Off: the agent always finishes."""
    sensitivity: Sensitivity = Sensitivity.MEDIUM
    """`low`, `medium` or `high`: how little speech of the caller stops the agent."""


class Turns(shapes.Shape):
    """How turns are taken."""

    preset: Preset = Preset.BALANCED
    """`fast`, `balanced` or `patient`: how long a silence ends the caller's turn."""
    detector: providers.TurnDetection | None = None
    """Who decides that the caller has finished: `v1-mini` (the bundled model), `vad` (silence) or `stt`; see below."""
    interruptions: Interruptions = Interruptions()
    """Whether the caller may cut in."""


class MaxDuration(shapes.Shape):
    """How long a call may last."""

    limit: Annotated[values.Duration, values.between(dt.timedelta(seconds=10), _LONGEST)] = _MAX_DURATION
    """The call ends when it has lasted this long."""
    after_transfer: Annotated[values.Duration, values.between(dt.timedelta(seconds=10), _LONGEST)] = _AFTER_TRANSFER
    """It ends when caller and colleague have been connected for this long."""


class Agent(shapes.Shape):
    """One file in `agents/`."""

    name: values.Text
    """What people call this agent."""
    prompt: values.Text | None = None
    """File with the instructions: in the configuration's `prompts/`, else among the built-in ones. A Jinja template."""
    instructions: values.LongText | None = None
    """The instructions themselves, instead of `prompt`. A Jinja template."""
    greeting: Annotated[values.LongText, pydantic.Field(max_length=2000)]
    """What the agent says first. A Jinja template."""
    language: values.Language = "en-US"
    """Language of the conversation."""
    voice_mode: Literal["hosted"] = "hosted"
    """`hosted`: the model under `llm` answers."""
    stt: providers.Stt
    """Speech recognition."""
    llm: providers.Llm
    """The language model."""
    tts: providers.Tts
    """The voice."""
    vad: providers.Vad = providers.LocalVad()
    """What tells speech from silence."""
    turns: Turns = Turns()
    """How turns are taken."""
    max_duration: MaxDuration = MaxDuration()
    """How long a call may last."""
    transfers: Annotated[dict[values.Slug, handing_over.Transfer], pydantic.Field(max_length=50)] = pydantic.Field(
        default_factory=dict
    )
    """Destinations to whom the agent may hand a caller over, by name."""
    transfer_fallback: handing_over.Fallback = transfer_wishes.Fallback.RETURN_TO_AGENT
    """`return_to_agent`, `take_message` or `hang_up`: what follows where nobody takes the call."""
    transfer_texts: handing_over.TransferTexts = handing_over.TransferTexts()
    """What is said around a transfer."""
    transfer_keys: bool = True
    """Whether a colleague may answer by key, 1 for yes and 2 for no. The caller on hold can hear that key."""
    tools: Annotated[tuple[agent_tools.Tool, ...], pydantic.Field(max_length=20)] = pydantic.Field(
        default_factory=agent_tools.default
    )
    """What the agent may do: `end_call` hangs up, `do_not_call` notes who is not to be called again, `transfer_call`
    hands the caller over. Default: these, the last where there are `transfers`; `[]`: nothing."""
    webhooks: webhook_targets.AgentWebhooks = webhook_targets.AgentWebhooks()
    """Who is told of the agent's calls, and asked before them."""
    metadata: dict[values.MetadataKey, values.StaticText] = pydantic.Field(default_factory=dict, max_length=50)
    """Added to the metadata of the agent's calls, over that of the number."""

    @property
    def tool_conditions(self) -> dict[str, str | None]:
        """The condition of each tool that may be offered, by its name; None: always."""
        return agent_tools.conditions(self.tools)

    @property
    def provider_settings(self) -> providers.ProviderSettings:
        """All that the agent listens, thinks and speaks with."""
        return providers.ProviderSettings(
            stt=self.stt, llm=self.llm, tts=self.tts, vad=self.vad, turn_detection=self.turns.detector
        )

    @pydantic.model_validator(mode="after")
    def _instructed_once(self) -> Self:
        if (self.prompt is None) == (self.instructions is None):
            raise values.wrong("give either `prompt` or `instructions`")
        return self
