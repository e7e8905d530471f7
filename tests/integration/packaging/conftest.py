"""The wheel, built from this tree and installed where there is nothing else of ours."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
PACKAGES = ("callcore", "sip_config", "prompts", "dispatch", "worker", "lab", "cli")
INSTALL_S = 300.0  # a machine without a cache downloads some 300 MB first
RUN_S = 60.0
PASSED_ON = ("PATH", "HOME", "XDG_CACHE_HOME", "LANG")


@dataclass(frozen=True)
class Installation:
    """A virtual environment that has the wheel and what it says it needs.

    Attributes:
        bin: its programs.
        folder: an empty one, to start them in.
    """

    bin: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a shell has where nobody has heard of this repository."""
        return {name: os.environ[name] for name in PASSED_ON if name in os.environ}

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs in the empty folder."""
        program, *arguments = words
        return subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _do(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    target = tmp_path_factory.mktemp("venv")
    venv.create(target, with_pip=False, symlinks=True)
    python = str(target / "bin" / "python")
    _do(str(UV), "pip", "install", "--python", python, "--require-hashes", "--requirement", "requirements.lock")
    _do(str(UV), "pip", "install", "--python", python, "--no-deps", str(wheel))
    _do(str(UV), "pip", "check", "--python", python)  # the lock has all that the wheel asks for
    return Installation(bin=target / "bin", folder=tmp_path_factory.mktemp("empty"))


def _do(*argv: str) -> None:
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}:\n{done.stdout}{done.stderr}"
