"""The variables that `${NAME}` may name: those of the process, and beneath them those of `.env` in its folder."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping

import dotenv

_FILE = ".env"
_NAME = "TRUNKLINE_CONFIG"
_DEFAULT = "config"


def read() -> Mapping[str, str]:
    """Every variable with a value; the process's own win over the file's."""
    from_file = {name: value for name, value in dotenv.dotenv_values(_FILE).items() if value}
    return {**from_file, **os.environ}


def folder(given: str | os.PathLike[str] | None, environment: Mapping[str, str]) -> pathlib.Path:
    """The folder of the configuration: the one that is given, else `TRUNKLINE_CONFIG`, else `./config`."""
    return pathlib.Path(given or environment.get(_NAME) or _DEFAULT)
