"""A whole phone network in one machine: the real stack, dispatch and a worker, on loopback and on free ports.

async with labs.running(labs.LabOptions(environment=os.environ)) as lab:
... call lab.sip, ask lab.dispatch_url, stop lab.dispatch and start it again ...
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lab import applications, provider_sets
from lab.stack import configs, errors, ports, probes, processes, sites, stacks

SAMPLE_SET = applications.PACKAGES / "sip_config" / "demo"
READY_S = 30.0  # for dispatch to hear of the worker, which reports every 2 s, on a loaded machine
TAKE_DOWN_GRACE_S = 3.0  # calls that are still up then are cut off: nobody will look at them any more


@dataclass(frozen=True, kw_only=True)
class LabOptions:
    """What a lab is made for.

    Attributes:
        environment: of the user: says where programs are found, and has what `${NAME}` in the configuration names.
        config: a configuration folder; the sample set where none is given.
        providers: that the agents use.
        sip_port: for SIP, instead of a free one.
        http_port: for dispatch, instead of a free one.
        max_calls: that the worker takes at once.
        variables: further ones for dispatch and worker.
        simulators: words for the simulators' command (`python -m lab.providers --help`); where none are given, their
            model answers by the configuration's first scripted flow.
        program: the `trunkline` command.
        progress: told in a word or two what is being started.
    """

    environment: Mapping[str, str] = field(repr=False)
    config: Path | None = None
    providers: provider_sets.ProviderSet = provider_sets.ProviderSet.OFFLINE
    sip_port: int | None = None
    http_port: int | None = None
    max_calls: int = 10
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    simulators: Sequence[str] = ()
    program: Sequence[str] = applications.TRUNKLINE
    progress: Callable[[str], None] = lambda _: None


class Address(NamedTuple):
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A running lab.

    Attributes:
        folder: holds everything, also `<component>.log`; removed with the lab.
        config: the configuration folder that dispatch serves, a copy that tests may rewrite before a reload.
        simulators_url: where the provider simulators serve, in the simulated set.
        components: `redis`, `livekit`, `sip`, `dispatch`, `worker` and, where there are any, `simulators`.
    """

    folder: Path
    config: Path
    dispatch_url: str
    sip: Address
    livekit: configs.LiveKitAccess
    redis_url: str
    database: Path
    api_key: str = field(repr=False)
    internal_secret: str = field(repr=False)
    simulators_url: str
    site: sites.Site = field(repr=False)
    components: Mapping[str, processes.Process] = field(repr=False)

    @property
    def dispatch(self) -> processes.Process:
        return self.components["dispatch"]

    @property
    def worker(self) -> processes.Process:
        return self.components["worker"]

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by component, of those that run."""
        running = {name: process.pid for name, process in self.components.items() if process.running}
        return {"keeper": self.site.guard.pid, **running}

    async def ready(self) -> None:
        """Wait until dispatch says that calls can be taken, as after a restart of something.

        Raises:
            TimeoutError: it did not in `READY_S`.
        """
        async with asyncio.timeout(READY_S):
            await probes.http_ok(f"{self.dispatch_url}/readyz")

    async def failure(self) -> errors.LabError:
        """Wait until a component ends that nobody stopped, and say which and how."""
        ends = [process.failed for process in self.components.values()]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if self.site.guard.lost.done():
            return errors.GuardLost("the lab's keeper process has ended, and every component with it")
        return self.failures()[0]

    def failures(self) -> list[errors.ComponentFailed]:
        """Every component's end so far that nobody asked for."""
        return [process.failed.result() for process in self.components.values() if process.failed.done()]


@contextlib.asynccontextmanager
async def running(options: LabOptions) -> AsyncIterator[Lab]:
    """A lab that takes calls when the block begins, and is gone without a trace when it ends.

    A component that ends in the meantime without having been stopped is an error when the block ends, or a note on the
    error that ended it.

    Raises:
        LabError: the lab cannot be started, or a component ended; the message says which and why.
    """
    if options.providers is provider_sets.ProviderSet.REAL:
        provider_sets.require_keys(options.environment)
    stack_options = stacks.StackOptions(
        environment=options.environment,
        sip_port=options.sip_port,
        http_port=options.http_port,
        max_calls=options.max_calls,
        progress=options.progress,
    )
    async with stacks.running(stack_options) as stack:
        lab = await _deploy(options, stack)
        try:
            yield lab
        except BaseException as error:
            for failure in lab.failures():
                if failure is not error:
                    error.add_note(str(failure))
            raise
        else:
            for failure in lab.failures():
                raise failure
        finally:
            await lab.worker.stop(TAKE_DOWN_GRACE_S)
            await lab.dispatch.stop(TAKE_DOWN_GRACE_S)


async def _deploy(options: LabOptions, stack: stacks.Stack) -> Lab:
    site = stack.site
    started = {"redis": stack.redis, "livekit": stack.livekit, "sip": stack.sip}
    source = options.config or SAMPLE_SET
    simulators_url = ""
    if options.providers is provider_sets.ProviderSet.SIMULATED:
        words = options.simulators or provider_sets.simulators_script(source)
        started["simulators"] = simulators = applications.simulators(site, options.environment, words)
        await _start(simulators, options)
        simulators_url = await probes.announced_url(simulators)
    config = site.guard.folder / "config"
    provider_sets.prepare(source, config, options.providers, simulators_url)
    deployment = applications.Deployment(
        site=site,
        program=options.program,
        config=config,
        max_calls=options.max_calls,
        environment=options.environment,
        variables=options.variables,
    )
    started["dispatch"] = dispatch = applications.dispatch(deployment)
    started["worker"] = worker = applications.worker(deployment, dispatch)
    await _start(dispatch, options)
    await _start(worker, options)
    return Lab(
        folder=site.guard.folder,
        config=config,
        dispatch_url=deployment.dispatch_url,
        sip=Address(ports.LOOPBACK, site.ports.sip),
        livekit=site.access,
        redis_url=deployment.redis_url,
        database=deployment.database,
        api_key=deployment.api_key,
        internal_secret=deployment.internal_secret,
        simulators_url=simulators_url,
        site=site,
        components=started,
    )


async def _start(process: processes.Process, options: LabOptions) -> None:
    options.progress(f"starting {process.name}")
    await process.start()
