"""`trunkline demo`: a whole stack on this machine, and a phone call to it that anybody can watch."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing


def run(
    once: Annotated[
        bool, typer.Option("--once", help="End after the call; exit 0 only if it went as it should.")
    ] = False,
    sip_port: Annotated[int | None, typer.Option(help="UDP port for SIP; a free one by default.")] = None,
    http_port: Annotated[int | None, typer.Option(help="Port of dispatch; a free one by default.")] = None,
    scenario: Annotated[str, typer.Option(help="A scenario file, or the name of a built-in one.")] = "front-desk",
    save: Annotated[str | None, typer.Option(help="Keep the phone's recording in this WAV file.")] = None,
) -> None:
    """Start everything on loopback, call the demo number, show the call as it happens."""
    with failing.plainly():
        from cli import demonstrating

        options = demonstrating.Options(once=once, sip_port=sip_port, http_port=http_port, scenario=scenario, save=save)
        raise SystemExit(demonstrating.demonstrate(options))
