"""Overrides of one call: merged in order, another provider begins anew, and no server or key is ever a client's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip_config import configurations, providers
from sip_config.sessions import findings, overrides, overriding

pytestmark = pytest.mark.unit


def merged(agent: configurations.Agent, **asked: Any) -> configurations.Agent:
    return overriding.apply(agent, overrides.Overrides.model_validate(asked))


def found(agent: configurations.Agent, **asked: Any) -> dict[str, str]:
    with pytest.raises(findings.Unfit) as unfit:
        merged(agent, **asked)
    return dict(unfit.value.found)


def shown(settings: Any) -> dict[str, Any]:
    written: dict[str, Any] = settings.model_dump(mode="json", exclude_unset=True)
    return written


def test_nothing_asked_for_is_the_file_and_its_version(desk: configurations.Agent) -> None:
    assert merged(desk) == desk
    assert merged(desk, constraints={"allowed_providers": {"llm": ["openai", "offline"]}}) == desk


def test_a_call_of_its_own_has_a_version_of_its_own_the_same_each_time(desk: configurations.Agent) -> None:
    first, again = merged(desk, voice="Adam"), merged(desk, voice="Adam")
    other = merged(desk, voice="Bill")
    assert first.version == again.version != other.version
    base, _, own = first.version.partition("+")
    assert (base, len(own)) == (desk.version, 8)


def test_settings_go_over_those_of_the_file(desk: configurations.Agent) -> None:
    call = merged(desk, llm={"temperature": 0.2, "maxTokens": 90}, stt_options={"numerals": True}, voice={"speed": 0.9})
    assert shown(call.settings.llm) == {**shown(desk.settings.llm), "temperature": 0.2, "max_tokens": 90}
    assert shown(call.settings.stt) == {**shown(desk.settings.stt), "numerals": True}
    assert shown(call.settings.tts) == {**shown(desk.settings.tts), "speed": 0.9}
    assert call.flow == desk.flow


def test_the_later_word_counts(desk: configurations.Agent) -> None:
    call = merged(desk, voice={"voice": "Adam", "speed": 0.8}, tts_options={"speed": 0.9, "stability": 1})
    assert shown(call.settings.tts) == {**shown(desk.settings.tts), "voice": "Adam", "speed": 0.9, "stability": 1.0}


def test_another_provider_keeps_nothing_of_the_former_one(desk: configurations.Agent) -> None:
    call = merged(
        desk,
        voice={"provider": "openai"},
        tts_options={"voice": "nova"},
        stt_options={"provider": "openai", "model": "whisper-1"},
    )
    assert shown(call.settings.tts) == {"provider": "openai", "voice": "nova"}
    assert shown(call.settings.stt) == {"provider": "openai", "model": "whisper-1"}
    assert isinstance(call.settings.tts, providers.OpenAiTts)
    assert call.settings.tts.key_reference == "${OPENAI_API_KEY}"


def test_going_there_and_back_does_not_bring_the_key_along(desk: configurations.Agent) -> None:
    call = merged(desk, voice={"provider": "openai"}, tts_options={"provider": "elevenlabs", "voice": "Adam"})
    assert shown(call.settings.tts) == {"provider": "elevenlabs", "voice": "Adam"}


def test_a_scripted_agent_that_gets_a_model_loses_its_script(configuration: configurations.Configuration) -> None:
    call = merged(configuration.agents["sales"], llm={"provider": "openai"})
    assert (shown(call.settings.llm), call.flow) == ({"provider": "openai"}, None)


@pytest.mark.parametrize(
    ("field", "named"), [("system_prompt", "systemPrompt"), ("additional_instructions", "additionalInstructions")]
)
def test_a_scripted_agent_takes_no_prompt(configuration: configurations.Configuration, field: str, named: str) -> None:
    asked = {field: "You sell boilers."}
    ((path, message),) = found(configuration.agents["sales"], **asked).items()
    assert (path, "follows a script" in message) == (named, True)
    assert merged(configuration.agents["sales"], **asked, llm={"provider": "openai"}).flow is None


def test_what_knows_english_only_takes_no_other_language(configuration: configurations.Configuration) -> None:
    sales, other = configuration.agents["sales"], {"intent": {"language": "es"}}
    assert found(sales, **other) == {
        "intent.language": "recognition and voices of the provider `offline` know English only; "
        "choose others with `sttOptions` and `ttsOptions`"
    }
    heard = {"stt_options": {"provider": "deepgram"}}
    assert found(sales, **other, **heard)["intent.language"].endswith("with `ttsOptions`")
    assert merged(sales, **other, **heard, voice={"provider": "openai"}).settings.language == "es"
    assert merged(sales, intent={"language": "en-GB"}).settings.language == "en-GB"


def test_language_goes_over_what_the_parts_say_themselves(desk: configurations.Agent) -> None:
    call = merged(desk, intent={"language": "es"})
    assert call.settings.language == "es"
    assert "language" not in shown(call.settings.stt)
    call = merged(desk, intent={"language": "es"}, stt_options={"language": "multi"})
    assert shown(call.settings.stt)["language"] == "multi"


@pytest.mark.parametrize(
    ("what_for", "preset"), [("latency", "fast"), ("balanced", "balanced"), ("quality", "patient")]
)
def test_optimize_for_says_how_turns_are_taken(desk: configurations.Agent, what_for: str, preset: str) -> None:
    call = merged(desk, intent={"optimize_for": what_for})
    assert call.settings.turns.preset.value == preset
    assert call.settings.turns.interruptions == desk.settings.turns.interruptions


def test_texts_are_the_calls_own(desk: configurations.Agent) -> None:
    call = merged(desk, system_prompt=" You ask. ", first_message="", additional_instructions="{{ not }} ${A} template")
    assert (call.instructions.text, call.greeting.text) == ("You ask.", "")
    assert call.addition == "{{ not }} ${A} template"


@pytest.mark.parametrize(
    ("asked", "problems"),
    [
        ({"llm": {"base_url": "http://evil"}}, {"llm.base_url": "cannot be set for one call"}),
        ({"llm": {"baseUrl": None}}, {"llm.baseUrl": "cannot be set for one call"}),
        ({"llm": {"apiKey": "k"}}, {"llm.apiKey": "cannot be set for one call"}),
        ({"llm": {"flow": "other.flow.yaml"}}, {"llm.flow": "cannot be set for one call"}),
        ({"llm": {"fallback": []}}, {"llm.fallback": "cannot be set for one call"}),
        (
            {"stt_options": {"keyterms": ["a", "${VOICE_KEY}"]}},
            {"sttOptions.keyterms": "`${` begins a reference to the environment, which cannot be set for one call"},
        ),
        (
            {"voice": "${VOICE_KEY}"},
            {"voice": "`${` begins a reference to the environment, which cannot be set for one call"},
        ),
        ({"llm": {"temprature": 1}}, {"llm.temprature": "unknown setting (did you mean `temperature`?)"}),
        ({"llm": {"maxTokens": 1, "max_tokens": 2}}, {"llm.max_tokens": "is given twice"}),
        ({"llm": {"temperature": 3}}, {"llm.temperature": "input should be less than or equal to 2"}),
        ({"llm": {"provider": "opnai"}}, {"llm.provider": "unknown provider `opnai`: did you mean `openai`?"}),
        (
            {"llm": {"provider": "offline"}},
            {"llm.provider": "the scripted model needs a flow, which only an agent's file can name"},
        ),
        (
            {"stt_options": {"model": "nova-2"}},
            {"sttOptions": "only models of the nova-3 family take keyterms"},
        ),
        ({"stt_options": {"keyterms": ["x" * 10_000]}}, {"sttOptions": "over 10000 characters"}),
        ({"stt_options": {"keyterms": ["x", 3]}}, {"sttOptions.keyterms.1": "input should be a valid string"}),
        ({"intent": {"language": "Spanish"}}, {"intent.language": "write a language tag, such as `en-US` or `de`"}),
        (
            {"constraints": {"allowed_providers": {"llm": ["openai"], "tts": []}}},
            {
                "constraints.allowedProviders.llm": "the call would use `offline`, which is not among them",
                "constraints.allowedProviders.tts": "the call would use `elevenlabs`, which is not among them",
            },
        ),
        (
            {"llm": {"provider": "openai", "apiKey": "k"}, "stt_options": {"provider": "x"}, "voice": {"speed": 9}},
            {
                "llm.apiKey": "cannot be set for one call",
                "sttOptions.provider": "unknown provider `x`: known are deepgram, offline, openai",
                "voice.speed": "input should be less than or equal to 1.2",
            },
        ),
    ],
)
def test_everything_that_is_wrong_is_told_at_its_place(
    desk: configurations.Agent, asked: dict[str, Any], problems: dict[str, str]
) -> None:
    assert found(desk, **asked) == problems


def test_a_voice_that_nobody_has_is_told_at_the_voice(desk: configurations.Agent) -> None:
    assert found(desk, voice="Nobody")["voice"].startswith("unknown voice `Nobody`")


def test_constraints_are_held_against_what_comes_of_the_rest(desk: configurations.Agent) -> None:
    only = {"allowed_providers": {"tts": ["openai"]}}
    call = merged(desk, voice={"provider": "openai"}, constraints=only)
    assert call.settings.tts.provider == "openai"


# Names with values that fit them, so that many calls come about; and, among them, what must never get through.
_FITTING = {
    "provider": st.sampled_from(["openai", "elevenlabs", "deepgram", "offline"]),
    "model": st.sampled_from(["gpt-4o", "nova-3", "whisper-1", "tts-1", "${OTHER}"]),
    "voice": st.sampled_from(["Adam", "nova", "slt"]),
    "temperature": st.floats(0, 2),
    "speed": st.floats(0.7, 1.2),
    "language": st.sampled_from(["es", "multi"]),
    "keyterms": st.lists(st.sampled_from(["valve", "${OTHER}"]), max_size=2),
}
_FORBIDDEN = st.sampled_from(
    ["apiKey", "api_key", "baseUrl", "base_url", "BaseUrl", "API_KEY", "Api_Key", "flow", "fallback"]
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None), max_size=20),
    st.sampled_from(["openai", "http://evil.example", "${OTHER}", "$${"]),
)
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=3)
_JUNK = st.one_of(
    st.fixed_dictionaries({}, optional=_FITTING),
    st.dictionaries(_FORBIDDEN, st.sampled_from(["http://evil.example", "key"]), min_size=1, max_size=1),
    st.dictionaries(_FORBIDDEN | st.sampled_from([*_FITTING]) | st.text(max_size=10), _VALUES, max_size=3),
)
_ASKED = st.fixed_dictionaries(
    {},
    optional={
        "llm": _JUNK,
        "stt_options": _JUNK,
        "tts_options": _JUNK,
        "voice": _JUNK | st.text(min_size=1, max_size=20).filter(str.strip),
    },
)


@settings(max_examples=40, deadline=None)
@given(asked=_ASKED)
def test_no_override_whatever_leads_to_another_server_or_key(desk: configurations.Agent, asked: dict[str, Any]) -> None:
    _judge(desk, asked)


@pytest.mark.long
@settings(max_examples=2_000, deadline=None)
@given(asked=_ASKED)
def test_none_of_thousands_does(desk: configurations.Agent, asked: dict[str, Any]) -> None:
    _judge(desk, asked)


def _judge(desk: configurations.Agent, asked: dict[str, Any]) -> None:
    """It is refused with a reason, or goes to the hosts of the file with the keys of the file."""
    try:
        call, told = merged(desk, **asked), ""
    except findings.Unfit as unfit:
        call, told = desk, unfit.message
    assert told.isprintable()
    assert call is desk or _hosts(call) <= _hosts(desk)
    assert "${" not in json.dumps(shown(call.settings)).replace("${VLLM_KEY}", "").replace("${VOICE_KEY}", "")


def _hosts(agent: configurations.Agent) -> set[tuple[str, str | None, str | None]]:
    """Where words go, and with which key; None is the vendor's own."""
    hosted = agent.settings.provider_settings.hosted()
    return {(type(part).__name__, part.base_url, part.api_key) for part in hosted if part.base_url or part.api_key}
