"""Doctor's checks of settings, files and limits of this machine."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import types
from pathlib import Path
from typing import Any

import pydantic
import pytest

from cli.diagnosing import (
    configuration,
    open_files,
    provider_keys,
    remote_unmute,
    rtp_ports,
    secret_strength,
    settings_given,
    sip_address,
    state_folder,
    time_zone,
    udp_buffers,
    versions,
    yaml_files,
)
from cli.diagnosing.findings import Finding, Status
from sip_config import providers
from tests.unit.cli import diagnosed

pytestmark = pytest.mark.unit


def configured(time_zone: str = "Europe/Oslo", **agents: dict[str, Any]) -> Any:
    """A configuration, as far as these checks look into it."""
    return types.SimpleNamespace(
        organization=types.SimpleNamespace(time_zone=time_zone),
        numbers={},
        trunks={},
        agents={
            name: types.SimpleNamespace(
                id=name,
                settings=types.SimpleNamespace(provider_settings=providers.ProviderSettings.model_validate(parts)),
            )
            for name, parts in agents.items()
        },
    )


HOSTED = {
    "stt": {"provider": "deepgram"},
    "llm": {"provider": "openai", "model": "m", "base_url": "http://x", "api_key": "${MY_KEY}"},
    "tts": {"provider": "offline"},
}


async def test_settings() -> None:
    missing = diagnosed.around(dispatch_problems=("LIVEKIT_URL is not set; dispatch does not start without it.",))
    found = await settings_given.of_dispatch(missing)
    assert (found.status, "LIVEKIT_URL" in found.seen, ".env" in found.cure) == (Status.FAILED, True, True)
    assert (await settings_given.of_worker(missing)).status is Status.FAILED
    there = diagnosed.around(dispatch=diagnosed.dispatch(), worker=diagnosed.worker())
    assert (await settings_given.of_dispatch(there)).status is Status.OK
    assert (await settings_given.of_worker(there)).status is Status.OK


async def test_configuration() -> None:
    problems = tuple(f"agents/a.yaml:{line}:1 stt: wrong" for line in range(1, 6))
    found = await configuration.ask(diagnosed.around(configuration_problems=problems))
    assert found.status is Status.FAILED
    assert "agents/a.yaml:1:1" in found.seen
    assert found.seen.endswith("and 2 more")
    assert "trunkline check" in found.cure
    assert (await configuration.ask(diagnosed.around(configuration=configured()))).status is Status.OK


async def test_provider_keys() -> None:
    loaded = configured(ava=HOSTED)
    found = await provider_keys.ask(diagnosed.around(configuration=loaded, environment={"MY_KEY": "hunter22"}))
    assert found.status is Status.FAILED
    assert found.seen == "DEEPGRAM_API_KEY is not set (agent ava)"
    environment = {"MY_KEY": "hunter22", "DEEPGRAM_API_KEY": "hunter23"}
    found = await provider_keys.ask(diagnosed.around(configuration=loaded, environment=environment))
    assert found.status is Status.OK
    assert "hunter" not in found.seen
    assert (await provider_keys.ask(diagnosed.around())).status is Status.SKIPPED


@pytest.mark.parametrize(
    ("livekit", "internal", "status", "named"),
    [
        ("s" * 32, "i" * 32, Status.OK, ""),
        ("s" * 31, "i" * 32, Status.FAILED, "LIVEKIT_API_SECRET"),
        ("s" * 32, "i" * 16, Status.WARNING, "TRUNKLINE_INTERNAL_SECRET"),
    ],
)
async def test_secrets(livekit: str, internal: str, status: Status, named: str) -> None:
    given = diagnosed.worker(
        livekit_api_secret=pydantic.SecretStr(livekit), trunkline_internal_secret=pydantic.SecretStr(internal)
    )
    found = await secret_strength.ask(diagnosed.around(worker=given))
    assert found.status is status
    assert named in found.seen
    assert "ssss" not in f"{found}"
    assert "iiii" not in f"{found}"


@pytest.mark.parametrize(
    ("given", "calls", "status"),
    [
        ("10000-10099", 8, Status.OK),
        ("10000-10020", 8, Status.WARNING),
        ("10000-10014", 8, Status.FAILED),
        (10000, 1, Status.FAILED),
        ("wide", 1, Status.FAILED),
        ("20000-10000", 1, Status.FAILED),
        ("1-99999", 1, Status.FAILED),
        (None, 8, Status.OK),
    ],
)
async def test_rtp_ports(given: object, calls: int, status: Status) -> None:
    worker = diagnosed.worker(trunkline_max_calls=calls)
    found = await rtp_ports.ask(diagnosed.around(worker=worker, sip_yaml=diagnosed.yaml(rtp_port=given)))
    assert found.status is status
    assert ("rtp_port" in found.cure) is (status is not Status.OK)


async def test_rtp_ports_without_the_file() -> None:
    found = await rtp_ports.ask(diagnosed.around(worker=diagnosed.worker()))
    assert (found.status, "--sip-yaml" in found.cure) == (Status.SKIPPED, True)


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, ("127.0.0.1", 5060)),
        ({"sip_port": 5070, "listen_ip": "192.0.2.7"}, ("192.0.2.7", 5070)),
        ({"sip_port": 5070, "sip_port_listen": 5080, "listen_ip": "0.0.0.0"}, ("127.0.0.1", 5080)),  # noqa: S104
        ({"sip_port": "many", "listen_ip": ["?"]}, ("127.0.0.1", 5060)),
    ],
)
def test_sip_address(values: dict[str, object], address: tuple[str, int]) -> None:
    assert sip_address.of(diagnosed.yaml(**values)) == address


@pytest.mark.parametrize(
    ("room", "status"),
    [({"enable_remote_unmute": True}, Status.OK), ({}, Status.WARNING), (7, Status.WARNING)],
)
async def test_remote_unmute(room: object, status: Status) -> None:
    found = await remote_unmute.ask(diagnosed.around(livekit_yaml=diagnosed.yaml(room=room)))
    assert found.status is status
    assert ("enable_remote_unmute: true" in found.cure) is (status is not Status.OK)


@pytest.mark.parametrize("text", ["[", "- a list", "\tx: 1", "a: 1\na: 2", "!!python/object:os.system {}", "\xff", ""])
def test_foreign_yaml_that_is_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "sip.yaml"
    path.write_bytes(text.encode("latin-1"))
    file = yaml_files.read(path)
    assert file.values is None
    assert str(path) in file.problem
    assert yaml_files.read(tmp_path).values is None
    assert "there is no" in yaml_files.read(tmp_path / "none.yaml").problem


async def state(folder: Path) -> Finding:
    return await state_folder.ask(diagnosed.around(dispatch=diagnosed.dispatch(trunkline_state_dir=folder)))


async def test_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=5 << 30))
    assert (await state(tmp_path)).status is Status.OK
    assert "to be made" in (await state(tmp_path / "a" / "b")).seen
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file", tmp_path / "file" / "state"):
        found = await state(wrong)
        assert (found.status, "TRUNKLINE_STATE_DIR" in found.cure) == (Status.FAILED, True)
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write everywhere
    assert (await state(tmp_path / "a")).status is Status.FAILED


@pytest.mark.parametrize(("free", "status"), [(50 << 20, Status.FAILED), (500 << 20, Status.WARNING)])
async def test_disk_is_nearly_full(free: int, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=free))
    found = await state(tmp_path)
    assert (found.status, "make room" in found.cure) == (status, True)


def test_open_files() -> None:
    assert open_files.judge(1024, 8).status is Status.OK
    assert open_files.judge(-1, 1000).status is Status.OK
    found = open_files.judge(1024, 1000)
    assert (found.status, "ulimit -n" in found.cure) == (Status.WARNING, True)


def test_udp_buffers(tmp_path: Path) -> None:
    file = tmp_path / "rmem_max"
    assert udp_buffers.look(file).status is Status.SKIPPED
    file.write_text("212992\n")
    assert (udp_buffers.look(file).status, "sysctl" in udp_buffers.look(file).cure) == (Status.WARNING, True)
    file.write_text("5000000\n")
    assert udp_buffers.look(file).status is Status.OK


async def test_time_zone() -> None:
    assert (await time_zone.ask(diagnosed.around(configuration=configured("Europe/Oslo")))).status is Status.OK
    for unknown in ("Europe/Atlantis", "../../etc/passwd"):
        found = await time_zone.ask(diagnosed.around(configuration=configured(unknown)))
        assert (found.status, "tzdata" in found.cure) == (Status.FAILED, True)


async def test_versions() -> None:
    assert (await versions.ask(diagnosed.around())).status is Status.OK
    assert dict(versions.pins())["livekit-agents"] == importlib.metadata.version("livekit-agents")
    found = versions.compare({"livekit-agents": "9.9.9", "livekit-nothing": "1.0"})
    assert found.status is Status.WARNING
    assert "livekit-nothing is missing" in found.seen
    assert "livekit-agents 9.9.9" in found.cure
