"""What would keep an agent from working on this worker, found before anybody calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from callcore import contract, errors
from sip_config import providers
from sip_config.flows import flows
from worker.providers import agent_settings, keys, offline


def check(agent: contract.AgentPlan, environment: Mapping[str, str]) -> list[str]:
    """One sentence for each thing that is missing or wrong; none shows a secret."""
    try:
        wanted = agent_settings.of(agent)
    except errors.ConfigurationInvalid as error:
        return list(error.problems)
    return [*_keys(wanted, environment), *_offline_parts(wanted, agent.language), *_flow(wanted, agent.flow)]


def _keys(wanted: providers.ProviderSettings, environment: Mapping[str, str]) -> Iterator[str]:
    sentences = (keys.needs(part, names) for part in wanted.hosted() if (names := keys.missing(part, environment)))
    yield from dict.fromkeys(sentences)


def _offline_parts(wanted: providers.ProviderSettings, language: str) -> Iterator[str]:
    hears, speaks = isinstance(wanted.stt, providers.OfflineStt), isinstance(wanted.tts, providers.OfflineTts)
    if (hears or speaks) and language.split("-", 1)[0] != "en":
        yield offline.ENGLISH_ONLY
    if hears and not offline.can_recognise():
        yield offline.NO_RECOGNITION
    if isinstance(wanted.tts, providers.OfflineTts):
        yield from _voice(wanted.tts)


def _voice(wanted: providers.OfflineTts) -> Iterator[str]:
    from worker.providers.offline import flite_library

    try:
        flite_library.load(wanted.voice)
    except errors.ProviderUnavailable as error:
        yield error.message


def _flow(wanted: providers.ProviderSettings, text: str | None) -> Iterator[str]:
    for name in wanted.flow_files():
        if text is None:
            yield f"the text of the flow {name} is missing in the agent's plan"
            continue
        try:
            flows.Flow.parse(text, name)
        except errors.ConfigurationInvalid as error:
            yield from error.problems
