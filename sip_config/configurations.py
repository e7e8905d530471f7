"""A loaded configuration: an immutable value in which every reference is known to lead somewhere."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping

from callcore import contract
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
    """Its text is empty only where one call has the agent wait for the callee to speak."""
    addition: str = ""
    """Comes after the rendered instructions as it is; only of one call."""
    flow: str | None = None
    """Text of the scripted flow, where the model is the offline one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """Where each setting stands, for explanations. Empty for a configuration that came from no folder."""

    files: Mapping[str, Mapping[problems.Path, tuple[int, int]]] = dataclasses.field(default_factory=dict)
    """By file: line and column of each setting, by its path."""
    numbers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """By number, E.164: its position in `numbers.yaml`."""

    def of(self, setting: problems.Path) -> str:
        """`file:line:column` of a setting, or of what it would stand in; the file alone where nothing more is known.

        Args:
            setting: begins with `numbers` and a number, `trunks` and a name, `agents` and an id; all else is of
                `organization.yaml`.
        """
        file, path = self._written(setting)
        places = self.files.get(file, {})
        while path and path not in places:
            path = path[:-1]
        line, column = places.get(path, (0, 0))
        return f"{file}:{line}:{column}" if line else file

    def _written(self, setting: problems.Path) -> tuple[str, problems.Path]:
        match setting:
            case ("numbers", e164, *rest) if e164 in self.numbers:
                return "numbers.yaml", ("numbers", self.numbers[str(e164)], *rest)
            case ("numbers", *_):
                return "numbers.yaml", ("numbers",)
            case ("trunks", *_):
                return "trunks.yaml", setting
            case ("agents", agent_id, *rest):
                return f"agents/{agent_id}.yaml", tuple(rest)
        return "organization.yaml", setting


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
    hours: schema.Hours | None = None
    """When the business is open; None: always."""
    dialing: schema.Dialing = dataclasses.field(default_factory=schema.Dialing)
    """Which calls may be placed."""
    webhooks: schema.Webhooks = dataclasses.field(default_factory=schema.Webhooks)
    """What holds for every webhook."""
    pronunciations: Mapping[str, str] = dataclasses.field(default_factory=lambda: types.MappingProxyType({}))
    """What voices are to read for a word or phrase."""
    places: Places = dataclasses.field(default_factory=Places, compare=False, repr=False)

    def outbound(self, number: schema.Number) -> schema.OutboundTrunk | None:
        """The way by which a number places calls; None where its trunk has none, as in a worker's snapshot."""
        trunk = self.trunks.get(number.trunk)
        return trunk.outbound if trunk is not None else None

    def ringing_timeout_s(self, number: schema.Number) -> float:
        """How long a phone may ring that is dialed from a number: what its trunk says, within what LiveKit allows."""
        outbound = self.outbound(number)
        longest_s = outbound.ringing_timeout.total_seconds() if outbound is not None else contract.RINGING_S
        return min(longest_s, contract.MAX_RINGING_S)
