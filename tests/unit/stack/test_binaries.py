"""Finding the programs of the stack, and saying what to do when one is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.stack import binaries, errors

pytestmark = pytest.mark.unit

MODULES = Path(binaries.__file__).parent / "go"


def _program(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'version {version}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    _program(tmp_path / "path" / "redis-server", "7")
    return {"PATH": str(tmp_path / "path"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_programs_that_setup_built_come_first(environment: dict[str, str], tmp_path: Path) -> None:
    server = _program(tmp_path / "cache/trunkline/bin" / f"livekit-server-{binaries.LIVEKIT_SERVER_VERSION}", "any")
    sip = _program(tmp_path / "cache/trunkline/bin" / f"livekit-sip-{binaries.LIVEKIT_SIP_VERSION}", "any")
    _program(tmp_path / "path" / "livekit-server", binaries.LIVEKIT_SERVER_VERSION)
    found = binaries.find(environment)
    assert (found.livekit, found.sip) == (server, sip)
    assert found.redis == tmp_path / "path" / "redis-server"


def test_program_on_path_of_the_right_version_is_used(environment: dict[str, str], tmp_path: Path) -> None:
    server = _program(tmp_path / "path" / "livekit-server", binaries.LIVEKIT_SERVER_VERSION)
    sip = _program(tmp_path / "path" / "livekit-sip", binaries.LIVEKIT_SIP_VERSION)
    found = binaries.find(environment)
    assert (found.livekit, found.sip) == (server, sip)


def test_program_of_another_version_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    _program(tmp_path / "path" / "livekit-server", "1.9.0")
    with pytest.raises(errors.NotInstalled, match=r"livekit-server is not version .*1\.9\.0.*scripts/setup"):
        binaries.find(environment)


def test_missing_programs_are_named_with_the_remedy(environment: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(errors.NotInstalled, match=r"livekit-server .* is not installed: run scripts/setup"):
        binaries.find(environment)
    (tmp_path / "path" / "redis-server").unlink()
    with pytest.raises(errors.NotInstalled, match="redis-server is not installed: run scripts/setup"):
        binaries.find(environment)


@pytest.mark.parametrize(
    ("folder", "module", "version"),
    [
        ("server", "github.com/livekit/livekit-server", binaries.LIVEKIT_SERVER_VERSION),
        ("sip", "github.com/livekit/sip", binaries.LIVEKIT_SIP_VERSION),
    ],
)
def test_versions_are_those_that_setup_builds(folder: str, module: str, version: str) -> None:
    pinned = re.search(rf"{module} v(\S+)", (MODULES / folder / "go.mod").read_text())
    assert pinned
    assert pinned[1] == version
