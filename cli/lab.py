"""`trunkline lab`: a phone network in one machine."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from lab import labs

app = typer.Typer(help="A phone network in one machine, for demos and tests.", no_args_is_help=True)

# Spelled out here so that --help need not import the lab.
ProviderName = Literal["offline", "simulated", "configured", "real"]


@app.callback()
def group() -> None:
    """A phone network in one machine, for demos and tests."""


@app.command()
def up(
    config: Annotated[
        Path | None, typer.Option(help="Configuration folder.", show_default="the sample set", file_okay=False)
    ] = None,
    providers: Annotated[ProviderName, typer.Option(help="Who listens, thinks and speaks.")] = "offline",
    sip_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port for SIP.", show_default="a free one")
    ] = None,
    http_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of dispatch.", show_default="a free one")
    ] = None,
) -> None:
    """Start Redis, livekit-server, livekit-sip, dispatch and a worker on loopback, until Ctrl-C.

    Prints one JSON line with their addresses and keys once calls can be taken.
    """
    from lab import labs, provider_sets
    from sip_config.reading import environments

    options = labs.LabOptions(
        environment=environments.read(),
        config=config,
        providers=provider_sets.ProviderSet(providers),
        sip_port=sip_port,
        http_port=http_port,
        progress=_report,
    )
    raise typer.Exit(asyncio.run(_stay_up(options)))


async def _stay_up(options: labs.LabOptions) -> int:
    """Run a lab until a signal; 1 if it could not start or lost a component."""
    from lab.stack import errors

    running = asyncio.create_task(_run(options))
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        _report("down")
        return 0
    except errors.LabError as error:
        _report(str(error))
    return 1


async def _run(options: labs.LabOptions) -> None:
    from lab import labs

    async with labs.running(options) as lab:
        _announce(lab)
        raise await lab.failure()


def _announce(lab: labs.Lab) -> None:
    line = {
        "dispatch": lab.dispatch_url,
        "sip": str(lab.sip),
        "livekit": {"url": lab.livekit.url, "apiKey": lab.livekit.api_key, "apiSecret": lab.livekit.api_secret},
        "apiKey": lab.api_key,
        "pids": lab.pids,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _report(what: str) -> None:
    sys.stderr.write(f"lab: {what}\n")
    sys.stderr.flush()
