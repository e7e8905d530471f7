"""`trunkline route explain`: where a call would go, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing, options

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `explain` a command of its own."""


@app.command("explain")
def explain(
    dialed: Annotated[str, typer.Argument(metavar="NUMBER", help="The number that is called.")],
    caller: Annotated[str | None, typer.Option("--from", metavar="NUMBER", help="Who calls; else withheld.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Such as '2026-12-24 10:00', by the organization's clock.")
    ] = None,
    trunk: Annotated[str | None, typer.Option(metavar="NAME", help="The trunk that it comes by.")] = None,
    source_ip: Annotated[str | None, typer.Option(metavar="IP", help="The address that the INVITE comes from.")] = None,
    forwarded_from: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Whose phone sent the call on to us.")
    ] = None,
    ring_back: Annotated[
        str | None, typer.Option(metavar="AGENT", help="The agent that dialed this caller lately.")
    ] = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Say where a call would go, step by step, and what to change; exit 0 if it is taken, 1 if it is refused."""
    with failing.plainly():
        from cli import tracing

        asked = tracing.Asked(
            dialed=dialed,
            caller=caller,
            at=at,
            trunk=trunk,
            source_ip=source_ip,
            forwarded_from=forwarded_from,
            ring_back=ring_back,
        )
        raise SystemExit(tracing.trace(asked, config, as_json=as_json))
