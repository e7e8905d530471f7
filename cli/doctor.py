"""`trunkline doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import options


def run(
    config: options.Config = None,
    sip_yaml: Annotated[Path, typer.Option(help="livekit-sip's configuration file.")] = Path("sip.yaml"),
    livekit_yaml: Annotated[Path, typer.Option(help="livekit-server's configuration file.")] = Path("livekit.yaml"),
    as_json: options.AsJson = False,
) -> None:
    """Look at everything that calls need: what is wrong, and the cure. Changes nothing."""
    from cli import examining

    raise typer.Exit(examining.examine(config, sip_yaml, livekit_yaml, as_json=as_json))
