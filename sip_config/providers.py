"""What may stand under an agent's `stt`, `llm`, `tts` and `vad`: settings of providers, as data.

Nothing here talks to a provider or reads the environment. `api_key` may be a `${NAME}` reference, resolved as late as
possible against a mapping that the caller passes in (`resolve`).
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, ClassVar, Literal

import pydantic
import pydantic_core

from callcore import addresses
from sip_config import provider_names

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_URL = r"^(https?|wss?)://[^\s/]+"
_RAW_VOICE_ID = re.compile(r"[A-Za-z0-9]{20}")
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_UNREADABLE = ""  # a `base_url` with a mistake of its own: another server was meant
_FINE_TUNED = "ft:"
_NOVA_3 = "nova-3"
_LONGEST_NAME = 64  # comparing costs the product of the lengths

Unit = Annotated[float, pydantic.Field(ge=0, le=1)]


def _url(value: str) -> str:
    if re.match(_URL, value) is None:
        raise pydantic_core.PydanticCustomError("wrong_value", "write a URL such as `http://vllm:8000/v1`")
    try:
        addresses.check_base_url(value)
    except addresses.ForbiddenTarget as error:
        raise pydantic_core.PydanticCustomError("wrong_value", "{text}", {"text": error.message}) from None
    return value


BaseUrl = Annotated[str, pydantic.AfterValidator(_url), pydantic.Field(json_schema_extra={"pattern": _URL})]


class TurnDetection(enum.StrEnum):
    """Who decides that the caller has finished."""

    V1_MINI = "v1-mini"
    """The bundled audio model."""
    VAD = "vad"
    """Silence alone."""
    STT = "stt"
    """The recogniser's own end of utterance."""


def unknown(kind: str, given: str, names: Iterable[str], hint: str = "") -> pydantic_core.PydanticCustomError:
    """The error for a name that is not in a list: the nearest one that is, and what else can be done."""
    known = sorted(names)
    close = difflib.get_close_matches(given[:_LONGEST_NAME], known, n=1, cutoff=0.5)
    message = f"unknown {kind} `{given}`: " + (
        f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
    )
    text = f"{message} ({hint})" if hint else message
    return pydantic_core.PydanticCustomError("unknown_name", "{text}", {"text": text})


def _naming_the_nearest(*names: str) -> pydantic.BeforeValidator:
    def check(value: object) -> object:
        given = value.get("provider") if isinstance(value, dict) else None
        if isinstance(given, str) and given not in names:
            raise unknown("provider", given, names)
        return value

    return pydantic.BeforeValidator(check)


_BY_PROVIDER = pydantic.Discriminator("provider")


class _Settings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


class _Hosted(_Settings):
    """A provider behind an URL, with a model and a key."""

    known_models: ClassVar[Collection[str]]
    default_key: ClassVar[str]

    base_url: BaseUrl | None = None
    """Another server that speaks the same protocol; any model name is then accepted."""
    api_key: str | None = None
    """Default: the vendor's usual variable; none where `base_url` is given."""
    model: str
    """Name of the model."""

    @property
    def key_reference(self) -> str | None:
        """The key or the reference to it. The vendor's key is never offered to another host."""
        return self.api_key or (self.default_key if self.base_url is None else None)

    @pydantic.field_validator("model")
    @classmethod
    def _known(cls, model: str, info: pydantic.ValidationInfo) -> str:
        known = _DATED.sub("", model) in cls.known_models or model.startswith(_FINE_TUNED)
        if not known and info.data.get("base_url", _UNREADABLE) is None:
            raise unknown("model", model, cls.known_models, "write base_url out to use it anyway")
        return model


class DeepgramStt(_Hosted):
    """Deepgram, streaming, the nova protocol (v1)."""

    known_models = provider_names.DEEPGRAM_STT
    default_key = "${DEEPGRAM_API_KEY}"

    provider: Literal["deepgram"]
    model: str = "nova-3"
    """The recogniser."""
    language: str | None = None
    """Default: the agent's language. `multi` for several at once."""
    keyterms: tuple[str, ...] = ()
    """Names and jargon to expect; for models of the nova-3 family."""
    numerals: bool = False
    """Write "nine hundred" as 900."""

    @pydantic.field_validator("keyterms")
    @classmethod
    def _of_nova_3(cls, keyterms: tuple[str, ...], info: pydantic.ValidationInfo) -> tuple[str, ...]:
        if keyterms and not str(info.data.get("model", _NOVA_3)).startswith(_NOVA_3):
            raise pydantic_core.PydanticCustomError("wrong_value", "only models of the nova-3 family take keyterms")
        return keyterms


