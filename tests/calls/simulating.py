"""Gives the agents of a running lab other providers: the plugins, against simulators."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
from collections.abc import AsyncIterator

from lab import applications, labs, provider_sets
from lab.stack import probes
from tests.calls import standing


@contextlib.asynccontextmanager
async def providers(lab: labs.Lab, config: pathlib.Path, scratch: pathlib.Path) -> AsyncIterator[labs.Lab]:
    """The lab with simulated providers, until the block ends.

    Args:
        lab: that runs with other providers.
        config: what its configuration was made from.
        scratch: an empty folder.
    """
    simulators = applications.simulators(lab.site, os.environ, provider_sets.simulators_script(config))
    await simulators.start()
    try:
        url = await probes.announced_url(simulators)
        simulated, before = scratch / "simulated", scratch / "before"
        provider_sets.prepare(config, simulated, provider_sets.ProviderSet.SIMULATED, url)
        shutil.copytree(lab.config, before)
        await _put_in_force(lab, simulated)
        yield dataclasses.replace(lab, simulators_url=url)
        await _put_in_force(lab, before)
    finally:
        await simulators.stop()


async def _put_in_force(lab: labs.Lab, config: pathlib.Path) -> None:
    shutil.copytree(config, lab.config, dirs_exist_ok=True)
    assert await standing.reload(lab) == 200
