"""One agent, from its file in `agents/` and the prompt and flow that it names."""

from __future__ import annotations

import re

from sip_config import configurations, digests, problems, schema
from sip_config.checking import validation
from sip_config.flows import flow_schema, flow_transfers
from sip_config.reading import documents, folders, readers
from sip_config.templates import prompting

FOLDER = "agents"
FLOW_SUFFIX = ".flow.yaml"
_SUFFIX = ".yaml"
_PROMPTS = "prompts"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(\.flow)?\.yaml")


def is_agent_file(name: str) -> bool:
    """Whether a file's name can be an agent's id, or a flow's."""
    return _NAME.fullmatch(name) is not None


def agent_id(file: str) -> str:
    """The id of the agent in a file: its name without folder and `.yaml`."""
    return file.removeprefix(f"{FOLDER}/").removesuffix(_SUFFIX)


def load(
    reader: readers.Reader, document: documents.Document
) -> tuple[configurations.Agent | None, list[problems.Problem]]:
    """The agent in a document, or None, and every problem in its file, prompt and flow."""
    settings, found = validation.check(document, schema.Agent)
    texts = _Texts(reader, document)
    instructions, greeting = texts.instructions(), texts.written("greeting")
    flow = None if settings is None else texts.flow(settings)
    found += texts.found
    if found or settings is None or instructions is None or greeting is None:
        return None, found
    agent = configurations.Agent(
        id=agent_id(document.name),
        version=digests.of(settings, instructions.text, flow),
        settings=settings,
        instructions=instructions,
        greeting=greeting,
        flow=flow,
    )
    return agent, []


class _Texts:
    """Reads what an agent's file says and names, whether its other settings are right or not."""

    def __init__(self, reader: readers.Reader, document: documents.Document) -> None:
        self.found: list[problems.Problem] = []
        self._reader = reader
        self._folder = reader.folder
        self._document = document

    def instructions(self) -> configurations.Template | None:
        if (written := self.written("instructions")) is not None:
            return written
        name = self._document.value(("prompt",))
        template = self._prompt(name.strip()) if isinstance(name, str) else None
        if template is not None:
            self.found += prompting.check(template)
        return template

    def written(self, key: str) -> configurations.Template | None:
        """A template that stands in the agent's own file."""
        template = prompting.in_document(self._document, (key,))
        if template is not None:
            self.found += prompting.check(template)
        return template

    def flow(self, settings: schema.Agent) -> str | None:
        """The scripted flow, where one is named."""
        names = settings.provider_settings.flow_files()
        if not names:
            return None
        if len(set(names)) > 1:
            self._complain(("llm",), "only one flow can be named by an agent")
            return None
        path = ("llm", "flow") if self._document.value(("llm", "flow")) else ("llm",)
        if not folders.is_file_name(names[0]):
            self._complain(path, "name a file in `agents/`, beside this one, without the folder")
            return None
        return self._flow(f"{FOLDER}/{names[0]}", path, settings)

    def _flow(self, name: str, path: problems.Path, settings: schema.Agent) -> str | None:
        text = self._read(self._folder, name, path)
        if text is not None:
            source = self._reader.plain_document(name)
            flow, found = flow_schema.check(source)
            self.found += found
            if flow is not None:
                self.found += problems.bounded(flow_transfers.check(source, flow, settings))
        return text

    def _prompt(self, name: str) -> configurations.Template | None:
        path = ("prompt",)
        if not folders.is_file_name(name):
            self._complain(path, "name a file in `prompts/`, without the folder")
            return None
        built_in = folders.Folder(root=folders.BUILT_IN_PROMPTS)
        own = f"{_PROMPTS}/{name}"
        if not self._folder.has(own) and not built_in.has(name):
            known = [*self._folder.files(_PROMPTS), *built_in.files()]
            self._complain(path, f"no such file in `prompts/`, nor built in{problems.nearest(name, known)}")
            return None
        text = self._read(self._folder, own, path) if self._folder.has(own) else self._read(built_in, name, path)
        return None if text is None else configurations.Template(text=text, file=own)

    def _read(self, folder: folders.Folder, name: str, path: problems.Path) -> str | None:
        try:
            return self._reader.text(name, folder)
        except folders.Unreadable as error:
            self._complain(path, f"{name}: {error.message}")
            return None

    def _complain(self, path: problems.Path, message: str) -> None:
        self.found.append(self._document.problem(path, message))
