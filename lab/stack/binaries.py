"""Finding the programs of the stack: those that `scripts/setup` built first, then any on PATH of the right version."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.stack import errors

# The versions that `go/server/go.mod` and `go/sip/go.mod` pin.
LIVEKIT_SERVER_VERSION = "1.11.0"
LIVEKIT_SIP_VERSION = "1.8.0"
VERSION_S = 10.0  # `--version` answers at once; the limit is for a program of that name that does something else


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """The programs that a stack consists of."""

    redis: Path
    livekit: Path
    sip: Path


def find(environment: Mapping[str, str]) -> Binaries:
    """Find all three.

    Args:
        environment: whose `PATH` and `XDG_CACHE_HOME` say where to look.

    Raises:
        NotInstalled: one is missing, or is there in another version only.
    """
    search = environment.get("PATH", "")
    redis = shutil.which("redis-server", path=search)
    if redis is None:
        raise errors.NotInstalled("redis-server is not installed: run scripts/setup, or `apt-get install redis-server`")
    cache = cache_folder(environment)
    return Binaries(
        redis=Path(redis),
        livekit=_find_built("livekit-server", LIVEKIT_SERVER_VERSION, cache, search),
        sip=_find_built("livekit-sip", LIVEKIT_SIP_VERSION, cache, search),
    )


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where `scripts/setup` puts what it builds."""
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "trunkline" / "bin"


def _find_built(name: str, version: str, cache: Path, search: str) -> Path:
    built = cache / f"{name}-{version}"
    if built.is_file():
        return built
    on_path = shutil.which(name, path=search)
    if on_path is None:
        raise errors.NotInstalled(f"{name} {version} is not installed: run scripts/setup, which builds it")
    reported = subprocess.run([on_path, "--version"], capture_output=True, text=True, timeout=VERSION_S, check=False)
    if version not in reported.stdout.split():
        raise errors.NotInstalled(
            f"{on_path} is not version {version} but says {reported.stdout.strip()!r}: run scripts/setup"
        )
    return Path(on_path)
