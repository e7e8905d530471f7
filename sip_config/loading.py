"""Reads a folder of YAML into a configuration, or tells everything that is wrong with it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import types
from collections.abc import Collection, Iterator, Mapping

from callcore import dialable, errors
from sip_config import configurations, digests, problems, schema
from sip_config.checking import (
    agent_files,
    checks,
    dialing,
    notes,
    ringing,
    transfers,
    validation,
    webhook_secrets,
    webhook_urls,
)
from sip_config.reading import documents, folders, readers, references
from sip_config.templates import prompting

_FILES = _ORGANIZATION, _TRUNKS, _NUMBERS = "organization.yaml", "trunks.yaml", "numbers.yaml"
_YAML, _YML = ".yaml", ".yml"
_MAX_AGENTS = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class Examined:
    """What a folder holds."""

    configuration: configurations.Configuration | None
    """None where there are problems."""
    found: tuple[problems.Problem, ...]
    """Everything that is wrong, in the order of the files."""
    notes: tuple[problems.Problem, ...]
    """What is right, and yet worth a word."""


def load(folder: pathlib.Path, environment: Mapping[str, str]) -> configurations.Configuration:
    """The configuration in a folder.

    Args:
        folder: holds `organization.yaml`, `trunks.yaml`, `numbers.yaml`, `agents/` and, where wanted, `prompts/`.
        environment: the variables that `${NAME}` in the files may name.

    Raises:
        ConfigurationInvalid: every problem, as `file:line:column path: what is wrong`.
    """
    examined = examine(folder, environment)
    if examined.configuration is None:
        raise errors.ConfigurationInvalid([str(problem) for problem in examined.found])
    return examined.configuration


def examine(folder: pathlib.Path, environment: Mapping[str, str]) -> Examined:
    """The configuration in a folder, or everything that is wrong with it; the arguments are those of `load`."""
    if not os.path.isdir(folder):
        message = f"there is no folder {folder}; `trunkline init` writes one to begin with"
        return Examined(configuration=None, found=(problems.Problem(file=".", message=message),), notes=())
    loader = _Loader(folders.Folder(root=folder), environment)
    configuration = loader.load()
    return Examined(
        configuration=None if loader.found else configuration,
        found=tuple(problems.ordered(references.hidden(loader.found, loader.references, environment))),
        notes=tuple(problems.ordered(loader.notes)),
    )


class _Loader:
    """Reads one folder; collects every problem on the way."""

    def __init__(self, folder: folders.Folder, environment: Mapping[str, str]) -> None:
        self.found: list[problems.Problem] = []
        self.notes: list[problems.Problem] = []
        self._folder = folder
        self._environment = environment
        self._reader = readers.Reader(folder, environment)
        self._documents: dict[str, documents.Document] = {}

    @property
    def references(self) -> frozenset[str]:
        """Names of the variables that any of the files refers to."""
        return frozenset(self._reader.references)

    def load(self) -> configurations.Configuration | None:
        """The configuration; None where there are problems."""
        self.found += problems.bounded(_strangers(self._folder))
        organization = self._checked(self._document(_ORGANIZATION), schema.OrganizationFile)
        self.found += problems.bounded(checks.hours(self._document(_ORGANIZATION)))
        self.found += problems.bounded(webhook_secrets.organization(self._document(_ORGANIZATION)))
        self.found += problems.bounded(webhook_urls.organization(self._document(_ORGANIZATION)))
        trunks = self._checked(self._document(_TRUNKS), schema.TrunksFile)
        numbers = self._drafts()
        rules = dialing.policy(self._document(_ORGANIZATION), numbers)
        agents = self._agents(checks.own_numbers(numbers), rules)
        self.found += dialing.agents(self._document(_ORGANIZATION), agents)
        self.found += dialing.countries(self._document(_ORGANIZATION))
        self.found += problems.bounded(dialing.forwards(self._document(_NUMBERS), numbers, rules))
        self._check_numbers(numbers, agents)
        if trunks is not None:
            self.found += ringing.timeouts(self._document(_TRUNKS), trunks.trunks, numbers, agents)
            self.notes += transfers.notes_of_numbers(self._document(_NUMBERS), numbers, trunks.trunks, agents)
        if self.found or organization is None or trunks is None:
            return None
        by_number = {draft.value.e164: draft.value for draft in numbers.values()}
        usable = {name: agent for name, agent in agents.items() if agent}
        versions = {name: agent.version for name, agent in usable.items()}
        return configurations.Configuration(
            version=digests.of(organization, trunks, by_number, versions),
            organization=organization.organization,
            trunks=types.MappingProxyType(trunks.trunks),
            numbers=types.MappingProxyType(by_number),
            agents=types.MappingProxyType(usable),
            hours=organization.hours,
            dialing=organization.dialing,
            webhooks=organization.webhooks,
            pronunciations=types.MappingProxyType(organization.pronunciations),
            places=self._places({draft.value.e164: index for index, draft in numbers.items()}),
        )

    def _agents(self, own: Mapping[str, int], rules: dialable.Policy) -> dict[str, configurations.Agent | None]:
        """Every agent by id; None for one with mistakes."""
        agents: dict[str, configurations.Agent | None] = {}
        for name in self._folder.files(agent_files.FOLDER):
            if len(agents) == _MAX_AGENTS:
                message = f"more than {_MAX_AGENTS} agents in one configuration"
                self.found.append(problems.Problem(file=f"{agent_files.FOLDER}/{name}", message=message))
                break
            if name.endswith(_YAML) and not name.endswith(agent_files.FLOW_SUFFIX):
                document = self._document(f"{agent_files.FOLDER}/{name}")
                agents[agent_files.agent_id(document.name)], found = agent_files.load(self._reader, document)
                self.found += found
                self.found += problems.bounded(transfers.of_agent(document, own, self._country(), rules))
                self.found += problems.bounded(webhook_secrets.agent(document, self._document(_ORGANIZATION)))
                self.found += problems.bounded(webhook_urls.agent(document, self._document(_ORGANIZATION)))
                self.notes += notes.of_agent(document, self._environment)
        if not agents:
            self.found.append(problems.Problem(file=agent_files.FOLDER, message="there is no agent in this folder"))
        return agents

    def _drafts(self) -> dict[int, validation.Draft[schema.Number]]:
        """Every number by its position, as far as it can be read."""
        drafts = validation.drafts(self._document(_NUMBERS), "numbers", schema.Number)
        return {index: draft for index, draft in drafts if isinstance(index, int)}

    def _check_numbers(self, numbers: checks.Numbers, agents: Collection[str]) -> None:
        document, trunks = self._document(_NUMBERS), self._document(_TRUNKS)
        self._checked(document, schema.NumbersFile)
        hours = self._document(_ORGANIZATION)
        named, usable = trunks.value(("trunks",)), dict(validation.drafts(trunks, "trunks", schema.Trunk))
        around = checks.Surroundings(
            trunks={name: usable.get(name) for name in named} if isinstance(named, dict) else None,
            agents=agents,
            has_hours=hours.data is None or hours.value(("hours",)) is not None,
            country=self._country(),
            own=checks.own_numbers(numbers),
        )
        self.found += problems.bounded(checks.numbers(document, numbers, around))
        self.found += problems.bounded(_templates(document, numbers))

    def _country(self) -> str | None:
        country = self._document(_ORGANIZATION).value(("organization", "country"))
        return country if isinstance(country, str) else None

    def _document(self, name: str) -> documents.Document:
        if name not in self._documents:
            self._documents[name] = self._reader.document(name)
        return self._documents[name]

    def _checked(self, document: documents.Document, model: type[validation.Model]) -> validation.Model | None:
        value, found = validation.check(document, model)
        self.found += found
        return value

    def _places(self, numbers: Mapping[str, int]) -> configurations.Places:
        return configurations.Places(
            files={
                name: {path: (place.line, place.column) for path, place in document.places.items()}
                for name, document in self._documents.items()
            },
            numbers=numbers,
        )


def _templates(document: documents.Document, numbers: Collection[int]) -> Iterator[problems.Problem]:
    """Problems of the texts that are spoken where no agent talks."""
    for index in numbers:
        for key in ("off_hours_message", "voicemail_greeting"):
            template = prompting.in_document(document, ("numbers", index, key))
            if template is not None:
                yield from prompting.check(template)


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
