"""`${NAME}` in a configuration: a value of the environment; a provider's key stays as it is for the worker."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping

from sip_config import problems, providers
from sip_config.reading import documents

_MAX_VALUE = 100_000  # characters; a reference may stand in a text many times
_SHORTEST_SECRET = 4  # characters; what is shorter is none, and stands in many words
_QUOTED = re.compile(r"`[^`]*`|'[^']*'")
_MALFORMED = re.compile(r"(?<!\$)\$\{(?![A-Za-z_][A-Za-z0-9_]*\})")
_SECRETS = frozenset({"password", "api_key", "secret"})
_RESOLVED_BY_WORKER = "api_key"
_LISTED = "secrets"
_HEADERS = "headers"
_TRANSFERS = "transfers"
_SECRET_HEADER = re.compile(r"authori[sz]ation|secret|token|password|api-?key", re.IGNORECASE)


def fill(document: documents.Document, environment: Mapping[str, str]) -> documents.Document:
    """The document with references replaced; what is missing or in the open is added to its problems."""
    filling = _Filling(document, environment)
    data = filling.value(document.data, ())
    return dataclasses.replace(document, data=data, found=(*document.found, *problems.bounded(filling.found)))


def hidden(
    found: Iterable[problems.Problem], names: Iterable[str], environment: Mapping[str, str]
) -> Iterator[problems.Problem]:
    """Problems that quote no value of the environment: a secret may stand where a name should."""
    known = {environment[name]: name for name in names if len(environment.get(name, "")) >= _SHORTEST_SECRET}
    by_length = sorted(known, key=len, reverse=True)

    def without_values(quoted: re.Match[str]) -> str:
        text = quoted[0]
        for value in by_length:
            text = text.replace(value, f"${{{known[value]}}}")
        return text

    for problem in found:
        yield dataclasses.replace(problem, message=_QUOTED.sub(without_values, problem.message))


class _Filling:
    def __init__(self, document: documents.Document, environment: Mapping[str, str]) -> None:
        self.found: list[problems.Problem] = []
        self._document = document
        self._environment = environment

    def value(self, value: documents.Plain, path: problems.Path) -> documents.Plain:
        if isinstance(value, dict):
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(value)]
        if value is None:
            return None
        wrong = [self._document.problem(path, message) for message in self._wrong(value, path)]
        self.found += wrong
        return None if wrong else self._text(value, path)

    def _text(self, text: str, path: problems.Path) -> str:
        return text if path[-1:] == (_RESOLVED_BY_WORKER,) else providers.resolve(text, self._environment)

    def _wrong(self, text: str, path: problems.Path) -> Iterator[str]:
        names = providers.references(text)
        key = path[-1] if path else ""
        is_header = path[-2:-1] == (_HEADERS,) and _SECRET_HEADER.search(str(key))
        if path[:1] == (_TRANSFERS,) and path[-2:-1] == (_HEADERS,) and (names or is_header):
            yield "kept with each call, so that no secret and no reference may stand here"
            return
        if (key in _SECRETS or path[-2:-1] == (_LISTED,) or is_header) and not names:
            yield "a secret must not stand here: write a reference such as `${NAME}` and set NAME in the environment"
        if _MALFORMED.search(text):
            yield "`${` begins a reference such as `${NAME}`; for the characters themselves write `$${`"
        if key == _RESOLVED_BY_WORKER:
            return
        for name in dict.fromkeys(names):
            if name not in self._environment:
                yield f"the environment has no {name}"
        if len(text) + sum(len(self._environment.get(name, "")) for name in names) > _MAX_VALUE:
            yield f"over {_MAX_VALUE} characters"
