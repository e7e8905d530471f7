"""`trunkline dnc`: the do-not-call list."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer

from cli import failing, options

app = typer.Typer(no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="The number; E.164 is best.")]
File = Annotated[
    pathlib.Path, typer.Argument(exists=True, dir_okay=False, help="One number a line, or CSV: number, reason.")
]


@app.command("list")
def list_entries(
    number: Annotated[str | None, typer.Option(help="Only this number.")] = None,
    limit: options.Limit = 50,
    cursor: options.Cursor = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """List numbers that are not to be called, newest first."""
    with failing.plainly():
        from cli import people

        people.list_entries({"number": number, "limit": str(limit), "cursor": cursor}, url=url, as_json=as_json)


@app.command("add")
def add(
    number: Number,
    reason: Annotated[str | None, typer.Option(help="For those who read the list.")] = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Put a number on the list. From then on it is not called."""
    with failing.plainly():
        from cli import people

        people.add_entry(number, reason, url=url, as_json=as_json)


@app.command("remove")
def remove(number: Number, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Take a number off the list."""
    with failing.plainly():
        from cli import people

        people.remove_entry(number, url=url, as_json=as_json)


@app.command("import")
def import_file(file: File, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Put the numbers of a file on the list; tells the lines that are none."""
    with failing.plainly():
        from cli import importing, sheets

        importing.run(importing.DO_NOT_CALL, sheets.numbers(file), url=url, as_json=as_json)
