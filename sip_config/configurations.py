"""A loaded configuration: an immutable value in which every reference is known to lead somewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from sip_config import problems, schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class Template:
    """A Jinja template and where it stands, for error messages."""

    text: str
    file: str
    line: int = 1
    """The line of the file in which the text begins."""
    path: problems.Path = ()
    """The setting that holds the text, where it is not a file of its own."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Agent:
    """One agent, with the texts that its file names."""

    id: str
    """The file's name without `.yaml`."""
    version: str
    """Changes whenever anything that the agent says or does would change."""
    settings: schema.Agent
    instructions: Template
    greeting: Template
    flow: str | None = None
    """Text of the scripted flow, where the model is the offline one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """Everything that the operator's folder says."""

    version: str
    """A hash of the content: equal for equal configurations, wherever they were loaded."""
    organization: schema.Organization
    trunks: Mapping[str, schema.Trunk]
    """By name."""
    numbers: Mapping[str, schema.Number]
    """By number, E.164."""
    agents: Mapping[str, Agent]
    """By id."""
