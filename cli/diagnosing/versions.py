"""Are Python and LiveKit's packages those that Trunkline is tested with?"""

from __future__ import annotations

import importlib.metadata
import pathlib
import re
import sys
from collections.abc import Iterator

from cli.diagnosing import findings, surroundings

_LEAST_PYTHON = (3, 11)
_LOCK = pathlib.Path(__file__).resolve().parents[2] / "requirements.lock"  # beside the code, in a checkout or an image
_PINNED = re.compile(r"^(livekit[a-z-]*)\s*==\s*([0-9][\w.]*)", re.MULTILINE)
_SHOWN = ("livekit-agents", "livekit-api")


async def ask(_: surroundings.Surroundings) -> findings.Finding:
    """Installed against pinned."""
    return compare(dict(pins()))


def pins() -> Iterator[tuple[str, str]]:
    """LiveKit's packages and the versions wanted: by the lock, or where there is none by the installed metadata."""
    if _LOCK.is_file():
        yield from _PINNED.findall(_LOCK.read_text())
    else:
        yield from _PINNED.findall("\n".join(importlib.metadata.requires("trunkline") or ()))


def compare(wanted: dict[str, str]) -> findings.Finding:
    """What is installed, and what is not as wanted."""
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _LEAST_PYTHON:
        return findings.failed(f"Python {python}", "install Python 3.11 or later")
    installed = {name: _installed(name) for name in {*wanted, *_SHOWN}}
    wrong = [f"{name} {installed[name] or 'is missing'}" for name in sorted(wanted) if installed[name] != wanted[name]]
    seen = f"Trunkline {_installed('trunkline') or 'not installed'}, Python {python}"
    if wrong:
        wishes = ", ".join(
            f"{name} {version}" for name, version in sorted(wanted.items()) if installed[name] != version
        )
        return findings.warning(f"{seen}, but {', '.join(wrong)}", f"install what the lock names: {wishes}")
    return findings.ok(", ".join([seen, *(f"{name} {installed[name]}" for name in _SHOWN)]))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
