"""Options and arguments that several commands have: the same name, meaning and words everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Url = Annotated[str | None, typer.Option(help="Base URL of dispatch; else TRUNKLINE_DISPATCH_URL.")]

Limit = Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")]
Cursor = Annotated[str | None, typer.Option(help="Go on after a page: what it says at its end.")]

Folder = Annotated[
    str | None, typer.Argument(metavar="[DIR]", help="The configuration; default: $TRUNKLINE_CONFIG, or ./config.")
]
Config = Annotated[Path | None, typer.Option(help="Configuration folder.", show_default="TRUNKLINE_CONFIG, or config")]
