"""The variables that `${NAME}` may name: those of the process, and beneath them those of `.env` in its folder."""

from __future__ import annotations

import os
from collections.abc import Mapping

import dotenv

_FILE = ".env"


def read() -> Mapping[str, str]:
    """Every variable with a value; the process's own win over the file's."""
    from_file = {name: value for name, value in dotenv.dotenv_values(_FILE).items() if value}
    return {**from_file, **os.environ}
