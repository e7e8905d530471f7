"""Dispatch as processes of its own on one store, without LiveKit: what it is told, it tells on."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import secrets
import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence

import sip_config
from lab import applications, receiver
from lab.stack import guard, probes, processes

SECRET = "WEBHOOK_SECRET"  # the variable
_READY_S = 60.0  # every core may be at work for others
_PORT = re.compile(r"dispatch listens\W.*?\bport\W+(\d+)|\bport\W+(\d+).*?dispatch listens")


@dataclasses.dataclass(kw_only=True)
class Site:
    """Dispatches, and what opens them."""

    secret: str
    """Of the workers."""
    dispatches: Sequence[processes.Process]

    def url(self, dispatch: processes.Process) -> str:
        """Where one listens: at another port after each start.

        Raises:
            LookupError: it does not listen yet.
        """
        found = _PORT.findall(dispatch.output())
        if not found:
            raise LookupError
        return f"http://127.0.0.1:{''.join(found[-1])}"


def configuration(folder: pathlib.Path, hooks: receiver.Receiver) -> pathlib.Path:
    """The demo's, with an agent that wants to be told of every event."""
    target = folder / "config"
    shutil.copytree(pathlib.Path(sip_config.__file__).parent / "demo", target)
    with (target / "organization.yaml").open("a") as file:
        file.write(f"webhooks: {{secrets: ['${{{SECRET}}}'], allow: ['{hooks.address}']}}\n")
    with (target / "agents" / "front-desk.yaml").open("a") as file:
        file.write(f"webhooks: {{status: {{url: '{hooks.url('status')}'}}}}\n")
    return target


@contextlib.asynccontextmanager
async def running(
    config: pathlib.Path, hooks: receiver.Receiver, store_url: str, count: int, variables: Mapping[str, str]
) -> AsyncIterator[Site]:
    """So many dispatches, all up."""
    secret = secrets.token_hex(32)
    async with await guard.Guard.start(dict(os.environ)) as keeper:
        site = Site(secret=secret, dispatches=())
        environment = {
            **applications.user_environment(os.environ),
            "PYTHONPATH": str(applications.PACKAGES),
            "PYTHONUNBUFFERED": "1",
            "TRUNKLINE_CONFIG": str(config),
            "TRUNKLINE_STATE_DIR": str(keeper.folder),
            "TRUNKLINE_INTERNAL_SECRET": secret,
            "TRUNKLINE_HTTP_PORT": "0",
            "DATABASE_URL": store_url,
            "LIVEKIT_URL": "ws://127.0.0.1:1",
            "LIVEKIT_API_KEY": "devkey",
            "LIVEKIT_API_SECRET": "secret-of-livekit-in-the-tests-0",
            SECRET: hooks.secrets[0],
            **variables,
        }

        async def ready(process: processes.Process) -> None:
            await probes.printed(process, "dispatch listens")

        site.dispatches = [
            processes.Process(
                keeper,
                processes.Command(
                    name=f"dispatch-{number}",
                    argv=[*applications.TRUNKLINE, "dispatch"],
                    environment=environment,
                    folder=keeper.folder,
                    stop_signal=signal.SIGTERM,
                    grace_s=10.0,
                    ready_s=_READY_S,
                ),
                ready,
            )
            for number in range(count)
        ]
        for dispatch in site.dispatches:
            await dispatch.start()
        yield site
        for dispatch in site.dispatches:
            await dispatch.stop()
