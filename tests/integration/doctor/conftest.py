"""One lab for the whole folder, and doctor run as its operator would: with dispatch's and the worker's environment."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from lab import applications, labs

DEADLINE_S = 15.0  # doctor promises 10 s

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Report:
    """What one run of doctor said."""

    code: int
    ok: bool
    checks: dict[str, Json]
    """By name."""
    text: str

    @property
    def failed(self) -> set[str]:
        return {name for name, check in self.checks.items() if check["status"] == "failed"}


@dataclasses.dataclass(frozen=True)
class Doctor:
    """`trunkline doctor --json` beside a lab."""

    lab: labs.Lab

    def environment(self) -> dict[str, str]:
        lab = self.lab
        state = lab.folder / "dispatch"
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "PYTHONPATH": str(applications.PACKAGES),
            "TRUNKLINE_API_KEY": lab.api_key,
            "TRUNKLINE_INTERNAL_SECRET": lab.internal_secret,
            "TRUNKLINE_STATE_DIR": str(state),
            "TRUNKLINE_HTTP_PORT": lab.dispatch_url.rpartition(":")[2],
            "TRUNKLINE_DISPATCH_URL": lab.dispatch_url,
            "TRUNKLINE_REDIS_URL": lab.redis_url,
            "LIVEKIT_URL": lab.livekit.url,
            "LIVEKIT_API_KEY": lab.livekit.api_key,
            "LIVEKIT_API_SECRET": lab.livekit.api_secret,
        }

    async def __call__(self, *words: str, **changes: str) -> Report:
        """Run it with some variables changed."""
        folder = self.lab.folder
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "doctor", "--json", "--config", str(folder / "config")),
            *("--sip-yaml", str(folder / "sip.yaml"), "--livekit-yaml", str(folder / "livekit.yaml"), *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder / "tmp",
            env={**self.environment(), **changes},
        )
        try:
            async with asyncio.timeout(DEADLINE_S):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()
            raise
        assert err == b""
        said = json.loads(out)
        assert process.returncode is not None
        checks = {check["name"]: check for check in said["checks"]}
        return Report(code=process.returncode, ok=said["ok"], checks=checks, text=out.decode())


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def lab() -> AsyncIterator[labs.Lab]:
    async with labs.running(labs.LabOptions(environment=os.environ)) as started:
        yield started


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def doctor(lab: labs.Lab) -> Doctor:
    (lab.folder / "tmp").mkdir(exist_ok=True)
    return Doctor(lab)
