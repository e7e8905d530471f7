"""What a caller gets where no agent talks: a spoken message, a voicemail, another phone."""

from __future__ import annotations

from callcore import contract
from sip_config import configurations, schema
from sip_config.plans import agent_plans, occasions
from sip_config.templates import prompting

MESSAGE = "Thank you for calling {{ number.brand_name }}. Nobody can take your call now. Please call again later."
"""Spoken where a number has no `off_hours_message`."""

GREETING = "You have reached {{ number.brand_name }}. Please leave a message after the beep."
"""Spoken where a number has no `voicemail_greeting`."""

_FILE = "numbers.yaml"


def message(occasion: occasions.Occasion, speaker: configurations.Agent) -> contract.Announce:
    """A spoken text, then the end.

    Raises:
        ConfigurationInvalid: the text cannot be rendered for this call.
    """
    return contract.Announce(
        text=_text(occasion, speaker, "off_hours_message", MESSAGE),
        voice=agent_plans.voice(occasion.configuration, speaker),
        metadata=occasion.metadata(None),
    )


def voicemail(occasion: occasions.Occasion, speaker: configurations.Agent) -> contract.TakeMessage:
    """A message that the caller leaves.

    Raises:
        ConfigurationInvalid: the greeting cannot be rendered for this call.
    """
    return contract.TakeMessage(
        greeting=_text(occasion, speaker, "voicemail_greeting", GREETING),
        voice=agent_plans.voice(occasion.configuration, speaker),
        stt=agent_plans.provider(speaker.settings.stt),
        metadata=occasion.metadata(None),
    )


def forward(occasion: occasions.Occasion, speaker: configurations.Agent) -> contract.Plan:
    """Another phone, and what the caller gets when nobody answers there.

    Raises:
        ConfigurationInvalid: a text cannot be rendered for this call.
    """
    otherwise = message(occasion, speaker) if _falls_back_to_message(occasion.number) else voicemail(occasion, speaker)
    if occasion.number.forward_to is None:
        return otherwise
    return contract.Forward(
        to=occasion.number.forward_to,
        ringing_timeout_s=occasion.configuration.ringing_timeout_s(occasion.number),
        otherwise=otherwise,
        metadata=occasion.metadata(None),
    )


def _falls_back_to_message(number: schema.Number) -> bool:
    if number.forward_fallback is None:
        return number.off_hours_message is not None
    return number.forward_fallback is schema.Fallback.MESSAGE


def _text(occasion: occasions.Occasion, speaker: configurations.Agent, key: str, default: str) -> str:
    """A text of the number; the default where it has none, or has nothing to say on this occasion."""
    values = occasion.variables(speaker)
    written: str = getattr(occasion.number, key) or default
    path = ("numbers", occasion.number.e164, key)
    rendered = prompting.render(configurations.Template(text=written, file=_FILE, path=path), values)
    return rendered or prompting.render(configurations.Template(text=default, file=_FILE, path=path), values)
