"""Puts changed files of the configuration in force."""

from __future__ import annotations

import re

from aiohttp import web

from callcore import errors
from dispatch import keys, reloading
from dispatch.http import answers, problems, routes
from dispatch.v1 import schemas

_PLACED = re.compile(r"([^:\n]+:\d+:\d+) (.*)", re.DOTALL)  # as `sip_config.problems` writes it


class Counts(schemas.Shape):
    """How much of everything is configured."""

    trunks: int
    numbers: int
    agents: int


class Reloaded(schemas.Shape):
    """What a reload did."""

    version_before: str
    version: str
    """In force now."""
    applied: bool
    """Whether LiveKit has its trunks and rules already."""
    counts: Counts

    @classmethod
    def of(cls, reload: reloading.Reload) -> Reloaded:
        configuration = reload.configuration
        return cls(
            version_before=reload.before,
            version=configuration.version,
            applied=reload.applied,
            counts=Counts(
                trunks=len(configuration.trunks),
                numbers=len(configuration.numbers),
                agents=len(configuration.agents),
            ),
        )


async def run(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Reload. A configuration with mistakes is refused with all of them; the former one goes on serving."""
    try:
        done = await request.app[keys.RELOADER].reload_now()
    except errors.ConfigurationInvalid as error:
        detail = "The configuration has errors; the former one goes on serving."
        return problems.response(422, error.public_code, detail, fields=[_field(text) for text in error.problems])
    return answers.model(Reloaded.of(done))


def _field(problem: str) -> problems.FieldError:
    placed = _PLACED.fullmatch(problem)
    path, message = placed.groups() if placed else ("", problem)
    return problems.FieldError(path=path, message=message)
