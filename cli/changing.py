"""What `trunkline plan` and `trunkline apply` do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

import typer

from callcore import errors
from cli import changes_screen, leasing, livekit_access
from sip_config import apply as applying
from sip_config import configurations, loading
from sip_config.reading import environments

_LOOK_S = 15.0  # LiveKit answers in milliseconds; each of its two lists has 5 s
_APPLY_S = 60.0  # thousands of objects


def plan(folder: str | None, *, as_json: bool) -> bool:
    """Show what apply would change; whether it would find LiveKit other than configured."""
    environment = environments.read()
    configuration = _load(folder, environment)
    found = asyncio.run(_look(configuration, environment))
    changes_screen.show(found, as_json=as_json)
    return bool(found.changes or found.conflicts)


def apply(folder: str | None, *, yes: bool, as_json: bool, url: str | None) -> None:
    """Show what is to change, ask unless told not to, and change it.

    Raises:
        Conflict: something of somebody else is in the way, somebody else applies, or LiveKit has changed meanwhile.
        BadInput: there is nobody to ask.
    """
    environment = environments.read()
    configuration = _load(folder, environment)
    found = asyncio.run(_look(configuration, environment))
    if not as_json or found.conflicts or not (found.changes and yes):
        changes_screen.show(found, as_json=as_json)
    if found.conflicts:
        raise errors.Conflict("Nothing was changed: first make room for what is listed as in the way.")
    if found.changes:
        if not yes:
            _ask(as_json=as_json)
        asyncio.run(_carry_out(configuration, environment, found, url))
        if as_json:
            changes_screen.show(found, as_json=True)
        else:
            changes_screen.show_applied(found)
    serving = asyncio.run(leasing.served_version(environment, url))
    if serving is not None and serving != configuration.version:
        _note(f"dispatch still serves version {serving}; run `trunkline reload` to have it serve this one")


def _ask(*, as_json: bool) -> None:
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise errors.BadInput("Nothing was changed: nobody can be asked here; give --yes to apply without asking.")
    if not typer.confirm("Apply this?"):
        raise errors.Conflict("Nothing was changed.")


async def _look(configuration: configurations.Configuration, environment: Mapping[str, str]) -> applying.Plan:
    async with livekit_access.connected(environment, _LOOK_S) as livekit:
        return await applying.plan(configuration, livekit)


async def _carry_out(
    configuration: configurations.Configuration, environment: Mapping[str, str], shown: applying.Plan, url: str | None
) -> None:
    """Apply what was shown."""
    async with leasing.held(environment, url, note=_note), livekit_access.connected(environment, _APPLY_S) as livekit:
        if await applying.plan(configuration, livekit) != shown:
            raise errors.Conflict("Nothing was changed: LiveKit is not as it was shown any more. Try again.")
        await applying.apply(configuration, livekit)


def _load(folder: str | None, environment: Mapping[str, str]) -> configurations.Configuration:
    return loading.load(environments.folder(folder, environment), environment)


def _note(text: str) -> None:
    sys.stderr.write(f"note: {text}\n")
