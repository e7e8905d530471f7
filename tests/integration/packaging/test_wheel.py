"""The wheel holds everything that the packages hold, and works where nothing else of ours is."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.packaging import conftest

pytestmark = pytest.mark.integration

IMPORT_ALL = """
import importlib, json, pkgutil, sys
names = []
for package in sys.argv[1:]:
    names.append(package)
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        # Scripts and migrations run when they are imported.
        if not found.name.endswith("__main__") and ".migrations." not in found.name:
            importlib.import_module(found.name)
            names.append(found.name)
modules = [sys.modules[name] for name in names]
print(json.dumps([module.__file__ or module.__path__[0] for module in modules]))
"""
LOAD_DATA = """
from lab import labs
from lab.scenarios import scripts
from sip_config import loading
from worker.jobs.speech import apologies
from worker.providers.offline import corpus
print(*loading.load(labs.SAMPLE_SET, {}).numbers, scripts.built_in("front-desk").number)
assert len(apologies._sound()[0]) > 100_000
assert len(corpus.common_words()) > 1000 and len(corpus.base().lines) > 100
"""
KEYS = {
    "TRUNKLINE_API_KEY": "tl_demo_0123456789abcdef0123456789abcdef",
    "TRUNKLINE_INTERNAL_SECRET": "0123456789abcdef0123456789abcdef",
    "LIVEKIT_URL": "ws://127.0.0.1:9",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret",
}


def source_files() -> Iterator[str]:
    for package in conftest.PACKAGES:
        for path in (conftest.ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(conftest.ROOT))


def test_the_wheel_has_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert names == set(source_files())


@pytest.mark.parametrize(
    "pattern",
    [
        "dispatch/store/migrations/versions/*.py",
        "dispatch/openapi/assets/*.html",
        "dispatch/openapi/assets/*.css",
        "dispatch/openapi/assets/*.js",
        "prompts/*.md",
        "sip_config/demo/numbers.yaml",
        "sip_config/demo/agents/*.flow.yaml",
        "worker/sounds/*.wav",
        "worker/providers/offline/*.txt",
        "lab/stack/go/*/go.sum",
        "lab/scenarios/*.yaml",
    ],
)
def test_what_is_no_module_is_inside_too(pattern: str, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        assert [name for name in packed.namelist() if Path(name).match(pattern)]


def test_every_module_finds_what_it_imports(installation: conftest.Installation) -> None:
    done = installation.run("python", "-c", IMPORT_ALL, *conftest.PACKAGES)
    assert done.returncode == 0, done.stderr
    places = json.loads(done.stdout)
    assert len(places) > 150
    assert [place for place in places if not Path(place).is_relative_to(installation.bin.parent)] == []


def test_what_ships_beside_the_modules_is_found(installation: conftest.Installation) -> None:
    done = installation.run("python", "-c", LOAD_DATA)
    assert (done.returncode, done.stdout) == (0, "+12015550100 +12015550100\n"), done.stderr


def test_the_command_is_there(installation: conftest.Installation) -> None:
    done = installation.run("trunkline", "--help")
    assert done.returncode == 0
    assert "Usage: trunkline" in done.stdout


def test_the_database_is_made_by_the_migrations_inside(installation: conftest.Installation, tmp_path: Path) -> None:
    done = installation.run("trunkline", "db", "upgrade", TRUNKLINE_STATE_DIR=str(tmp_path), **KEYS)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "trunkline.db").stat().st_size > 0
