"""A file in `agents/`: who talks, with which ears, mind and voice."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Literal, Self

import pydantic

from sip_config import problems, providers, values
from sip_config.checking import later
from sip_config.schema import shapes
from sip_config.schema import webhooks as webhook_targets

_TOOLS = ("end_call", "do_not_call")
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

    limit: Annotated[values.Duration, values.between(dt.timedelta(seconds=10), dt.timedelta(hours=12))] = _MAX_DURATION
    """The call ends when it has lasted this long."""


class ToolOptions(shapes.Shape):
    """When a tool is offered."""

    when: values.Condition | None = None
    """A condition in CEL; without one the tool is always offered."""


class EndCall(shapes.Shape):
    """`end_call` with options."""

    end_call: ToolOptions
    """Hangs up."""


class DoNotCall(shapes.Shape):
    """`do_not_call` with options."""

    do_not_call: ToolOptions
    """Puts the other one's number on the do-not-call list."""


def _known_tool(value: object) -> object:
    name = next(iter(value), "") if isinstance(value, dict) else value
    if isinstance(name, str) and name not in _TOOLS:
        if name in later.TOOLS:
            raise values.wrong(later.message(name))
        raise values.wrong(f"there is no such tool{problems.nearest(name, _TOOLS)}")
    return value


def _conditions(tool: EndCall | DoNotCall) -> list[tuple[str, str | None]]:
    return [(name, options.when) for name, options in tool]


def _tool_form(value: object) -> str:
    if isinstance(value, str):
        return "name"
    is_do_not_call = isinstance(value, DoNotCall) or (isinstance(value, dict) and "do_not_call" in value)
    return "do_not_call" if is_do_not_call else "end_call"


Tool = Annotated[
    Annotated[Literal["end_call", "do_not_call"], pydantic.Tag("name")]
    | Annotated[EndCall, pydantic.Tag("end_call")]
    | Annotated[DoNotCall, pydantic.Tag("do_not_call")],
    pydantic.Discriminator(_tool_form),
    pydantic.BeforeValidator(_known_tool),
]
"""A tool's name, or the name with options: `end_call: {when: …}`."""


class TransferMode(enum.StrEnum):
    """How a caller is handed over."""

    WARM = "warm"
    """The agent speaks with the colleague first."""
    BLIND = "blind"
    """The caller is connected at once."""


class Transfer(shapes.Shape):
    """Somebody to whom the agent may transfer a caller."""

    label: values.Text
    """What the agent calls this destination."""
    to: values.Destination
    """A number in E.164 form, or a `sip:` URI."""
    mode: TransferMode = TransferMode.WARM
    """`warm`: the agent speaks with the colleague first; `blind`: the caller is connected at once."""
    screening: Annotated[values.LongText, pydantic.Field(max_length=2000)] | None = None
    """What the agent is to find out from the colleague before it connects them; for `warm`."""
    when: values.Condition | None = None
    """A condition in CEL; without one the destination is always there."""


class TransferFallback(enum.StrEnum):
    """What becomes of a caller whose transfer reaches nobody."""

    RETURN = "return"
    """The agent takes up the conversation again."""
    TAKE_MESSAGE = "take_message"
    """The agent writes down a message."""
    VOICEMAIL = "voicemail"
    """The caller records one."""
    HANG_UP = "hang_up"


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
    transfers: Annotated[dict[values.Slug, Transfer], pydantic.Field(max_length=50)] = pydantic.Field(
        default_factory=dict
    )
    """Destinations by name. They are checked; a later version carries them out."""
    transfer_fallback: TransferFallback = TransferFallback.RETURN
    """`return`, `take_message`, `voicemail` or `hang_up`: what follows a transfer that reaches nobody."""
    tools: Annotated[tuple[Tool, ...], pydantic.Field(max_length=20)] = ("end_call", "do_not_call")
    """What the agent may do: `end_call` hangs up, `do_not_call` notes who is not to be called again; `[]`: neither."""
    webhooks: webhook_targets.AgentWebhooks = webhook_targets.AgentWebhooks()
    """Who is told of the agent's calls, and asked before them."""
    metadata: dict[values.MetadataKey, values.StaticText] = pydantic.Field(default_factory=dict, max_length=50)
    """Added to the metadata of the agent's calls, over that of the number."""

    @property
    def tool_conditions(self) -> dict[str, str | None]:
        """The condition of each tool that may be offered, by its name; None: always."""
        return {
            name: when
            for tool in self.tools
            for name, when in ([(tool, None)] if isinstance(tool, str) else _conditions(tool))
        }

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
