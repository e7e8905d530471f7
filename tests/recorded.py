"""Counts that take minutes are kept in `results/`, a JSON line each, with the version of the code that was tried."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
from collections.abc import Iterable
from typing import Any

FOLDER = pathlib.Path(os.environ.get("TRUNKLINE_RESULTS", "results"))


def version(sources: Iterable[pathlib.Path]) -> str:
    """Changes with the code that is tried: results of other code do not count.

    Args:
        sources: its files, or folders of them.
    """
    files = {file for source in sources for file in (source.rglob("*.py") if source.is_dir() else (source,))}
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()[:12]


def kept(name: str, code: str) -> list[dict[str, Any]]:
    """What an earlier, interrupted session has kept of this code.

    Args:
        name: of a file of `results/`, without its ending.
        code: as `version` says.
    """
    file = FOLDER / f"{name}.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [line for line in map(json.loads, lines) if line["version"] == code]


def add(name: str, line: dict[str, Any]) -> None:
    """Append a line to a file of `results/`.

    Args:
        name: of the file, without its ending.
        line: what came of it, with the seed and the version.
    """
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{name}.jsonl").open("a", encoding="utf-8") as results:
        results.write(json.dumps(line) + "\n")
