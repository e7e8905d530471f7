"""What is right in a configuration, and yet worth a word to its author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sip_config import problems, providers
from sip_config.checking import transfers
from sip_config.reading import documents

_PROVIDERS = ("stt", "llm", "tts", "vad")
_KEY = "api_key"


def of_agent(document: documents.Document, environment: Mapping[str, str]) -> Iterator[problems.Problem]:
    """Of an agent's file: transfers that are not what they seem, and keys that only a worker may have."""
    yield from transfers.notes_of_agent(document)
    for part in _PROVIDERS:
        key = document.value((part, _KEY))
        for name in providers.references(key) if isinstance(key, str) else ():
            if name not in environment:
                yield document.problem((part, _KEY), f"this environment has no {name}; a worker's must")