class OpenAiStt(_Hosted):
    """OpenAI or any server with `POST /audio/transcriptions`; one request per utterance."""

    known_models = provider_names.OPENAI_STT
    default_key = "${OPENAI_API_KEY}"

    provider: Literal["openai"]
    model: str = "gpt-4o-mini-transcribe"
    """The recogniser; one request per utterance."""
    language: str | None = None
    """Default: the agent's language."""
    prompt: str | None = None
    """What the calls are about, as a hint."""


class OfflineStt(_Settings):
    """Recognition on this machine, of what a flow expects callers to say. English only."""

    provider: Literal["offline"]
    phrases: tuple[str, ...] = ()
    """More of what callers say, in words as spoken."""
    filler_words: bool = True
    """Know common words besides, so that something unexpected is not taken for something expected."""
    min_confidence: Unit = 0
    """Results below this count as nothing said; 0.0003 turns away most of what no flow expects."""
    narrowband: bool = True
    """Calls have telephone bandwidth (G.711). Off for wideband trunks."""


class OpenAiModel(_Hosted):
    """A model behind OpenAI-compatible chat completions."""

    known_models = provider_names.OPENAI_LLM
    default_key = "${OPENAI_API_KEY}"

    provider: Literal["openai"]
    model: str = "gpt-4.1-mini"
    """The model: OpenAI's, or with `base_url` that of any server with its chat completions, such as vLLM or Ollama."""
    temperature: Annotated[float, pydantic.Field(ge=0, le=2)] | None = None
    """0 is always the same, 2 is wild; default: the server's."""
    max_tokens: Annotated[int, pydantic.Field(ge=1)] | None = None
    """Upper limit of one reply; default: the server's."""


class OfflineLlm(_Settings):
    """A scripted flow in place of a model."""

    provider: Literal["offline"]
    flow: Annotated[str, pydantic.StringConstraints(min_length=1)]
    """The flow's file, beside the agent's."""


class OpenAiLlm(OpenAiModel):
    """A model, and others to ask when it fails."""

    fallback: tuple[
        Annotated[Annotated[OpenAiModel | OfflineLlm, _BY_PROVIDER], _naming_the_nearest("openai", "offline")], ...
    ] = ()
    """Asked in this order when the model does not answer."""


class ElevenLabsTts(_Hosted):
    """ElevenLabs, streaming."""

    known_models = provider_names.ELEVENLABS_TTS
    default_key = "${ELEVENLABS_API_KEY}"

    provider: Literal["elevenlabs"]
    model: str = "eleven_turbo_v2_5"
    """The voice model."""
    voice: str = "Rachel"
    """A name of the vendor's public voices, or a voice id."""
    speed: Annotated[float, pydantic.Field(ge=0.7, le=1.2)] = 1.0
    """1 is the voice's own."""
    stability: Unit = 0.5
    """0 is lively, 1 is even."""
    similarity: Unit = 0.8
    """How closely to keep to the voice."""
    language: str | None = None
    """Only for models that take one; default: heard from the text."""

    @property
    def voice_id(self) -> str:
        """The id that goes into requests."""
        by_name = {name.lower(): voice for name, voice in provider_names.ELEVENLABS_VOICES.items()}
        return by_name.get(self.voice.lower(), self.voice)

    @pydantic.field_validator("voice")
    @classmethod
    def _known_voice(cls, voice: str, info: pydantic.ValidationInfo) -> str:
        names = provider_names.ELEVENLABS_VOICES
        known = voice.lower() in {name.lower() for name in names} or _RAW_VOICE_ID.fullmatch(voice)
        if not known and info.data.get("base_url", _UNREADABLE) is None:
            raise unknown("voice", voice, names, "or give the voice's id of 20 letters and digits")
        return voice


