"""What is right in a configuration, and yet worth a word to its author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sip_config import problems, providers
from sip_config.reading import documents

_PROVIDERS = ("stt", "llm", "tts", "vad")
_KEY = "api_key"


def of_agent(document: documents.Document, environment: Mapping[str, str]) -> Iterator[problems.Problem]:
    """Of an agent's file: what this version does not carry out yet, and keys that only a worker may have."""
    transfers = document.value(("transfers",))
    if isinstance(transfers, dict) and transfers:
        yield document.problem(("transfers",), "these are checked, and not yet offered to callers in this version")
    for part in _PROVIDERS:
        key = document.value((part, _KEY))
        for name in providers.references(key) if isinstance(key, str) else ():
            if name not in environment:
                yield document.problem((part, _KEY), f"this environment has no {name}; a worker's must")
