"""What a client asks for and the call could not do: it is refused, for a wish that is ignored looks granted."""

from __future__ import annotations

from collections.abc import Iterator

from sip_config import languages, providers, schema
from sip_config.sessions import findings
from sip_config.sessions import overrides as asked_for

_SCRIPTED = (
    "means nothing to this agent, which follows a script (`llm: {provider: offline}`); choose a model with `llm`"
)
_ENGLISH = "recognition and voices of the provider `offline` know English only; choose others with %s"


def missing(settings: schema.Agent, overrides: asked_for.Overrides) -> Iterator[findings.Finding]:
    """Overrides that would change nothing.

    Args:
        settings: the agent's, with the overrides over them.
        overrides: what the client asked for.
    """
    if isinstance(settings.llm, providers.OfflineLlm):
        for path, text in (
            ("systemPrompt", overrides.system_prompt),
            ("additionalInstructions", overrides.additional_instructions),
        ):
            if text is not None:
                yield findings.of(path, _SCRIPTED)
    if overrides.intent is None or overrides.intent.language is None or languages.is_english(settings.language):
        return
    offline = [
        option
        for option, part, kind in (
            ("`sttOptions`", settings.stt, providers.OfflineStt),
            ("`ttsOptions`", settings.tts, providers.OfflineTts),
        )
        if isinstance(part, kind)
    ]
    if offline:
        yield findings.of("intent.language", _ENGLISH % " and ".join(offline))
