"""`trunkline keys`: make API keys, list and revoke them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing, options
from dispatch.access import scopes

app = typer.Typer(no_args_is_help=True)

_MOST = 1_000_000  # as dispatch takes it


@app.command("create")
def create_key(
    scope: Annotated[list[scopes.Scope], typer.Option(help="What the key may do; may be given several times.")],
    label: Annotated[str | None, typer.Option(help="For people, to tell keys apart.")] = None,
    concurrent: Annotated[int | None, typer.Option(min=0, max=_MOST, help="Dials and calls at the same time.")] = None,
    per_minute: Annotated[int | None, typer.Option(min=0, max=_MOST, help="Dials in any 60 seconds.")] = None,
    per_day: Annotated[int | None, typer.Option(min=0, max=_MOST, help="Dials in any 24 hours.")] = None,
    minutes_per_day: Annotated[
        int | None, typer.Option(min=0, max=_MOST, help="Minutes of calls in any 24 hours.")
    ] = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Make an API key. It is printed this once, and kept nowhere."""
    with failing.plainly():
        from cli import keeping

        limits = {
            "concurrent": concurrent,
            "perMinute": per_minute,
            "perDay": per_day,
            "minutesPerDay": minutes_per_day,
        }
        wanted = {"scopes": [str(name) for name in scope], "label": label, "limits": limits}
        keeping.create(wanted, url=url, as_json=as_json)


@app.command("list")
def list_keys(as_json: options.AsJson = False, url: options.Url = None) -> None:
    """List API keys, newest first, with those that are revoked; never a secret."""
    with failing.plainly():
        from cli import keeping

        keeping.list_all(url=url, as_json=as_json)


@app.command("revoke")
def revoke_key(
    key_id: Annotated[
        str, typer.Argument(metavar="ID", help="What stands between `tl_` and the next underscore; or all of the key.")
    ],
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Revoke an API key: it opens nothing from now on."""
    with failing.plainly():
        from cli import keeping

        keeping.revoke(key_id, url=url, as_json=as_json)
