"""What an endpoint answered: strict JSON, its known keys strict in their types, anything else left alone and named.

    {"firstMessage": …}  or  {"pipelineConfig": {"firstMessage": …}}  or  {"reject": {"reason": …, "code": …}}

Keys are in camelCase or snake_case.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

import pydantic
from pydantic import alias_generators

from callcore import errors
from dispatch.http import reading
from sip_config.sessions import answering, findings, merging
from sip_config.sessions import overrides as asked_for

REJECT_CODE = 603
"""SIP status of a rejection that names none: Decline (RFC 3261 section 21.6.2)."""

LONGEST_REASON = 120
"""Characters that are kept of why a call is rejected."""

_NESTED = frozenset({"pipeline_config"})
_FORBIDDEN = merging.NEVER | {"api_keys", "secret", "secrets", "base_urls"}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_MOST_NAMES = 10
_HIDDEN = "…"

_Pairs = dict[str, str]


class Unusable(errors.BadInput):
    """The answer is not JSON, or no object."""

    public_code = "not_json"


class Rejection(pydantic.BaseModel):
    """The call is not to be taken, or placed."""

    model_config = pydantic.ConfigDict(frozen=True, hide_input_in_errors=True)

    reason: str = ""
    code: Annotated[int, pydantic.Field(ge=400, le=699)] = REJECT_CODE

    @property
    def text(self) -> str:
        """The reason as it can stand between quotes in a SIP header, on one line (RFC 3261 section 25.1)."""
        line = " ".join(self.reason.split()).translate({ord('"'): "'", ord("\\"): "/"})
        return "".join(sign for sign in line if sign.isprintable())[:LONGEST_REASON] or "Rejected"


class _Given(pydantic.BaseModel):
    """What may stand in an answer besides overrides."""

    model_config = pydantic.ConfigDict(frozen=True, hide_input_in_errors=True)

    agent_id: Annotated[str, pydantic.Field(min_length=1, max_length=64)] | None = None
    tools: Annotated[tuple[str, ...], pydantic.Field(max_length=50)] | None = None
    pronunciations: _Pairs | None = None
    variables: _Pairs | None = None
    metadata: _Pairs | None = None
    reject: Rejection | None = None


_OVERRIDES = frozenset(asked_for.Overrides.model_fields)
_KNOWN = _OVERRIDES | frozenset(_Given.model_fields)
_PARTS: Mapping[str, type[pydantic.BaseModel]] = {
    "intent": asked_for.Intent,
    "constraints": asked_for.Constraints,
    "allowed_providers": asked_for.AllowedProviders,
    "reject": Rejection,
}
"""Objects whose keys are ours; those of providers' settings are checked when they are merged."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer that can be followed."""

    wanted: answering.Answer
    rejection: Rejection | None = None
    ignored: tuple[str, ...] = ()
    """Names of keys that had no effect; one that is no plain name is shown as `…`."""

    @property
    def changes_nothing(self) -> bool:
        return self.rejection is None and self.wanted == answering.Answer()


def parse(body: bytes) -> Reply:
    """What the body of a 2xx wants; an empty one wants nothing.

    Raises:
        Unusable: it is not JSON (RFC 8259), or no object.
        Unfit: a known key has a value of another type, or something is set that nobody may set.
    """
    if not body.strip():
        return Reply(wanted=answering.Answer())
    try:
        content = reading.parsed(body)
    except errors.BadInput:
        raise Unusable from None
    if not isinstance(content, dict):
        raise Unusable
    ignored: list[str] = []
    given = _known(_flat(content), ignored)
    try:
        besides = _Given.model_validate_json(_json(given, _Given), strict=True)
        overrides = asked_for.Overrides.model_validate_json(_json(given, asked_for.Overrides), strict=True)
    except pydantic.ValidationError as error:
        raise findings.Unfit(
            [findings.of(_path(item["loc"]), item["msg"]) for item in error.errors(include_input=False)]
        ) from None
    wanted = answering.Answer(
        overrides=overrides,
        agent_id=besides.agent_id,
        tools=besides.tools,
        pronunciations=besides.pronunciations or {},
        variables=besides.variables or {},
        metadata=besides.metadata or {},
    )
    return Reply(wanted=wanted, rejection=besides.reject, ignored=tuple(ignored[:_MOST_NAMES]))


def _flat(content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Keys and values of the answer and of its `pipelineConfig`."""
    flat: list[tuple[str, Any]] = []
    for name, value in content.items():
        if merging.snake(name) not in _NESTED:
            flat.append((name, value))
        elif isinstance(value, dict):
            flat += value.items()
        elif value is not None:
            raise findings.Unfit([findings.of(name, "must be an object")])
    return flat


def _known(flat: list[tuple[str, Any]], ignored: list[str]) -> dict[str, Any]:
    """The keys that mean something, in snake_case; a null is as if it were not there."""
    known: dict[str, Any] = {}
    for name, value in flat:
        snake = merging.snake(name)
        if snake in _FORBIDDEN:
            raise findings.Unfit([findings.of(name, "cannot be set for one call")])
        if snake not in _KNOWN:
            ignored.append(_shown(name))
        elif value is not None:
            if snake in known:
                raise findings.Unfit([findings.of(name, "is given twice")])
            known[snake] = _inside(snake, value, ignored)
    return known


def _inside(part: str, value: Any, ignored: list[str]) -> Any:
    """An object of ours with its keys in snake_case, without those that mean nothing; anything else as it is."""
    if part not in _PARTS or not isinstance(value, dict):
        return value
    fields = _PARTS[part].model_fields
    inner: dict[str, Any] = {}
    for name, item in value.items():
        snake = merging.snake(name)
        if snake not in fields:
            ignored.append(_shown(f"{part}_{name}"))
        elif snake in inner:
            raise findings.Unfit([findings.of(f"{part}.{name}", "is given twice")])
        elif item is not None:
            inner[snake] = _inside(snake, item, ignored)
    return inner


def _json(given: Mapping[str, Any], model: type[pydantic.BaseModel]) -> str:
    """What is the model's; only from JSON does pydantic take enumerations and lists where it is strict."""
    return json.dumps({name: value for name, value in given.items() if name in model.model_fields})


def _shown(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else _HIDDEN


def _path(location: tuple[int | str, ...]) -> str:
    """Where a mistake is, in camelCase as far as the names are ours."""
    ours = _KNOWN.union(*(part.model_fields for part in _PARTS.values()))
    return ".".join(alias_generators.to_camel(part) if part in ours else part for part in map(str, location))
