"""The files of a configuration's folder as text and as documents, within one budget for all of them."""

from __future__ import annotations

from collections.abc import Mapping

from sip_config import problems, providers
from sip_config.reading import documents, folders, references

_MAX_BYTES = 1_000_000  # of all files together: about a second of parsing


class Reader:
    """Reads one folder. What all files hold together is bounded, so that a thousand files take no longer than one."""

    def __init__(self, folder: folders.Folder, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self._values = documents.MAX_VALUES
        self._characters = _MAX_BYTES
        self._texts: dict[tuple[folders.Folder, str], str] = {}
        self.references: set[str] = set()
        """Names of the variables that the files read so far refer to."""

    def text(self, name: str, folder: folders.Folder | None = None) -> str:
        """The text of a file of this folder, or of another one.

        Raises:
            Unreadable: it cannot be read, or all files that were read so far are too much together.
        """
        key = (folder or self.folder, name)
        if key not in self._texts:
            text = key[0].read(name)
            self._characters -= len(text)
            if self._characters < 0:
                raise folders.Unreadable(f"with this file the configuration is over {_MAX_BYTES // 1_000_000} MB")
            self._texts[key] = text
            self.references.update(providers.references(text))
        return self._texts[key]

    def document(self, name: str) -> documents.Document:
        """The document in a file, with references filled in.

        Never raises: an unreadable file is a document without data that says why.
        """
        document = self.plain_document(name)
        return references.fill(document, self._environment) if document.data is not None else document

    def plain_document(self, name: str) -> documents.Document:
        """The document in a file in which `${` means nothing."""
        try:
            text = self.text(name)
        except folders.Unreadable as error:
            problem = problems.Problem(file=name, line=error.line, message=error.message)
            return documents.Document(name=name, data=None, places={}, found=(problem,))
        document = documents.read(text, name, max(0, self._values))
        self._values -= document.values
        return document
