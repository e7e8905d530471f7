"""Counts that take minutes are kept in `results/`, a JSON line each, with the version of the code that was tried."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
from collections.abc import Iterable

FOLDER = pathlib.Path(os.environ.get("TRUNKLINE_RESULTS", "results"))


def version(sources: Iterable[pathlib.Path]) -> str:
    """Changes with the code that is tried: results of other code do not count.

    Args:
        sources: its files, or folders of them.
    """
    files = {file for source in sources for file in (source.rglob("*.py") if source.is_dir() else (source,))}
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()[:12]


def add(name: str, line: dict[str, object]) -> None:
    """Append a line to a file of `results/`.

    Args:
        name: of the file, without its ending.
        line: what came of it, with the seed and the version.
    """
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{name}.jsonl").open("a", encoding="utf-8") as results:
        results.write(json.dumps(line) + "\n")
