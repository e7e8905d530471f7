"""`trunkline check`, `schema` and `init`: a configuration before anything serves it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing, options


def check(folder: options.Folder = None, as_json: options.AsJson = False) -> None:
    """Say everything that is wrong with a configuration, with file and line; exit 0 if nothing is."""
    with failing.plainly():
        from cli import configuring

        raise SystemExit(configuring.check(folder, as_json=as_json))


def schema(
    kind: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="organization, trunks, numbers or agent; default: all.")
    ] = None,
    folder: Annotated[
        str | None, typer.Option("--dir", metavar="DIR", help="Write each to DIR/FILE.schema.json instead.")
    ] = None,
) -> None:
    """Print the JSON Schema of the YAML files, for editors that complete and check as you type."""
    with failing.plainly():
        from cli import configuring

        configuring.schema(kind, folder)


def init(folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to write it.")]) -> None:
    """Write a commented configuration to begin with; it works without any account."""
    with failing.plainly():
        from cli import configuring

        configuring.init(folder)
