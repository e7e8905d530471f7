"""An agent as one call has it: its file, and over it what the client asked for.

The later counts: the file, `intent`, `voice`, `ttsOptions`, `llm` and `sttOptions`, the texts. `constraints` change
nothing: they are held against what came of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pydantic

from sip_config import configurations, digests, providers, schema, values
from sip_config.sessions import effects, findings, merging
from sip_config.sessions import overrides as asked_for

FILE = "request"
"""Stands for the file of a template that came with a call."""

_PRESETS = {
    asked_for.OptimizeFor.LATENCY: schema.Preset.FAST,
    asked_for.OptimizeFor.BALANCED: schema.Preset.BALANCED,
    asked_for.OptimizeFor.QUALITY: schema.Preset.PATIENT,
}
_LANGUAGE: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.Language)
_STT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(providers.Stt)
_LLM: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(providers.Llm)
_TTS: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(providers.Tts)
_HASH = 8  # digits: tells the calls of one agent apart


def apply(agent: configurations.Agent, *layers: asked_for.Overrides) -> configurations.Agent:
    """The agent with everything that one call changes; its version says so, such as `1f3a…+9c2b41aa`.

    Args:
        agent: as its file says.
        layers: what goes over it, one after the other; the constraints of each hold for what comes of all.

    Raises:
        Unfit: everything in the overrides that may not be set, or not like this, constraints that are not kept, and
            what would have no effect.
    """
    found: list[findings.Finding] = []
    merged = agent
    for overrides in layers:
        merged = _laid_over(merged, overrides, found)
    for overrides in layers:
        found += _outside(merged.settings, overrides.constraints)
    if not found:
        for overrides in layers:
            found += effects.missing(merged.settings, overrides)
    if found:
        raise findings.Unfit(found)
    if not merged.settings.provider_settings.flow_files():
        merged = dataclasses.replace(merged, flow=None)
    return merged if merged == agent else dataclasses.replace(merged, version=version(agent, merged))


def version(agent: configurations.Agent, merged: configurations.Agent, *more: object) -> str:
    """The version of the file's agent, and a hash of what this call makes of it, and of `more` that belongs to that."""
    content = digests.of(
        merged.settings, merged.instructions.text, merged.greeting.text, merged.addition, merged.flow, *more
    )
    return f"{agent.version}+{content[:_HASH]}"


def _laid_over(
    agent: configurations.Agent, overrides: asked_for.Overrides, found: list[findings.Finding]
) -> configurations.Agent:
    return dataclasses.replace(
        agent,
        settings=_settings(agent.settings, overrides, found),
        instructions=_text(overrides.system_prompt, "systemPrompt") or agent.instructions,
        greeting=_text(overrides.first_message, "firstMessage") or agent.greeting,
        addition=overrides.additional_instructions or agent.addition,
    )


def _settings(settings: schema.Agent, overrides: asked_for.Overrides, found: list[findings.Finding]) -> schema.Agent:
    intent = overrides.intent or asked_for.Intent()
    changed: dict[str, object] = {}
    if intent.language is not None:
        try:
            changed["language"] = _LANGUAGE.validate_python(intent.language)
        except pydantic.ValidationError as error:
            found.append(findings.of("intent.language", error.errors()[0]["msg"]))
    if intent.optimize_for is not None:
        changed["turns"] = settings.turns.model_copy(update={"preset": _PRESETS[intent.optimize_for]})
    without = () if intent.language is None else ("language",)  # which the part would rather speak than the agent's
    for name, kind, asked in (
        ("stt", _STT, [merging.Asked(path="sttOptions", given=overrides.stt_options)] if overrides.stt_options else []),
        ("llm", _LLM, [merging.Asked(path="llm", given=overrides.llm)] if overrides.llm else []),
        ("tts", _TTS, list(_voice(overrides))),
    ):
        if not asked and not without:
            continue
        try:
            changed[name] = merging.merge(getattr(settings, name), asked, kind, without=without)
        except findings.Unfit as unfit:
            found += unfit.found
    return settings.model_copy(update=changed)


def _voice(overrides: asked_for.Overrides) -> Iterator[merging.Asked]:
    match overrides.voice:
        case str(name):
            yield merging.Asked(path="voice", given={"voice": name}, is_whole=True)
        case dict(given):
            yield merging.Asked(path="voice", given=given)
    if overrides.tts_options:
        yield merging.Asked(path="ttsOptions", given=overrides.tts_options)


def _text(text: str | None, path: str) -> configurations.Template | None:
    return None if text is None else configurations.Template(text=text.strip(), file=FILE, path=(path,))


def _outside(settings: schema.Agent, constraints: asked_for.Constraints | None) -> Iterator[findings.Finding]:
    """Providers that the call would use, and may not."""
    if constraints is None:
        return
    fallback = settings.llm.fallback if isinstance(settings.llm, providers.OpenAiLlm) else ()
    for part, used in (("stt", (settings.stt,)), ("llm", (settings.llm, *fallback)), ("tts", (settings.tts,))):
        allowed = getattr(constraints.allowed_providers, part)
        for name in dict.fromkeys(one.provider for one in used):
            if allowed is not None and name not in allowed:
                path = f"constraints.allowedProviders.{part}"
                yield findings.of(path, f"the call would use `{name}`, which is not among them")
