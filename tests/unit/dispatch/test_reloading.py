"""Reload: a whole new configuration, or the former one; and calls that go on."""

from __future__ import annotations

import asyncio
import dataclasses
import threading

import pytest

from callcore import clock, errors
from dispatch import background, keys, metrics, reloading, switchboard
from sip_config import configurations
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = pytest.mark.unit

DEADLINE_S = 30.0


def changed(configuration: configurations.Configuration, version: str = "v2") -> configurations.Configuration:
    """The same numbers, another name of the organization, and no country."""
    organization = configuration.organization.model_copy(update={"name": "Beta", "country": None})
    return dataclasses.replace(configuration, version=version, organization=organization)


def metric(service: conftest.Service, name: str, **labels: str) -> float | None:
    return service.app[keys.METRICS].registry.get_sample_value(f"trunkline_{name}", labels)


async def test_changed_files_are_put_in_force(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    service.files.content = changed(configuration)
    status, done = await service.public("/v1/config/reload", "POST")
    assert (status, done) == (
        200,
        {
            "versionBefore": configuration.version,
            "version": "v2",
            "applied": True,
            "counts": {"trunks": 1, "numbers": 1, "agents": 1},
        },
    )
    assert service.app[keys.SWITCHBOARD].configuration == service.files.content
    assert metric(service, "reloads_total", result="applied") == 1
    assert metric(service, "configuration_info", version="v2") == 1
    assert metric(service, "configuration_info", version=configuration.version) is None
    async with service.client.get("/readyz") as response:
        assert (await response.json())["configurationVersion"] == "v2"


async def test_files_with_mistakes_leave_the_former_configuration_serving(
    service: conftest.Service, configuration: configurations.Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    service.files.content = errors.ConfigurationInvalid(
        ["numbers.yaml:3:5 numbers.0.agent: no such agent", "agents: there is no agent in this folder"]
    )
    status, problem = await service.public("/v1/config/reload", "POST")
    assert (status, problem["code"]) == (422, "configuration_invalid")
    assert problem["errors"] == [
        {"path": "numbers.yaml:3:5", "message": "numbers.0.agent: no such agent"},
        {"path": "", "message": "agents: there is no agent in this folder"},
    ]
    assert service.app[keys.SWITCHBOARD].configuration == configuration
    assert metric(service, "reloads_total", result="invalid") == 1
    assert "a new configuration is wrong" in capsys.readouterr().out
    status, accepted = await service.internal("POST", "/internal/calls", samples.intake())
    assert (status, accepted["plan"]["plan"]["action"]) == (200, "converse")


async def test_a_call_keeps_what_it_began_with_and_the_next_one_gets_the_new(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    _, first = await service.internal("POST", "/internal/calls", samples.intake())
    service.files.content = changed(configuration)
    assert (await service.public("/v1/config/reload", "POST"))[0] == 200
    _, same = await service.internal("GET", f"/internal/calls/{first['call_id']}/plan")
    assert same["plan"] == first["plan"]["plan"]
    assert "Acme" in same["plan"]["agent"]["greeting"]
    _, following = await service.internal("POST", "/internal/calls", samples.intake("call_2", job="AJ_2"))
    assert "Beta" in following["plan"]["plan"]["agent"]["greeting"]


async def test_calls_that_come_while_files_change_are_all_taken(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    """Each of them is decided by one configuration, the old one or the new."""

    async def reload() -> None:
        for turn in range(10):
            service.files.content = changed(configuration, f"v{turn}") if turn % 2 else configuration
            assert (await service.public("/v1/config/reload", "POST"))[0] == 200

    async def announce(number: int) -> str:
        intake = samples.intake(f"call_{number}", job=f"AJ_{number}")
        status, accepted = await service.internal("POST", "/internal/calls", intake)
        assert status == 200
        return str(accepted["plan"]["plan"]["agent"]["greeting"])

    _, *greetings = await asyncio.gather(reload(), *(announce(number) for number in range(40)))
    assert all(
        str(greeting).startswith(("Thanks for calling Acme", "Thanks for calling Beta")) for greeting in greetings
    )


async def test_the_ledger_reads_numbers_by_the_country_in_force(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    home = configuration.organization.model_copy(update={"country": "DE"})
    service.files.content = dataclasses.replace(configuration, version="de", organization=home)
    await service.public("/v1/config/reload", "POST")
    await service.deliver(samples.arrived(caller="030 901820"))
    service.files.content = changed(configuration)
    await service.public("/v1/config/reload", "POST")
    await service.deliver(samples.arrived("call_2", caller="030 901820"), spool="spool_2", room="call_2")
    _, page = await service.public("/v1/calls")
    assert [call["from"] for call in page["items"] if call["roomName"] == samples.ROOM] == ["+4930901820"]
    assert [call["callerIdStatus"] for call in page["items"] if call["roomName"] == "call_2"] == ["unusable"]


@dataclasses.dataclass
class Adopter:
    """Puts in force at once, or raises."""

    board: switchboard.Switchboard
    failure: Exception | None = None
    applied: bool = True
    adopted: list[str] = dataclasses.field(default_factory=list)

    async def adopt(self, configuration: configurations.Configuration) -> bool:
        if self.failure is not None:
            raise self.failure
        self.board.reconfigure(configuration, doubles.LIVE)
        self.adopted.append(configuration.version)
        return self.applied


@dataclasses.dataclass
class Slowly:
    """Files that are read when the test lets them, in another thread."""

    content: configurations.Configuration
    may_go_on: threading.Event = dataclasses.field(default_factory=threading.Event)
    begun: int = 0

    def load(self) -> configurations.Configuration:
        self.begun += 1
        assert self.may_go_on.wait(DEADLINE_S)
        return dataclasses.replace(self.content, version=f"v{self.begun + 1}")


def reloader(
    configuration: configurations.Configuration, load: reloading.Loader
) -> tuple[reloading.Reloader, Adopter, metrics.Metrics, asyncio.Event]:
    wanted, counters = asyncio.Event(), metrics.Metrics()
    board = switchboard.Switchboard(configuration, clock.ManualClock(wall=samples.START))
    adopter = Adopter(board)
    return reloading.Reloader(load, adopter, board, counters, wanted), adopter, counters, wanted


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.001)


async def test_one_reload_at_a_time(configuration: configurations.Configuration) -> None:
    slow = Slowly(configuration)
    made, adopter, _, _ = reloader(configuration, slow.load)
    first = asyncio.create_task(made.reload_now())
    await until(lambda: slow.begun == 1)
    with pytest.raises(reloading.UnderWay):
        await made.reload_now()
    slow.may_go_on.set()
    assert (await first).configuration.version == "v2"
    assert (await made.reload_now()).before == "v2"
    assert adopter.adopted == ["v2", "v3"]


async def test_signals_reload_once_for_all_that_came_and_again_for_what_comes_later(
    configuration: configurations.Configuration,
) -> None:
    slow = Slowly(configuration)
    made, adopter, _, wanted = reloader(configuration, slow.load)
    stop = background.Stop()
    running = asyncio.create_task(made.run(stop))
    wanted.set()
    await until(lambda: slow.begun == 1)
    wanted.set()
    wanted.set()
    slow.may_go_on.set()
    await until(lambda: len(adopter.adopted) == 2)
    stop.set()
    async with asyncio.timeout(DEADLINE_S):
        await running
    assert slow.begun == 2


async def test_a_signal_with_mistakes_in_the_files_ends_nothing(configuration: configurations.Configuration) -> None:
    files = conftest.Files(errors.ConfigurationInvalid(["numbers.yaml:1:1 wrong"]))
    made, adopter, counters, wanted = reloader(configuration, files.load)
    stop = background.Stop()
    running = asyncio.create_task(made.run(stop))
    wanted.set()
    await until(lambda: counters.registry.get_sample_value("trunkline_reloads_total", {"result": "invalid"}) == 1)
    files.content = changed(configuration)
    wanted.set()
    await until(lambda: adopter.adopted == ["v2"])
    stop.set()
    async with asyncio.timeout(DEADLINE_S):
        await running


async def test_files_that_cannot_be_read_in_time_change_nothing(
    configuration: configurations.Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slowly(configuration)
    made, adopter, counters, _ = reloader(configuration, slow.load)
    monkeypatch.setattr(reloading, "_LOAD_S", 0.02)
    for _ in range(3):
        with pytest.raises(reloading.LoadingTooSlow):
            await made.reload_now()
    assert slow.begun == 1  # a thread that hangs is not joined by others
    slow.may_go_on.set()
    monkeypatch.setattr(reloading, "_LOAD_S", DEADLINE_S)
    await until(lambda: made._slow is not None and made._slow.done())
    await made.reload_now()
    assert adopter.adopted == ["v3"]
    assert counters.registry.get_sample_value("trunkline_reloads_total", {"result": "failed"}) == 3


async def test_what_cannot_be_adopted_is_said_and_counted(configuration: configurations.Configuration) -> None:
    made, adopter, counters, _ = reloader(configuration, lambda: changed(configuration))
    adopter.failure = errors.Conflict("somebody else has that number")
    with pytest.raises(errors.Conflict):
        await made.reload_now()
    adopter.failure, adopter.applied = None, False
    assert (await made.reload_now()).applied is False
    for result in ("failed", "not_applied"):
        assert counters.registry.get_sample_value("trunkline_reloads_total", {"result": result}) == 1
