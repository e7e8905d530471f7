"""`trunkline plan` and `trunkline apply`: what LiveKit has, and what the configuration wants it to have."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing, options


def plan(
    folder: options.Folder = None,
    as_json: options.AsJson = False,
    tell: Annotated[bool, typer.Option("--exit-code", help="Exit 2 if something is to change or in the way.")] = False,
) -> None:
    """Show what `apply` would change in LiveKit: its trunks and dispatch rules. Changes nothing."""
    with failing.plainly():
        from cli import changing

        differs = changing.plan(folder, as_json=as_json)
        raise SystemExit(failing.EXIT_DIFFERS if tell and differs else 0)


def apply(
    folder: options.Folder = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Make LiveKit's trunks and dispatch rules what the configuration wants. What others made is left alone."""
    with failing.plainly():
        from cli import changing

        changing.apply(folder, yes=yes, as_json=as_json, url=url)