class OpenAiTts(_Hosted):
    """OpenAI or any server with `POST /audio/speech`; one request per sentence."""

    known_models = provider_names.OPENAI_TTS
    default_key = "${OPENAI_API_KEY}"

    provider: Literal["openai"]
    model: str = "gpt-4o-mini-tts"
    """The voice model; one request per sentence."""
    voice: str = "ash"
    """Name of the voice."""
    speed: Annotated[float, pydantic.Field(ge=0.25, le=4)] = 1.0
    """1 is the voice's own."""

    @pydantic.field_validator("voice")
    @classmethod
    def _known_voice(cls, voice: str, info: pydantic.ValidationInfo) -> str:
        if info.data.get("base_url", _UNREADABLE) is None and voice not in provider_names.OPENAI_VOICES:
            raise unknown("voice", voice, provider_names.OPENAI_VOICES)
        return voice


class OfflineTts(_Settings):
    """A voice synthesised on this machine by flite. English only."""

    provider: Literal["offline"]
    voice: Literal["slt", "rms", "awb", "kal", "kal16"] = "slt"
    """`slt` is a woman's, the others are men's; `kal` and `kal16` are the fastest and harshest."""


class LocalVad(_Settings):
    """The voice activity detector that comes with the agent framework."""

    provider: Literal["local"] = "local"
    min_silence: Annotated[float, pydantic.Field(ge=0.05, le=5)] = 0.25
    """Seconds without voice that end an utterance."""
    threshold: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.5
    """Probability of voice from which a sound counts as speech."""


class SileroVad(_Settings):
    """The silero plugin; about 115 MB and 1.8 s more at start."""

    provider: Literal["silero"]
    min_silence: Annotated[float, pydantic.Field(ge=0.05, le=5)] = 0.55
    """Seconds without voice that end an utterance."""
    threshold: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.5
    """Probability of voice from which a sound counts as speech."""


Stt = Annotated[
    Annotated[DeepgramStt | OpenAiStt | OfflineStt, _BY_PROVIDER],
    _naming_the_nearest("deepgram", "openai", "offline"),
]
Llm = Annotated[Annotated[OpenAiLlm | OfflineLlm, _BY_PROVIDER], _naming_the_nearest("openai", "offline")]
Tts = Annotated[
    Annotated[ElevenLabsTts | OpenAiTts | OfflineTts, _BY_PROVIDER],
    _naming_the_nearest("elevenlabs", "openai", "offline"),
]
Vad = Annotated[Annotated[LocalVad | SileroVad, _BY_PROVIDER], _naming_the_nearest("local", "silero")]


class ProviderSettings(_Settings):
    """All that one agent listens, thinks and speaks with."""

    stt: Stt
    llm: Llm
    tts: Tts
    vad: Vad = LocalVad()
    turn_detection: TurnDetection | None = None
    """Default: the bundled model; silence alone with offline recognition, whose callers are mostly synthetic."""

    @property
    def turns_by(self) -> TurnDetection:
        """`turn_detection`, or its default."""
        by_default = TurnDetection.VAD if isinstance(self.stt, OfflineStt) else TurnDetection.V1_MINI
        return self.turn_detection or by_default

    def hosted(self) -> list[DeepgramStt | OpenAiStt | OpenAiModel | ElevenLabsTts | OpenAiTts]:
        """Every part that needs a host, fallbacks included."""
        parts = [self.stt, self.llm, self.tts, *(self.llm.fallback if isinstance(self.llm, OpenAiLlm) else [])]
        return [part for part in parts if not isinstance(part, OfflineStt | OfflineLlm | OfflineTts)]

    def flow_files(self) -> list[str]:
        """The flows that are needed, the model's own first."""
        parts = [self.llm, *(self.llm.fallback if isinstance(self.llm, OpenAiLlm) else [])]
        return [part.flow for part in parts if isinstance(part, OfflineLlm)]


def references(text: str | None) -> list[str]:
    """The names of the variables that a text refers to."""
    return [match[1] for match in _REFERENCE.finditer(text or "") if match[1]]


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """The text with each `${NAME}` replaced; `$${` stands for a literal `${`.

    Raises:
        KeyError: with the name of a variable that is not set.
    """
    return _REFERENCE.sub(lambda match: environment[match[1]] if match[1] else "${", text)
