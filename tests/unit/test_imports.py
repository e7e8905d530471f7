"""Who may import whom. The packages are deployed apart and are understood apart, and this keeps them so."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit import import_scan

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
OURS = {"callcore", "sip_config", "prompts", "dispatch", "worker", "lab", "cli", "tests", "bench"}


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What one package may import.

    Attributes:
        ours: of our packages, besides itself.
        never: modules it may not reach, except from files under the given folders.
        only: if given, the only packages from outside, besides the standard library.
    """

    ours: set[str]
    never: dict[str, tuple[str, ...]]
    only: set[str] | None = None


CONTRACTS = {
    "callcore": Contract(ours=set(), never={}, only={"pydantic", "phonenumbers", "standardwebhooks"}),
    "sip_config": Contract(
        ours={"callcore", "prompts"}, never={"livekit.agents": (), "livekit.api": ("sip_config/apply",)}
    ),
    "prompts": Contract(ours=set(), never={}, only=set()),
    "dispatch": Contract(
        ours={"callcore", "sip_config", "prompts"},
        never={"livekit.agents": (), "livekit.api": ("dispatch/livekit/",)},
    ),
    "worker": Contract(ours={"callcore", "sip_config", "prompts"}, never={"sqlalchemy": (), "aiohttp.web": ()}),
    # It starts dispatch and worker as processes.
    "lab": Contract(ours={"callcore", "sip_config"}, never={"livekit.agents": (), "sqlalchemy": ()}),
    "cli": Contract(ours={"callcore", "sip_config", "prompts", "dispatch", "worker", "lab"}, never={}),
}


@pytest.mark.parametrize("package", CONTRACTS)
def test_package_keeps_its_contract(package: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for found in violations(path.read_text(), path.relative_to(ROOT), CONTRACTS[package])
    ]
    assert broken == []


def test_every_top_level_package_has_a_contract() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "bench"} <= set(CONTRACTS)


@pytest.mark.parametrize(
    "source",
    [
        "import livekit.agents",
        "import livekit.agents.llm as models",
        "from livekit import agents",
        "from livekit import rtc, agents as a",
        "from livekit.agents import Agent",
        "from livekit.agents import *",
        "def late():\n    from livekit.agents import llm",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from livekit import agents",
        "try:\n    import livekit.agents\nexcept ImportError:\n    pass",
        "import importlib\nagents = importlib.import_module('livekit.agents')",
        "import importlib as i\ni.import_module(name='livekit.agents.llm')",
        "from importlib import import_module as load\nload('.agents', 'livekit')",
        "from importlib import import_module\nimport_module('.agents', package='livekit')",
        "__import__('livekit.agents')",
        "import builtins\nbuiltins.__import__('livekit.agents')",
        "import livekit\nlivekit.agents.Agent()",
        "import livekit.rtc\n\ndef f():\n    return livekit.agents.llm",
        "import livekit as lk\nx = lk.agents",
    ],
)
def test_every_spelling_of_an_import_is_found(source: str) -> None:
    assert violations(source, Path("dispatch/calls.py"), CONTRACTS["dispatch"])


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from livekit import api", "dispatch/calls.py"),
        ("from livekit.api import LiveKitAPI", "sip_config/routing.py"),
        ("import worker.jobs", "dispatch/calls.py"),
        ("from worker import jobs", "dispatch/calls.py"),
        ("import importlib, os\nimportlib.import_module(os.name)", "dispatch/calls.py"),
        ("from aiohttp import web", "worker/health.py"),
        ("import aiohttp\naiohttp.web.Application()", "worker/health.py"),
        ("import sqlalchemy.ext.asyncio", "worker/health.py"),
        ("import dispatch", "worker/health.py"),
        ("import dispatch.app", "lab/labs.py"),
        ("import cli", "lab/labs.py"),
        ("import lab", "worker/health.py"),
        ("import sip_config", "callcore/calls.py"),
        ("import aiohttp", "callcore/calls.py"),
    ],
)
def test_forbidden_import_is_reported(source: str, path: str) -> None:
    assert violations(source, Path(path), CONTRACTS[Path(path).parts[0]])


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from livekit import api, rtc", "dispatch/livekit/rooms.py"),
        ("from livekit import api", "sip_config/apply.py"),
        ("from livekit import api", "sip_config/apply/trunks.py"),
        ("from livekit import agents, api", "worker/jobs/entry.py"),
        ("import livekit.rtc", "dispatch/calls.py"),
        ("import aiohttp\naiohttp.ClientSession()", "worker/dispatch_client.py"),
        ("from aiohttp import web", "dispatch/app.py"),
        ("from callcore import calls", "dispatch/calls.py"),
        ("from . import trunks", "dispatch/livekit/rooms.py"),
        ("from ..calls import starts", "dispatch/livekit/rooms.py"),
        ("import importlib\nimportlib.import_module('worker.providers.offline')", "worker/providers/registry.py"),
        ("import pydantic, json, phonenumbers", "callcore/numbers.py"),
        ("web = 1\nprint(web.agents)", "dispatch/app.py"),
    ],
)
def test_allowed_import_is_not_reported(source: str, path: str) -> None:
    assert violations(source, Path(path), CONTRACTS[Path(path).parts[0]]) == []


def violations(source: str, path: Path, contract: Contract) -> list[import_scan.Import]:
    """The imports of a source file that break its package's contract."""
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    found = import_scan.imports_of(source, module, is_package=path.name == "__init__.py")
    return [one for one in found if not _is_allowed(one, path, contract)]


def _is_allowed(found: import_scan.Import, path: Path, contract: Contract) -> bool:
    if found.name == import_scan.COMPUTED:
        return False
    top = found.name.partition(".")[0]
    if top in OURS:
        return top == path.parts[0] or top in contract.ours
    if _reaches(found, contract.never, path):
        return False
    return contract.only is None or top in contract.only or top in sys.stdlib_module_names


def _reaches(found: import_scan.Import, never: dict[str, tuple[str, ...]], path: Path) -> bool:
    return any(found.is_within(module) and not _is_below(path, folders) for module, folders in never.items())


def _is_below(path: Path, folders: Iterable[str]) -> bool:
    return any(path.as_posix().startswith(folder) for folder in folders)
