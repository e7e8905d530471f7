"""Which speech and language providers the lab's agents use: a copy of the configuration is rewritten accordingly."""

from __future__ import annotations

import enum
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from lab.stack import errors
from sip_config.checking import agent_files

SIMULATOR_KEY = "LAB_PROVIDER_KEY"  # names the simulators' key: in a configuration, a literal key is a mistake


class ProviderSet(enum.StrEnum):
    """Who listens, thinks and speaks."""

    OFFLINE = "offline"
    """Bundled recognition and voice, and a scripted flow for each agent: no account, no network."""
    SIMULATED = "simulated"
    """The plugins of deepgram, openai and elevenlabs, against the lab's simulators."""
    CONFIGURED = "configured"
    """What the configuration says."""
    REAL = "real"
    """deepgram, openai and elevenlabs at their own hosts, with keys from the environment."""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """The provider that takes one part of an agent in the simulated and the real set.

    Attributes:
        part: the agent's key.
        path: of the base URL at the simulators.
        key: the environment variable that holds the vendor's API key.
    """

    part: str
    provider: str
    path: str
    key: str


VENDORS = (
    Vendor(part="stt", provider="deepgram", path="/v1/listen", key="DEEPGRAM_API_KEY"),
    Vendor(part="llm", provider="openai", path="/v1", key="OPENAI_API_KEY"),
    Vendor(part="tts", provider="elevenlabs", path="/v1", key="ELEVENLABS_API_KEY"),
)


class ProvidersUnavailable(errors.LabError):
    """The chosen providers cannot serve this configuration."""


def require_keys(environment: Mapping[str, str]) -> None:
    """Check that the real providers have their keys.

    Raises:
        ProvidersUnavailable: naming every variable that is missing.
    """
    missing = [vendor.key for vendor in VENDORS if not environment.get(vendor.key)]
    if missing:
        raise ProvidersUnavailable(f"the real providers need {', '.join(missing)} in the environment")


def prepare(source: Path, target: Path, providers: ProviderSet, simulators_url: str = "") -> None:
    """Copy a configuration and give its agents the providers.

    Args:
        source: a configuration folder; it is not touched.
        target: made by this.
        providers: for all agents.
        simulators_url: where the simulators serve, for the simulated set.

    Raises:
        ProvidersUnavailable: `source` is no folder, or an agent has no flow for the offline set.
    """
    if not source.is_dir():
        raise ProvidersUnavailable(f"the configuration {source} is not a folder")
    shutil.copytree(source, target)
    if providers is ProviderSet.CONFIGURED:
        return
    for path in sorted((target / agent_files.FOLDER).glob("*.yaml")):
        if not path.name.endswith(agent_files.FLOW_SUFFIX):
            _rewrite(path, providers, simulators_url)


def simulators_script(source: Path) -> list[str]:
    """The simulators' arguments that make their model answer by the first scripted flow of a configuration, if any."""
    flows = sorted((source / agent_files.FOLDER).glob(f"*{agent_files.FLOW_SUFFIX}"))
    return ["--flow", str(flows[0])] if flows else []


def _rewrite(path: Path, providers: ProviderSet, simulators_url: str) -> None:
    yaml = YAML()  # keeps what it does not change as it was written
    agent = yaml.load(path)
    if not isinstance(agent, dict):
        return  # the loader says what is wrong with it, with its line
    if providers is ProviderSet.OFFLINE:
        agent.update(_offline(agent, path))
    else:
        agent.update(_vendors(agent, simulators_url if providers is ProviderSet.SIMULATED else ""))
    yaml.dump(agent, path)


def _offline(agent: Mapping[str, object], path: Path) -> dict[str, dict[str, object]]:
    return {
        "stt": _offline_settings(agent, "stt"),
        "llm": {"provider": "offline", "flow": next(_flows(agent, path))},
        "tts": _offline_settings(agent, "tts"),
    }


def _offline_settings(agent: Mapping[str, object], part: str) -> dict[str, object]:
    settings = _settings(agent, part)
    return dict(settings) if settings.get("provider") == "offline" else {"provider": "offline"}


def _flows(agent: Mapping[str, object], path: Path) -> Iterator[str]:
    """The flow that the agent names, also as a fallback of its model; else the one beside it."""
    model = _settings(agent, "llm")
    fallback = model.get("fallback")
    for settings in (model, *(fallback if isinstance(fallback, list) else [])):
        if isinstance(settings, dict) and isinstance(flow := settings.get("flow"), str):
            yield flow
    beside = path.with_name(path.stem + agent_files.FLOW_SUFFIX)
    if not beside.is_file():
        raise ProvidersUnavailable(
            f"agent {path.stem} cannot run offline: write a scripted flow in {agent_files.FOLDER}/{beside.name}, "
            "or choose other providers"
        )
    yield beside.name


def _vendors(agent: Mapping[str, object], simulators_url: str) -> dict[str, dict[str, object]]:
    return {vendor.part: _vendor_settings(_settings(agent, vendor.part), vendor, simulators_url) for vendor in VENDORS}


def _vendor_settings(configured: Mapping[str, object], vendor: Vendor, simulators_url: str) -> dict[str, object]:
    if configured.get("provider") == vendor.provider:
        settings = _without(configured, ("base_url", "api_key", "fallback"))
    else:
        settings = {"provider": vendor.provider}
    if simulators_url:
        return {**settings, "base_url": simulators_url + vendor.path, "api_key": f"${{{SIMULATOR_KEY}}}"}
    return {**settings, "api_key": f"${{{vendor.key}}}"}


def _settings(agent: Mapping[str, object], part: str) -> Mapping[str, object]:
    settings = agent.get(part)
    return settings if isinstance(settings, dict) else {}


def _without(settings: Mapping[str, object], keys: Iterable[str]) -> dict[str, object]:
    return {key: value for key, value in settings.items() if key not in keys}
