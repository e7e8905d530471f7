"""The files of livekit-server and livekit-sip, as far as they can be found; only a few of their keys are read."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import ruamel.yaml

_MOST_BYTES = 1_000_000  # such a file has some hundred


@dataclasses.dataclass(frozen=True, kw_only=True)
class YamlFile:
    """One of them."""

    path: pathlib.Path
    values: Mapping[str, Any] | None
    """None where it is not there or cannot be read."""
    problem: str = ""
    """Why there are no values."""

    def section(self, name: str) -> Mapping[str, Any]:
        """A mapping inside; empty where there is none."""
        found = (self.values or {}).get(name)
        return found if isinstance(found, dict) else {}


def read(path: pathlib.Path) -> YamlFile:
    """Read a file, or say why not."""
    try:
        if not path.is_file():
            return YamlFile(path=path, values=None, problem=f"there is no {path}")
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES)
        values = ruamel.yaml.YAML(typ="safe", pure=True).load(text.decode())
    except OSError as error:
        return YamlFile(path=path, values=None, problem=f"{path} cannot be read: {error.strerror}")
    except (ruamel.yaml.error.YAMLError, ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return YamlFile(path=path, values=None, problem=f"{path} is not valid YAML")
    if not isinstance(values, dict):
        return YamlFile(path=path, values=None, problem=f"{path} holds no settings")
    return YamlFile(path=path, values=values)
