"""Reads a folder of YAML into a configuration, or tells everything that is wrong with it."""

from __future__ import annotations

import pathlib
import types
from collections.abc import Collection, Iterator, Mapping

from callcore import errors
from sip_config import (
    agent_files,
    checks,
    configurations,
    digests,
    documents,
    folders,
    problems,
    reading,
    schema,
    validation,
)

_FILES = _ORGANIZATION, _TRUNKS, _NUMBERS = "organization.yaml", "trunks.yaml", "numbers.yaml"
_YAML, _YML = ".yaml", ".yml"


def load(folder: pathlib.Path, environment: Mapping[str, str]) -> configurations.Configuration:
    """The configuration in a folder.

    Args:
        folder: holds `organization.yaml`, `trunks.yaml`, `numbers.yaml`, `agents/` and, where wanted, `prompts/`.
        environment: the variables that `${NAME}` in the files may name.

    Raises:
        ConfigurationInvalid: every problem, as `file:line:column path: what is wrong`.
    """
    loader = _Loader(folders.Folder(root=folder), environment)
    configuration = loader.load()
    if loader.found or configuration is None:
        raise errors.ConfigurationInvalid(problems.written(loader.found))
    return configuration


class _Loader:
    """Reads one folder; collects every problem on the way."""

    def __init__(self, folder: folders.Folder, environment: Mapping[str, str]) -> None:
        self.found: list[problems.Problem] = []
        self._folder = folder
        self._environment = environment
        self._documents: dict[str, documents.Document] = {}

    def load(self) -> configurations.Configuration | None:
        """The configuration; None where there are problems."""
        self.found += _strangers(self._folder)
        organization = self._checked(self._document(_ORGANIZATION), schema.OrganizationFile)
        trunks = self._checked(self._document(_TRUNKS), schema.TrunksFile)
        agents = self._agents()
        numbers = self._numbers(agents)
        if self.found or organization is None or trunks is None:
            return None
        versions = {name: agent.version for name, agent in agents.items() if agent}
        return configurations.Configuration(
            version=digests.of(organization, trunks, numbers, versions),
            organization=organization.organization,
            trunks=types.MappingProxyType(trunks.trunks),
            numbers=types.MappingProxyType(numbers),
            agents=types.MappingProxyType({name: agent for name, agent in agents.items() if agent}),
        )

    def _agents(self) -> dict[str, configurations.Agent | None]:
        """Every agent by id; None for one with mistakes."""
        agents: dict[str, configurations.Agent | None] = {}
        for name in self._folder.files(agent_files.FOLDER):
            if name.endswith(_YAML) and not name.endswith(agent_files.FLOW_SUFFIX):
                document = self._document(f"{agent_files.FOLDER}/{name}")
                agents[agent_files.agent_id(document.name)], found = agent_files.load(self._folder, document)
                self.found += found
        if not agents:
            self.found.append(problems.Problem(file=agent_files.FOLDER, message="there is no agent in this folder"))
        return agents

    def _numbers(self, agents: Collection[str]) -> dict[str, schema.Number]:
        """Every number by its E.164 form."""
        document, trunks = self._document(_NUMBERS), self._document(_TRUNKS)
        self._checked(document, schema.NumbersFile)
        members = validation.members(document, "numbers", schema.Number)
        valid = {index: number for index, number in members if isinstance(index, int)}
        usable = dict(validation.members(trunks, "trunks", schema.Trunk))
        named = None if trunks.data is None else {str(name): usable.get(name) for name in trunks.items("trunks")}
        self.found += problems.bounded(checks.numbers(document, valid, named, agents))
        return {number.e164: number for number in valid.values()}

    def _document(self, name: str) -> documents.Document:
        if name not in self._documents:
            self._documents[name] = reading.read(self._folder, name, self._environment)
        return self._documents[name]

    def _checked(self, document: documents.Document, model: type[validation.Model]) -> validation.Model | None:
        value, found = validation.check(document, model)
        self.found += found
        return value


def _strangers(folder: folders.Folder) -> Iterator[problems.Problem]:
    """YAML files that nothing would read, most likely misnamed."""
    for name in folder.files():
        if name.endswith((_YAML, _YML)) and name not in _FILES:
            yield problems.Problem(file=name, message=f"nothing reads this file{problems.nearest(name, _FILES)}")
    for name in folder.files(agent_files.FOLDER):
        file = f"{agent_files.FOLDER}/{name}"
        if name.endswith(_YML):
            yield problems.Problem(file=file, message=f"nothing reads this file: its name must end in {_YAML}")
        elif name.endswith(_YAML) and not agent_files.is_agent_file(name):
            yield problems.Problem(file=file, message="the name must be of small letters, digits and hyphens")
