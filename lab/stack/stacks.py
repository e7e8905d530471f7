"""Redis, livekit-server and livekit-sip, up and ready, and gone without a trace afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from lab.stack import binaries, components, configs, errors, guard, ports, processes, sites

ATTEMPTS = 3  # each with other ports, should a foreign server take one between our look and our start
# What components may take from the user's environment: variables of LiveKit's programs there are for another server.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """What a stack is made for.

    Attributes:
        environment: of the user; says where programs are found.
        sip_port: for SIP, instead of a free one.
        http_port: for dispatch, instead of a free one; livekit-server sends its webhooks there.
        max_calls: at once; sizes the RTP range.
        progress: told in a word or two what is being started.
    """

    environment: Mapping[str, str] = field(repr=False)
    sip_port: int | None = None
    http_port: int | None = None
    max_calls: int = 10
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running stack."""

    site: sites.Site
    redis: processes.Process
    livekit: processes.Process
    sip: processes.Process

    async def start(self, progress: Callable[[str], None]) -> None:
        """Start everything in the order of need."""
        for process in (self.redis, self.livekit, self.sip):
            progress(f"starting {process.name}")
            await process.start()


@contextlib.asynccontextmanager
async def running(options: StackOptions) -> AsyncIterator[Stack]:
    """A stack, ready when the block begins and taken down when it ends.

    Raises:
        LabError: it cannot be started; the message says why.
    """
    programs = binaries.find(options.environment)
    async with contextlib.AsyncExitStack() as cleanup:
        for attempt in range(1, ATTEMPTS + 1):
            stack = _lay_out(programs, await _take_site(options, cleanup))
            try:
                await stack.start(options.progress)
                break
            except errors.ComponentFailed as failure:
                if not failure.lost_its_port or attempt == ATTEMPTS:
                    raise
                await cleanup.aclose()
        yield stack


async def _take_site(options: StackOptions, cleanup: contextlib.AsyncExitStack) -> sites.Site:
    network, held = cleanup.enter_context(
        ports.claimed(options.max_calls, sip_port=options.sip_port, http_port=options.http_port)
    )
    keeper = await cleanup.enter_async_context(await guard.Guard.start(options.environment, held))
    environment = {name: options.environment[name] for name in PASSED_ON if name in options.environment}
    return sites.Site(guard=keeper, ports=network, access=configs.make_access(network), environment=environment)


def _lay_out(programs: binaries.Binaries, site: sites.Site) -> Stack:
    return Stack(
        site=site,
        redis=components.redis(site, programs.redis),
        livekit=components.livekit(site, programs.livekit),
        sip=components.sip(site, programs.sip),
    )
