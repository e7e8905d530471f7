"""Who looks after what is configured, and what belongs together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sip_config import configurations, schema

By = Literal["file"]
"""`file`: it stands in the YAML, and is changed there."""


def numbers_of(agent_id: str, configuration: configurations.Configuration) -> Iterator[str]:
    """The numbers whose calls this agent may take."""
    return (e164 for e164, number in configuration.numbers.items() if agent_id in _agents(number))


def _agents(number: schema.Number) -> Iterator[str]:
    ways: tuple[schema.Number | schema.Route, ...] = (number, *number.routes)
    for way in ways:
        if way.agent is not None:
            yield way.agent
        yield from way.split or ()
