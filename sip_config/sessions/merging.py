"""Settings of a provider, with what a client asks for laid over what the agent's file says.

Whoever may place a call decides neither where our words and keys go nor what is read from our disk: servers, keys,
flows and fallbacks stand in the file or nowhere.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pydantic
import pydantic_core

from sip_config import problems
from sip_config.sessions import findings

NEVER = frozenset({"api_key", "base_url", "flow", "fallback"})
"""Settings that no client changes."""

_CANNOT = "cannot be set for one call"
_NO_FLOW = "the scripted model needs a flow, which only an agent's file can name"
_MAX_CHARACTERS = 10_000  # of the settings of one provider; a long list of names to expect has a few thousand
_TOO_LONG = f"over {_MAX_CHARACTERS} characters"
_PROVIDER = "provider"
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

Settings = TypeVar("Settings", bound=pydantic.BaseModel)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """Settings that a client gave."""

    path: str
    """Where in the request, such as `ttsOptions`."""
    given: Mapping[str, Any]
    """By name, in camel or snake case."""
    is_whole: bool = False
    """The client gave one value for what is one setting of ours, so its mistakes stand at `path` itself."""


def merge(
    settings: Settings, asked: Sequence[Asked], kind: pydantic.TypeAdapter[Any], *, without: Collection[str] = ()
) -> Settings:
    """The settings that one call has.

    Another provider begins anew: nothing that was set for the former one is kept, least of all its server and key.

    Args:
        settings: those of the file.
        asked: what goes over them; the later one counts.
        kind: what the result must be.
        without: settings of the file that do not count.

    Raises:
        Unfit: something may not be set, or not like this.
    """
    if found := [finding for part in asked for finding in _forbidden(part)]:
        raise findings.Unfit(found)
    merged = {
        name: value
        for name, value in settings.model_dump(mode="json", exclude_unset=True).items()
        if name not in without
    }
    places: dict[str, str] = {}
    for part in asked:
        given = {snake(name): value for name, value in part.given.items()}
        if _PROVIDER in given and given[_PROVIDER] != merged[_PROVIDER]:
            merged, places = {}, {}
        merged |= given
        places |= {snake(name): part.path if part.is_whole else f"{part.path}.{name}" for name in part.given}
    try:
        made: Settings = kind.validate_python(merged)
    except pydantic.ValidationError as error:
        otherwise = asked[-1].path if asked else _PROVIDER
        raise findings.Unfit(list(_mistakes(error, merged, places, otherwise, kind))) from None
    return made


def _forbidden(asked: Asked) -> Iterator[findings.Finding]:
    """What may not be set, whatever its value."""
    try:
        is_long = len(json.dumps(asked.given)) > _MAX_CHARACTERS
    except (TypeError, ValueError, RecursionError):
        is_long = True
    if is_long:
        yield findings.of(asked.path, _TOO_LONG)
        return
    seen: set[str] = set()
    for name, value in asked.given.items():
        path, plain = asked.path if asked.is_whole else f"{asked.path}.{name}", snake(name)
        if plain in NEVER:
            yield findings.of(path, _CANNOT)
        elif plain in seen:
            yield findings.of(path, "is given twice")
        elif "${" in json.dumps(value, ensure_ascii=False):
            yield findings.of(path, f"`${{` begins a reference to the environment, which {_CANNOT}")
        seen.add(plain)


def _mistakes(
    error: pydantic.ValidationError,
    merged: Mapping[str, Any],
    places: Mapping[str, str],
    otherwise: str,
    kind: pydantic.TypeAdapter[Any],
) -> Iterator[findings.Finding]:
    """What pydantic found, at the places in the request; what is said of a setting of the file's is the last one's."""
    tag = merged.get(_PROVIDER)
    for item in error.errors(include_url=False, include_input=False):
        loc = item["loc"][1:] if item["loc"][:1] == (tag,) else item["loc"]
        key = str(loc[0]) if loc else _PROVIDER
        place = places.get(key) or (places.get(_PROVIDER) if item["type"] == "missing" else None) or otherwise
        yield findings.of(".".join([place, *map(str, loc[1:])]), _message(item, key, str(tag), kind))


def _message(item: pydantic_core.ErrorDetails, key: str, tag: str, kind: pydantic.TypeAdapter[Any]) -> str:
    if item["type"] == "extra_forbidden":
        return f"unknown setting{problems.nearest(key, _known(kind, tag))}"
    if item["type"] == "missing" and key == "flow":
        return _NO_FLOW
    return item["msg"][:1].lower() + item["msg"][1:]


def _known(kind: pydantic.TypeAdapter[Any], tag: str) -> list[str]:
    """What a client may set of a provider."""
    schema = _json_schema(kind)
    name = schema["discriminator"]["mapping"].get(tag, "").removeprefix("#/$defs/")
    return [key for key in schema["$defs"].get(name, {}).get("properties", {}) if key not in NEVER]


@functools.cache
def _json_schema(kind: pydantic.TypeAdapter[Any]) -> dict[str, Any]:
    return kind.json_schema()


def snake(name: str) -> str:
    """A name in snake_case, whether it came like that or in camelCase; `baseUrl` and `baseURL` are the same."""
    return _CAPITAL.sub("_", name).lower()
