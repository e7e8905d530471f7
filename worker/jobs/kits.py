"""What a job process has ready before its call comes."""

from __future__ import annotations

import dataclasses
from typing import cast

from livekit import agents

from callcore import clock
from sip_config.reading import environments
from worker import identity, settings, snapshots
from worker.providers import registry

_KIT = "kit"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kit:
    """Settings, clocks and loaded models of one job process."""

    settings: settings.WorkerSettings
    worker_id: str
    """Of the worker whose process this is, as it reports itself to dispatch."""
    clock: clock.Clock
    warm: registry.Warm


def prepare(process: agents.JobProcess) -> None:
    """Load what takes time while no caller waits. Runs once in every job process."""
    config = settings.load()
    known = snapshots.agents(snapshots.read(config.snapshot_path))
    warm = registry.prewarm(environments.read(), known)
    process.userdata[_KIT] = Kit(
        settings=config, worker_id=identity.read(config.id_path), clock=clock.SystemClock(), warm=warm
    )


def of(ctx: agents.JobContext) -> Kit:
    """The kit of this job's process."""
    return cast(Kit, ctx.proc.userdata[_KIT])
