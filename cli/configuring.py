"""What `trunkline check`, `schema` and `init` do."""

from __future__ import annotations

import json
import os
import pathlib
import sys

from callcore import errors
from cli import failing
from sip_config import configurations, editor_schemas, loading, problems, samples
from sip_config.reading import environments


def check(folder: str | None, *, as_json: bool) -> int:
    """Say everything that is wrong with a configuration; the exit code."""
    environment = environments.read()
    examined = loading.examine(environments.folder(folder, environment), environment)
    if as_json:
        found = [_as_json(problem) for problem in examined.found]
        notes = [_as_json(note) for note in examined.notes]
        sys.stdout.write(json.dumps({"ok": not found, "problems": found, "notes": notes}, indent=2) + "\n")
    else:
        _print(examined)
    return failing.EXIT_FAILED if examined.found else 0


def schema(kind: str | None, folder: str | None) -> None:
    """Print the JSON Schema of one kind of file, or of all; or write them to a folder."""
    if kind is not None and kind not in editor_schemas.KINDS:
        raise errors.BadInput(f"there is no `{kind}`{problems.nearest(kind, editor_schemas.KINDS)}")
    made = {name: editor_schemas.make(name) for name in ([kind] if kind else editor_schemas.KINDS)}
    if folder is None:
        sys.stdout.write(json.dumps(made[kind] if kind else made, indent=2) + "\n")
        return
    try:
        os.makedirs(folder, exist_ok=True)
        for name, content in made.items():
            path = pathlib.Path(folder, f"{name}.schema.json")
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            sys.stdout.write(_line(str(path)))
    except OSError as error:
        raise errors.BadInput(f"{folder}: {error.strerror}") from None


def init(folder: str) -> None:
    """Write the sample into a folder."""
    for name in samples.write(pathlib.Path(folder)):
        sys.stdout.write(_line(os.path.join(folder, name)))


def _print(examined: loading.Examined) -> None:
    for problem in examined.found:
        sys.stdout.write(_line(str(problem)))
    for note in examined.notes:
        sys.stdout.write(_line(f"note: {note}"))
    if examined.configuration is None:
        sys.stdout.write(f"{_count(len(examined.found), 'problem')}\n")
    else:
        sys.stdout.write(f"{_summary(examined.configuration)}\n")


def _summary(configuration: configurations.Configuration) -> str:
    counted = (
        (len(configuration.numbers), "number"),
        (len(configuration.trunks), "trunk"),
        (len(configuration.agents), "agent"),
    )
    return ", ".join(_count(count, what) for count, what in counted)


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _line(text: str) -> str:
    """A line that is safe on any terminal, whatever stands in the files."""
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return plain.encode("utf-8", "replace").decode() + "\n"


def _as_json(problem: problems.Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.setting,
        "message": problem.message,
    }
