"""Settings of providers: defaults, and errors that name what was meant."""

from __future__ import annotations

import typing

import pydantic
import pytest
from livekit.plugins.deepgram import models as deepgram_models
from livekit.plugins.elevenlabs import models as elevenlabs_models
from livekit.plugins.openai import models as openai_models

from sip_config import provider_names, providers

pytestmark = pytest.mark.unit

STT: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(providers.Stt)
LLM: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(providers.Llm)
TTS: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(providers.Tts)
VAD: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(providers.Vad)

Written = dict[str, object]


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        (STT, {"provider": "deepgrm"}, "unknown provider `deepgrm`: did you mean `deepgram`?"),
        (STT, {"provider": "deepgram", "model": "nova3"}, "unknown model `nova3`: did you mean `nova-3`?"),
        (STT, {"provider": "deepgram", "model": "nova-2", "keyterms": ["Acme"]}, "only models of the nova-3 family"),
        (STT, {"provider": "offline", "phrase": []}, "Extra inputs are not permitted"),
        (STT, {"provider": "offline", "min_confidence": "2"}, "less than or equal to 1"),
        (LLM, {"provider": "openai", "model": "gpt-4.1-mni"}, "did you mean `gpt-4.1-mini`?"),
        (LLM, {"provider": "openai", "base_url": "vllm:8000"}, "write a URL such as"),
        (LLM, {"provider": "openai", "fallback": [{"provider": "opnai"}]}, "did you mean `openai`?"),
        (LLM, {"provider": "offline"}, "Field required"),
        (TTS, {"provider": "elevenlabs", "voice": "Rachael"}, "did you mean `Rachel`?"),
        (TTS, {"provider": "elevenlabs", "speed": "2"}, "less than or equal to 1.2"),
        (TTS, {"provider": "openai", "voice": "ashe"}, "did you mean `ash`?"),
        (TTS, {"provider": "offline", "voice": "stl"}, "'slt', 'rms', 'awb', 'kal' or 'kal16'"),
        (VAD, {"provider": "slero"}, "did you mean `silero`?"),
    ],
)
def test_mistakes_name_what_was_meant(kind: pydantic.TypeAdapter[object], written: Written, expected: str) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        kind.validate_python(written)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (STT, {"provider": "deepgram", "model": "mine", "base_url": "http://127.0.0.1:8080/v1/listen"}),
        (LLM, {"provider": "openai", "model": "qwen3", "base_url": "http://vllm:8000/v1"}),
        (LLM, {"provider": "openai", "model": "gpt-4.1-mini-2025-04-14"}),
        (LLM, {"provider": "openai", "model": "ft:gpt-4.1-mini:acme::abc"}),
        (TTS, {"provider": "elevenlabs", "voice": "abcdefghij0123456789"}),
        (TTS, {"provider": "elevenlabs", "voice": "mine", "base_url": "http://127.0.0.1:8080/v1"}),
    ],
)
def test_models_and_voices_of_ones_own_are_taken(kind: pydantic.TypeAdapter[object], written: Written) -> None:
    kind.validate_python(written)


def test_voices_are_known_by_name_in_any_case() -> None:
    rachel = providers.ElevenLabsTts(provider="elevenlabs", voice="rachel")
    assert rachel.voice_id == provider_names.ELEVENLABS_VOICES["Rachel"]


def test_a_vendors_key_is_not_offered_to_another_host() -> None:
    assert providers.OpenAiLlm(provider="openai").key_reference == "${OPENAI_API_KEY}"
    assert providers.OpenAiLlm(provider="openai", base_url="http://vllm/v1").key_reference is None


def test_silence_ends_turns_by_default_only_with_offline_recognition() -> None:
    llm, tts = {"provider": "openai"}, {"provider": "elevenlabs"}
    made = providers.ProviderSettings.model_validate
    offline = made({"stt": {"provider": "offline"}, "llm": llm, "tts": tts})
    hosted = made({"stt": {"provider": "deepgram"}, "llm": llm, "tts": tts})
    assert (offline.turns_by, hosted.turns_by) == (providers.TurnDetection.VAD, providers.TurnDetection.V1_MINI)


def test_references_are_found_and_resolved() -> None:
    assert providers.references("${A}-${B}-$${C}") == ["A", "B"]
    assert providers.resolve("${A}-$${C}", {"A": "1"}) == "1-${C}"
    with pytest.raises(KeyError, match="A"):
        providers.resolve("${A}", {})


@pytest.mark.parametrize(
    ("ours", "plugins", "left_out"),
    [
        (
            provider_names.DEEPGRAM_STT,
            deepgram_models.DeepgramModels,
            # Flux speaks another protocol; the vendor's oldest names are aliases of `base`.
            {"flux-general-en", "meeting", "phonecall", "finance", "conversationalai", "voicemail", "video"},
        ),
        (provider_names.ELEVENLABS_TTS, elevenlabs_models.TTSModels, set()),
        (provider_names.OPENAI_TTS, openai_models.TTSModels, set()),
        (provider_names.OPENAI_VOICES, openai_models.TTSVoices, set()),
    ],
)
def test_every_model_that_the_plugins_name_is_known(ours: frozenset[str], plugins: object, left_out: set[str]) -> None:
    assert set(typing.get_args(plugins)) - left_out <= ours


def test_every_present_chat_model_that_the_plugin_names_is_known() -> None:
    present = {
        name for name in typing.get_args(openai_models.ChatModels) if name.startswith(("gpt-4.1", "gpt-4o", "gpt-5"))
    }
    assert {name for name in present if "-20" not in name} <= provider_names.OPENAI_LLM
