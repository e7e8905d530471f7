"""Rewriting a configuration for the offline, the simulated and the real providers."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lab import provider_sets
from lab.provider_sets import ProviderSet

pytestmark = pytest.mark.unit

AGENT = """\
name: Front desk  # shown to supervisors
greeting: "Hello."
stt: {provider: deepgram, model: nova-2}
llm: {provider: openai, model: gpt-4.1, base_url: "http://vllm:8000/v1", fallback: [{provider: openai}]}
tts: {provider: elevenlabs, voice: Ava, speed: 1.1}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "agents").mkdir(parents=True)
    (folder / "numbers.yaml").write_text('numbers: [{e164: "+12015550199"}]\n')
    (folder / "agents" / "front-desk.yaml").write_text(AGENT)
    (folder / "agents" / "front-desk.flow.yaml").write_text("start: main\n")
    return folder


def _agent(folder: Path, name: str = "front-desk") -> dict[str, dict[str, object]]:
    loaded: dict[str, dict[str, object]] = YAML(typ="safe").load(folder / "agents" / f"{name}.yaml")
    return loaded


def test_offline_uses_the_flow_beside_the_agent(source: Path, tmp_path: Path) -> None:
    provider_sets.prepare(source, tmp_path / "out", ProviderSet.OFFLINE)
    agent = _agent(tmp_path / "out")
    assert agent["stt"] == {"provider": "offline"}
    assert agent["llm"] == {"provider": "offline", "flow": "front-desk.flow.yaml"}
    assert agent["tts"] == {"provider": "offline"}


@pytest.mark.parametrize(
    "model",
    [
        "{provider: offline, flow: other.flow.yaml}",
        "{provider: openai, fallback: [{provider: openai}, {provider: offline, flow: other.flow.yaml}]}",
    ],
)
def test_offline_keeps_the_flow_that_the_agent_names(model: str, source: Path, tmp_path: Path) -> None:
    (source / "agents" / "front-desk.yaml").write_text(f"llm: {model}\n")
    provider_sets.prepare(source, tmp_path / "out", ProviderSet.OFFLINE)
    assert _agent(tmp_path / "out")["llm"] == {"provider": "offline", "flow": "other.flow.yaml"}


def test_offline_keeps_the_settings_of_an_agent_that_is_offline_already(source: Path, tmp_path: Path) -> None:
    agent = "stt: {provider: offline, phrases: [cheese]}\ntts: {provider: offline, voice: rms}\n"
    (source / "agents" / "front-desk.yaml").write_text(agent)
    provider_sets.prepare(source, tmp_path / "out", ProviderSet.OFFLINE)
    rewritten = _agent(tmp_path / "out")
    assert rewritten["stt"] == {"provider": "offline", "phrases": ["cheese"]}
    assert rewritten["tts"] == {"provider": "offline", "voice": "rms"}


def test_offline_without_a_flow_says_which_file_to_write(source: Path, tmp_path: Path) -> None:
    (source / "agents" / "sales.yaml").write_text(AGENT)
    with pytest.raises(provider_sets.ProvidersUnavailable, match=r"agent sales .* agents/sales\.flow\.yaml"):
        provider_sets.prepare(source, tmp_path / "out", ProviderSet.OFFLINE)


def test_simulated_points_the_vendors_at_the_simulators(source: Path, tmp_path: Path) -> None:
    provider_sets.prepare(source, tmp_path / "out", ProviderSet.SIMULATED, "http://127.0.0.1:9000")
    agent = _agent(tmp_path / "out")
    key = "${LAB_PROVIDER_KEY}"
    deepgram, openai = "http://127.0.0.1:9000/v1/listen", "http://127.0.0.1:9000/v1"
    assert agent["stt"] == {"provider": "deepgram", "model": "nova-2", "base_url": deepgram, "api_key": key}
    assert agent["llm"] == {"provider": "openai", "model": "gpt-4.1", "base_url": openai, "api_key": key}
    assert agent["tts"] == {
        "provider": "elevenlabs",
        "voice": "Ava",
        "speed": 1.1,
        "base_url": "http://127.0.0.1:9000/v1",
        "api_key": key,
    }


def test_real_goes_to_the_vendors_with_keys_from_the_environment(source: Path, tmp_path: Path) -> None:
    provider_sets.prepare(source, tmp_path / "out", ProviderSet.REAL)
    agent = _agent(tmp_path / "out")
    assert agent["llm"] == {"provider": "openai", "model": "gpt-4.1", "api_key": "${OPENAI_API_KEY}"}
    assert agent["tts"]["api_key"] == "${ELEVENLABS_API_KEY}"


@pytest.mark.parametrize("providers", [ProviderSet.SIMULATED, ProviderSet.REAL])
def test_agent_of_other_providers_gets_the_vendors_defaults(
    source: Path, tmp_path: Path, providers: ProviderSet
) -> None:
    (source / "agents" / "front-desk.yaml").write_text("tts: {provider: offline, voice: slt}\n")
    provider_sets.prepare(source, tmp_path / "out", providers, "http://127.0.0.1:9000")
    agent = _agent(tmp_path / "out")
    assert agent["stt"]["provider"] == "deepgram"
    assert agent["llm"]["provider"] == "openai"
    assert agent["tts"]["provider"] == "elevenlabs"
    assert "voice" not in agent["tts"]


def test_configured_is_an_exact_copy(source: Path, tmp_path: Path) -> None:
    provider_sets.prepare(source, tmp_path / "out", ProviderSet.CONFIGURED)
    assert (tmp_path / "out" / "agents" / "front-desk.yaml").read_text() == AGENT


@pytest.mark.parametrize("providers", ProviderSet)
def test_source_and_all_else_stay_as_they_were(source: Path, tmp_path: Path, providers: ProviderSet) -> None:
    provider_sets.prepare(source, tmp_path / "out", providers, "http://127.0.0.1:9000")
    assert (source / "agents" / "front-desk.yaml").read_text() == AGENT
    assert (tmp_path / "out" / "numbers.yaml").read_text() == (source / "numbers.yaml").read_text()
    rewritten = (tmp_path / "out" / "agents" / "front-desk.yaml").read_text()
    assert rewritten.startswith("name: Front desk  # shown to supervisors\n")


def test_configuration_that_is_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(provider_sets.ProvidersUnavailable, match="nowhere is not a folder"):
        provider_sets.prepare(tmp_path / "nowhere", tmp_path / "out", ProviderSet.OFFLINE)


def test_real_providers_name_every_missing_key() -> None:
    with pytest.raises(provider_sets.ProvidersUnavailable, match="DEEPGRAM_API_KEY, ELEVENLABS_API_KEY"):
        provider_sets.require_keys({"OPENAI_API_KEY": "x"})
    provider_sets.require_keys({"DEEPGRAM_API_KEY": "x", "OPENAI_API_KEY": "x", "ELEVENLABS_API_KEY": "x"})


def test_simulated_model_answers_by_the_first_flow(source: Path) -> None:
    first = source / "agents" / "front-desk.flow.yaml"
    (source / "agents" / "sales.flow.yaml").write_text("start: main\n")
    assert provider_sets.simulators_script(source) == ["--flow", str(first)]


def test_simulated_model_without_a_flow_is_left_to_the_test(tmp_path: Path) -> None:
    assert provider_sets.simulators_script(tmp_path) == []
