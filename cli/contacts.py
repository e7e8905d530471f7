"""`trunkline contacts`: the people we talk to."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer

from cli import failing, options

app = typer.Typer(no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="Id of the contact, or its number.")]
File = Annotated[
    pathlib.Path, typer.Argument(exists=True, dir_okay=False, help="CSV with the columns number, name, and fields.")
]


@app.command("list")
def list_contacts(
    number: Annotated[str | None, typer.Option(help="Only the contact of this number.")] = None,
    status: Annotated[str | None, typer.Option(help="Only those, such as contacted or no_answer.")] = None,
    limit: options.Limit = 50,
    cursor: options.Cursor = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """List contacts, newest first."""
    with failing.plainly():
        from cli import people

        filters = {"number": number, "status": status, "limit": str(limit), "cursor": cursor}
        people.list_contacts(filters, url=url, as_json=as_json)


@app.command("show")
def show(who: Who, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Show one contact with its fields."""
    with failing.plainly():
        from cli import people

        people.show_contact(who, url=url, as_json=as_json)


@app.command("import")
def import_file(file: File, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Make contacts of the rows of a file, or add to those that are there; tells the rows that are wrong."""
    with failing.plainly():
        from cli import importing, sheets

        importing.run(importing.CONTACTS, sheets.contacts(file), url=url, as_json=as_json)


@app.command("delete")
def delete(
    who: Who,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Delete a contact with its calls, transcripts and recordings. Its place on the do-not-call list stays."""
    if not is_sure:
        typer.confirm("This deletes the contact with all its calls and recordings, for good. Go on?", abort=True)
    with failing.plainly():
        from cli import people

        people.delete_contact(who, url=url, as_json=as_json)
