"""Keys of hosted providers, from the worker's environment."""

from __future__ import annotations

from collections.abc import Mapping

from callcore import errors
from sip_config import providers

Hosted = (
    providers.DeepgramStt | providers.OpenAiStt | providers.OpenAiModel | providers.ElevenLabsTts | providers.OpenAiTts
)

_NO_KEY = "none"
"""Sent to servers that were given no key; the vendors' plugins refuse to start without one."""


def missing(settings: Hosted, environment: Mapping[str, str]) -> list[str]:
    """The variables that the key needs and the environment has not."""
    names = providers.references(settings.key_reference)
    return [name for name in dict.fromkeys(names) if not environment.get(name)]


def key(settings: Hosted, environment: Mapping[str, str]) -> str:
    """The key to authenticate with.

    Raises:
        errors.ProviderUnavailable: a variable is not set.
    """
    if names := missing(settings, environment):
        raise errors.ProviderUnavailable(needs(settings, names))
    return providers.resolve(settings.key_reference or _NO_KEY, environment)


def needs(settings: Hosted, names: list[str]) -> str:
    """The sentence for variables that are missing."""
    return f"{settings.provider} needs {' and '.join(names)} in the worker's environment"
