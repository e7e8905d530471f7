"""The form of a scenario file."""

from __future__ import annotations

import importlib.resources
import pathlib
from typing import Literal

import pydantic
from ruamel.yaml import YAML
from ruamel.yaml import error as yaml_error

from callcore import errors
from lab import speech


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Line(_Part):
    """One thing the caller says."""

    say: str
    """Text, in words that the caller's voice can read: no digits."""
    interrupt_after_ms: int | None = pydantic.Field(default=None, ge=0)
    """Speak while the agent does, this long after it began; None waits until the agent has finished."""
    agent_falls_silent_within_ms: int | None = pydantic.Field(default=None, ge=0)
    """How soon the agent must stop when it is interrupted."""
    agent_says: tuple[str, ...] = ()
    """Words of which each must be in what the agent says in the call, in any case."""


class Scenario(_Part):
    """One call."""

    name: str
    number: str
    """Dialed, E.164."""
    caller: str
    """Caller ID, E.164."""
    voice: speech.Voice = speech.Voice.RMS
    """The caller's flite voice."""
    greeting_within_ms: int = pydantic.Field(ge=0)
    """From 200 OK to the agent's first sound."""
    turns: tuple[Line, ...] = pydantic.Field(min_length=1)
    ended_by: Literal["agent", "caller"]
    """Who hangs up."""


def built_in(name: str) -> Scenario:
    """A scenario that ships with the lab.

    Raises:
        ConfigurationInvalid: there is none of that name.
    """
    texts = {path.name: path for path in importlib.resources.files("lab.scenarios").iterdir()}
    if (text := texts.get(f"{name}.yaml")) is None:
        known = ", ".join(sorted(found.removesuffix(".yaml") for found in texts if found.endswith(".yaml")))
        raise errors.ConfigurationInvalid([f"there is no scenario {name}, only {known}; or name a .yaml file"])
    return _parse(text.read_text(encoding="utf-8"), text.name)


def load(path: pathlib.Path) -> Scenario:
    """A scenario from a file.

    Raises:
        ConfigurationInvalid: it is no scenario; every problem is named.
    """
    try:
        return _parse(path.read_text(encoding="utf-8"), path.name)
    except OSError as error:
        raise errors.ConfigurationInvalid([f"{path}: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise errors.ConfigurationInvalid([f"{path}: this is not text in UTF-8"]) from None


def _parse(text: str, name: str) -> Scenario:
    try:
        return Scenario.model_validate(YAML(typ="safe", pure=True).load(text))
    except yaml_error.YAMLError as error:
        raise errors.ConfigurationInvalid([f"{name}: {error}"]) from None
    except pydantic.ValidationError as error:
        problems = [": ".join([name, *_place(e["loc"]), e["msg"]]) for e in error.errors(include_input=False)]
        raise errors.ConfigurationInvalid(problems) from None


def _place(location: tuple[int | str, ...]) -> list[str]:
    return [".".join(map(str, location))] if location else []
