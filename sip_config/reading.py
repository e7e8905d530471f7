"""A file of the configuration's folder as a document with its references filled in."""

from __future__ import annotations

from collections.abc import Mapping

from sip_config import documents, folders, problems, references


def read(folder: folders.Folder, name: str, environment: Mapping[str, str]) -> documents.Document:
    """The document in a file. Never raises: an unreadable file is a document without data that says why."""
    try:
        text = folder.read(name)
    except folders.Unreadable as error:
        problem = problems.Problem(file=name, line=error.line, message=error.message)
        return documents.Document(name=name, data=None, places={}, found=(problem,))
    return references.fill(documents.read(text, name), environment)
