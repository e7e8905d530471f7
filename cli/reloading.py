"""`trunkline reload`: puts changed files of the configuration in force, without a restart."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from cli import failing


def run(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a sentence.")] = False,
    url: Annotated[str | None, typer.Option(help="Base URL of dispatch; else TRUNKLINE_DISPATCH_URL.")] = None,
) -> None:
    """Have dispatch read its configuration anew. Calls go on; with mistakes in the files, the former one stays."""
    with failing.plainly():
        from cli import api, screen

        async def reload() -> api.Json:
            async with api.connect(api.Access.from_environment(url)) as client:
                return await client.reload()

        try:
            done = asyncio.run(reload())
        except api.ConfigurationRefused as refused:
            if not as_json:
                raise
            screen.print_json(refused.body)
            raise SystemExit(failing.EXIT_CONFIG) from None
        if as_json:
            screen.print_json(done)
        else:
            screen.print_line(_sentence(done))


def _sentence(done: dict[str, object]) -> str:
    from cli import screen

    same = done["version"] == done["versionBefore"]
    what = f"version {done['version']} is in force, {'as before' if same else 'after ' + str(done['versionBefore'])}"
    pending = "" if done["applied"] else "; LiveKit's trunks and rules are still to follow"
    return screen.plain(f"{what}{pending}")
