"""How dispatch, the worker and the provider simulators are started, and how each shows that it is ready."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import provider_sets
from lab.stack import ports, probes, processes, sites

# The folder that holds this package: dispatch and worker run in folders of their own and must still find theirs.
PACKAGES = Path(__file__).resolve().parents[1]
TRUNKLINE = (sys.executable, "-m", "cli.main")
REGISTERED = "registered worker"  # what livekit-agents logs when the server knows the worker
WORKER_GRACE_S = 15.0  # it may spend 10 s on a last delivery to a dispatch that is out
WORKER_READY_S = 45.0  # it imports every provider, and waits for dispatch before it goes by its snapshot
# Left out of what the user's environment gives to dispatch and worker: they are settings of another deployment.
FOREIGN_PREFIXES = ("TRUNKLINE_", "LIVEKIT_", "DATABASE_URL")
# No setting: what configurations call the secrets that sign webhooks.
WEBHOOK_SECRETS = "TRUNKLINE_WEBHOOK_SECRET"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What dispatch and worker of one lab are started with.

    Attributes:
        site: where they live.
        program: the `trunkline` command.
        config: the configuration folder.
        max_calls: that the worker takes at once.
        environment: of the user, for `${NAME}` in the configuration.
        variables: further ones for both, which go before all others.
        api_key: opens `/v1`.
    """

    site: sites.Site
    program: Sequence[str]
    config: Path
    max_calls: int
    environment: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    api_key: str = field(default_factory=lambda: f"tl_{secrets.token_hex(4)}_{secrets.token_hex(24)}", repr=False)
    internal_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    @property
    def dispatch_url(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.site.ports.http}"

    @property
    def redis_url(self) -> str:
        return f"redis://{ports.LOOPBACK}:{self.site.ports.redis}/0"

    @property
    def database(self) -> Path:
        """The file of the store, kept over restarts of dispatch."""
        return self.site.folder("dispatch") / "trunkline.db"


def user_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's variables without those that configure another deployment."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(WEBHOOK_SECRETS) or not name.startswith(FOREIGN_PREFIXES)
    }


def dispatch(deployment: Deployment) -> processes.Process:
    """Dispatch, which pushes trunks and rules to LiveKit when it starts."""
    site = deployment.site

    async def ready(_: processes.Process) -> None:
        await probes.http_ok(f"{deployment.dispatch_url}/healthz")

    variables = {
        **_common(deployment, site.folder("dispatch")),
        "TRUNKLINE_CONFIG": str(deployment.config),
        "DATABASE_URL": f"sqlite+aiosqlite:///{deployment.database}",
        "TRUNKLINE_HTTP_HOST": ports.LOOPBACK,
        "TRUNKLINE_HTTP_PORT": str(site.ports.http),
        "TRUNKLINE_API_KEY": deployment.api_key,
        "TRUNKLINE_REDIS_URL": deployment.redis_url,
        "TRUNKLINE_APPLY": "1",
        **deployment.variables,
    }
    return site.process("dispatch", [*deployment.program, "dispatch"], ready, variables=variables)


def worker(deployment: Deployment, dispatch_process: processes.Process) -> processes.Process:
    """One worker; it is ready when the server knows it and, where dispatch is up, when dispatch is ready too."""

    async def ready(process: processes.Process) -> None:
        await probes.printed(process, REGISTERED)
        if dispatch_process.running:
            await probes.http_ok(f"{deployment.dispatch_url}/readyz")

    variables = {
        **_common(deployment, deployment.site.folder("worker")),
        "TRUNKLINE_DISPATCH_URL": deployment.dispatch_url,
        **deployment.variables,
    }
    argv = [*deployment.program, "worker"]
    return deployment.site.process(
        "worker", argv, ready, variables=variables, grace_s=WORKER_GRACE_S, ready_s=WORKER_READY_S
    )


def simulators(site: sites.Site, environment: Mapping[str, str], words: Sequence[str]) -> processes.Process:
    """The provider simulators, on a port of their choice, which they print. `words` are further arguments."""

    async def ready(process: processes.Process) -> None:
        await probes.announced_url(process)

    argv = [sys.executable, "-m", "lab.providers", "--port", "0", *words]
    return site.process("simulators", argv, ready, variables={**user_environment(environment), **_python()})


def _common(deployment: Deployment, state: Path) -> dict[str, str]:
    access = deployment.site.access
    return {
        **user_environment(deployment.environment),
        **_python(),
        "TRUNKLINE_STATE_DIR": str(state),
        "TRUNKLINE_INTERNAL_SECRET": deployment.internal_secret,
        "TRUNKLINE_MAX_CALLS": str(deployment.max_calls),
        "LIVEKIT_URL": access.url,
        "LIVEKIT_API_KEY": access.api_key,
        "LIVEKIT_API_SECRET": access.api_secret,
        provider_sets.SIMULATOR_KEY: "sim",
    }


def _python() -> dict[str, str]:
    return {"PYTHONPATH": str(PACKAGES), "PYTHONUNBUFFERED": "1"}
